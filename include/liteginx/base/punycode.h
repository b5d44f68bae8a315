/* A host name's non-ASCII labels in the form that goes over the wire (RFC 3492; "xn--", RFC 5890 §2.3.2.1). */
#ifndef LITEGINX_BASE_PUNYCODE_H
#define LITEGINX_BASE_PUNYCODE_H

#include <stdbool.h>

#include "liteginx/base/ensure.h"
#include "liteginx/base/str.h"

/* Most characters of one label, and room for a whole name. */
enum { PUNYCODE_LABEL_CHARACTERS = 63, PUNYCODE_NAME_BYTES = 253 };

/* Encodes `count` characters (at most PUNYCODE_LABEL_CHARACTERS) into `out`, without "xn--" and without changing any of
 * them. Returns the bytes, 0 where they do not fit into `room`. */
size_t punycode_encode(const uint32_t *characters, size_t count, char *out, size_t room);

/* Encodes each label of `name` (UTF-8) that is not ASCII alone, in lower case, and copies the others in lower case.
 * False: some label is too long, is not UTF-8, or holds characters whose form in a name would take the tables of IDNA
 * (RFC 5895) to tell: then a guess could name another host. */
ENSURE_CHECKED bool punycode_name(struct str name, char out[PUNYCODE_NAME_BYTES], size_t *len);

#endif
