/* Which rule a line of a head breaks: the slow way, for a line that the parser has refused already, or that is not whole
 * yet. The first broken rule from the left decides, so the answer is the same however the line was cut into reads. Pure;
 * `what` gets a slice of what is given: the bytes to show. */
#ifndef LITEGINX_WIRE_FAULT_H
#define LITEGINX_WIRE_FAULT_H

#include "liteginx/base/cause.h"
#include "liteginx/http/head.h"

/* A request line (RFC 9112 §3) up to its LF if it is `whole`, else what is there of it: then only its beginning is judged,
 * and CAUSE_NONE means that it may become one. Whole: always a cause. */
enum cause fault_of_request_line(struct str line, bool whole, struct str *what);

/* The same for a status line (RFC 9112 §4). */
enum cause fault_of_status_line(struct str line, bool whole, struct str *what);

/* The first line of `lines`, each ended by its LF: which rule of RFC 9112 §5 it breaks. */
enum cause fault_of_field_line(struct str lines, struct str *what);

/* `line` as it was sent, to be shown: without its LF, if that is there, and the CR before, which a bare LF that is
 * forgiven has got later. */
struct str fault_shown(struct str line);

/* A value that is no Content-Length (RFC 9110 §8.6). */
enum cause fault_of_length(struct str value);

/* Is it "HTTP/" digit "." digit, nothing else? */
static inline bool fault_is_version(struct str s) {
  return s.len == 8 && str_starts_with(s, STR("HTTP/")) && str_is_digit(s.ptr[5]) && s.ptr[6] == '.' &&
         str_is_digit(s.ptr[7]);
}

#endif
