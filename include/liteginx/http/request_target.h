/* The request target and Host (RFC 9112 §3.2): its forms but CONNECT's, split and checked. Pure; slices of what it is
 * given. */
#ifndef LITEGINX_HTTP_REQUEST_TARGET_H
#define LITEGINX_HTTP_REQUEST_TARGET_H

#include "liteginx/base/cause.h"
#include "liteginx/http/head.h"

enum request_target_form { FORM_ORIGIN, FORM_ABSOLUTE, FORM_ASTERISK };

enum request_scheme { SCHEME_NONE, SCHEME_HTTP, SCHEME_HTTPS };

struct request_target {
  enum request_target_form form;
  enum request_scheme scheme; /* what an absolute form names */
  struct str host; /* what upstream gets as Host: the absolute form's authority, else the Host field; ptr NULL: none. An
                     * empty port and its colon are cut off */
  struct str path; /* begins with '/' ("*" for the asterisk form), not yet normalised; "/" where it was empty */
  struct str query; /* with its '?', empty where there is none */
};

/* Splits the target of a request head that a parser has found whole, so that it is not empty and holds no space or
 * control character, and whose method is not CONNECT. Checks Host: exactly one valid one in HTTP/1.1, at most one in 1.0;
 * absolute form with http and https only, no user-info; asterisk only for OPTIONS (an absolute form without path and query is the
 * asterisk for OPTIONS); no '#'. Anything but CAUSE_NONE: malformed (400), by `*what`, a slice of the head. */
ENSURE_CHECKED enum cause request_target_parse(const struct head *request, struct request_target *parts,
                                               struct str *what);

/* Is it uri-host [":" port] with a host (RFC 3986 §3.2.2: reg-name, IPv4, [IPv6]) and an empty port or one up to
 * 65535? An empty host is refused. */
bool request_target_valid_host(struct str host);

/* `host` without its port; the brackets of an IPv6 literal stay. */
struct str request_target_host_name(struct str host);

#endif
