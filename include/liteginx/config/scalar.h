/* The configuration's small languages: duration, size, number, address, host, name of a field. Each function takes the whole
 * text or says false, and leaves *out alone then; the words for the user are its caller's. */
#ifndef LITEGINX_CONFIG_SCALAR_H
#define LITEGINX_CONFIG_SCALAR_H

#include <stdbool.h>

#include "liteginx/base/arena.h"
#include "liteginx/config/address.h"

/* `^([0-9]{1,5}(h|m|s|ms)){1,4}$`: "10s", "1m30s". */
ENSURE_CHECKED bool scalar_duration(struct str text, uint64_t *milliseconds);

/* `^[0-9]+(B|KiB|MiB|GiB)?$`, below 2^63. */
ENSURE_CHECKED bool scalar_size(struct str text, uint64_t *bytes);

/* Decimal digits alone, `least` to `most`. */
ENSURE_CHECKED bool scalar_number(struct str text, unsigned least, unsigned most, unsigned *number);

/* true or false, any case. */
ENSURE_CHECKED bool scalar_bool(struct str text, bool *value);

/* "1.2.3.4", or IPv6 in any form of RFC 4291 §2.2 without brackets and zone. An IPv4-mapped one counts as IPv4. Sets
 * family, bytes, and bits to all of them. */
ENSURE_CHECKED bool scalar_address(struct str text, struct config_network *address);

/* An address, ADDRESS/BITS, or "unix:", which stands for all that come over Unix sockets. The bits behind the mask are
 * kept as written. */
ENSURE_CHECKED bool scalar_network(struct str text, struct config_network *network);

/* Sets the bits behind the mask to 0; true: there were some. */
bool scalar_network_mask(struct config_network *network);

/* PORT, "*:PORT", "1.2.3.4:PORT", "[::1]:PORT", or "unix:PATH", whose path is as written. A bare port gets `bare` as
 * its scope. `text` of the result is the slice that was given. */
ENSURE_CHECKED bool scalar_listen(struct str text, enum config_scope bare, struct config_address *address);

/* The path of a file or a Unix socket that `file` names by `text`, into `arena`: relative to the folder of that file, "." and empty
 * segments left out. It is empty, or ends in '/', where `text` names no file. ptr NULL: out of memory. */
struct str scalar_path(struct arena *arena, struct str file, struct str text);

/* Such a path to compare it by, into `arena`: "a/../b" and "b" are one, whether `a` is a folder or a link, since nobody
 * looks. ptr NULL: out of memory. */
struct str scalar_socket_normal(struct arena *arena, struct str path);

/* A name (labels of letters, digits, '-', '_'; RFC 1123 §2.1 lengths; the last one not a number) or an address, into
 * `arena`: lower case, brackets of an IPv6 address left out. False with ptr NULL: out of memory. */
ENSURE_CHECKED bool scalar_target_host(struct arena *arena, struct str text, struct str *host);

/* As above, or "*.name"; a ":PORT" behind it is dropped, and an IPv6 address keeps its brackets. */
ENSURE_CHECKED bool scalar_route_host(struct arena *arena, struct str text, struct str *host);

/* A media type (RFC 9110 §8.3.1) in what a field may hold: "text/html; charset=utf-8". A copy in `arena`. False with ptr NULL:
 * out of memory. */
ENSURE_CHECKED bool scalar_media_type(struct arena *arena, struct str text, struct str *type);

/* A target in one word: "localhost:3000", "[::1]:3000", "http://localhost:3000", and "3000" or ":3000" for one on
 * localhost. Slices of the text, but for a host that is not in it. */
struct scalar_target {
  struct str scheme; /* in front of "://" */
  struct str host;   /* without brackets; neither checked nor the port */
  struct str port;
  struct str path; /* from the first '/' on */
};

enum scalar_target_form {
  TARGET_PLAIN,
  TARGET_SECURE,    /* https and the like */
  TARGET_SCHEME,    /* any other but http, tcp and ws; none in front of "//" */
  TARGET_USER,      /* a user and a password in front of the host */
  TARGET_SOCKET,    /* unix:PATH: *target has the path as `path` */
  TARGET_BARE_PATH, /* a path that 'unix:' is missing in front of */
  TARGET_PATH,      /* more than a '/' behind the port */
  TARGET_NO_PORT,   /* and no scheme that has one */
  TARGET_COLONS,    /* a port with another one: the host ends at the first colon */
  TARGET_BRACKETS,  /* an IPv6 address with a port, but without brackets */
  TARGET_WORDS      /* nothing at all, or a blank, a comma or a semicolon in it */
};

/* Other than for TARGET_PLAIN, *target has what could be told apart. */
enum scalar_target_form scalar_split_target(struct str text, struct scalar_target *target);

/* The name of a field (RFC 9110 §5.1), as written; and what `host_header` takes: two words, or a host with or without port,
 * as written. As key_text.read. */
ENSURE_CHECKED bool scalar_field_name(struct arena *arena, struct str text, struct str *kept);
ENSURE_CHECKED bool scalar_host_header(struct arena *arena, struct str text, struct str *kept);

#endif
