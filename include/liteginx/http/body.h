/* One message body on its way through: bytes as received → slices to send, framed anew. It is the filter of an HTTP
 * relay. Bounded: when the list of slices is full it stops and goes on with the next call. */
#ifndef LITEGINX_HTTP_BODY_H
#define LITEGINX_HTTP_BODY_H

#include "liteginx/base/slices.h"
#include "liteginx/http/parser.h"

enum body_status {
  BODY_MORE,  /* `in` is used up; the message goes on */
  BODY_FULL,  /* no room for more slices: send them, call again with the rest */
  BODY_END,   /* the message has ended; what follows in `in` is not part of it */
  BODY_FAILED /* see body->too_large, else parser->fault */
};

struct body {
  struct parser *parser;
  bool chunked;         /* sends chunks; otherwise bytes as they are */
  uint64_t bytes;       /* of content so far, framing not counted */
  uint64_t max_bytes;   /* 0: no limit */
  bool too_large;       /* why it failed: max_bytes */
  struct head trailers; /* received so far; sent with the last chunk where `chunked`, else dropped */
  bool ended;
};

/* `parser` has just finished a head. `chunked`: how the receiver is told the end. Trailers are kept in `arena`. A body
 * with a known length above `max_bytes` fails with the first call; one of unknown length where it exceeds it. */
void body_init(struct body *body, struct parser *parser, struct arena *arena, bool chunked, uint64_t max_bytes);

/* Turns bytes into slices (of `in`, or of the list's own text). With BODY_END and `chunked`, last chunk and trailers
 * are among them. Trailer fields pass if trailer_passes says so. */
enum body_status body_feed(struct body *body, struct str in, size_t *used, struct slices *out);

/* How many of the next bytes body_feed would pass as they are, whatever they are: those of a known length, sent as
 * such. */
uint64_t body_plain(const struct body *body);

/* So many of them have passed without it. */
void body_skip(struct body *body, uint64_t len);

/* The stream has ended: BODY_END where that ends this body (adds the last chunk where `chunked`), else BODY_FAILED. */
enum body_status body_finish(struct body *body, struct slices *out);

#endif
