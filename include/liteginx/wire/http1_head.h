/* Heads as HTTP/1 text (RFC 9112 §2 to §5): written from what forward decides of a received head; and read, for who has a
 * text instead of a connection. */
#ifndef LITEGINX_WIRE_HTTP1_HEAD_H
#define LITEGINX_WIRE_HTTP1_HEAD_H

#include "liteginx/wire/wire.h"

/* The head of a request, up to its empty line, in the arena of the received one. ptr NULL: out of memory. A body without a
 * known length is announced in chunks. Upgrade passes, with `Connection: upgrade`, if forward_upgrade says so. */
struct str http1_write_request(const struct forward_request *request);

/* What an answer says about the connection that it goes over. */
struct http1_answer {
  bool chunked; /* the content is sent in chunks */
  bool close;   /* say Connection: close */
  bool old;     /* the client speaks HTTP/1.0 */
};

/* The same of a response. */
struct str http1_write_response(const struct forward_response *response, const struct http1_answer *answer);

/* Reads `text`, the whole head of a request, into *head, on `arena`. CAUSE_NONE: it is sound. Else which rule it breaks,
 * and *culprit: the bytes that break it; CAUSE_NO_MEMORY is one of them. */
enum cause http1_read_request(struct str text, const struct wire_limits *limits, struct head *head, struct arena *arena,
                              struct str *culprit);

#endif
