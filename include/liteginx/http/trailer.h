/* Which fields may stand behind a body, and what Trailer says of them before it (RFC 9110 §6.5, §6.6.2). */
#ifndef LITEGINX_HTTP_TRAILER_H
#define LITEGINX_HTTP_TRAILER_H

#include "liteginx/http/head.h"

/* May the trailer `name` of the message with this head be passed on? Who merges trailers into the head must not be told
 * there how long the content is, whom to trust, where to go, under which condition, or what the content is (RFC 9110
 * §6.5.1); and what Connection names is about this connection (§7.6.1). */
bool trailer_passes(const struct head *head, struct str name);

/* Takes the next name off `list`, the value of a Trailer field, that is one and passes. False: there is no more. */
bool trailer_next(const struct head *head, struct str *list, struct str *name);

/* Does each element of such a list pass? */
bool trailer_all_pass(const struct head *head, struct str list);

#endif
