/* One message's content on its way through: what the sender's wire reads is counted, bounded, and written as the receiver's
 * wire has it. It is the filter of a relay between two streams. Bounded: when the list of slices is full it stops and goes
 * on with the next call. */
#ifndef LITEGINX_WIRE_BODY_H
#define LITEGINX_WIRE_BODY_H

#include "liteginx/net/relay.h"
#include "liteginx/wire/wire.h"

enum body_status {
  BODY_MORE,  /* `in` is used up; the message goes on */
  BODY_FULL,  /* no room for more slices: send them, call again with the rest */
  BODY_END,   /* the message has ended; what follows in `in` is not part of it */
  BODY_FAILED /* see body->too_large, else body_fault */
};

struct body {
  struct wire_source source;
  struct wire_writer writer;
  uint64_t bytes;            /* of content so far */
  uint64_t max_bytes;        /* 0: no limit */
  struct head trailers;      /* received so far; passed on at the end where there is a writer */
  const struct rules *rules; /* their owner sets them after body_init: what they take away is no trailer; NULL: none */
  bool too_large;            /* why it failed: max_bytes */
  bool no_memory;            /* why it failed */
  bool ended;
};

/* The source's head is whole. `writer` is not asked for a message without content. Trailers are kept in `arena`. Content of a
 * known length above `max_bytes` fails with the first call; of unknown length where it exceeds it. */
void body_init(struct body *body, const struct wire_source *source, struct arena *arena,
               const struct wire_writer *writer, uint64_t max_bytes);

/* Turns bytes into slices (of `in`, or of the list's own text). With BODY_END what the writer puts behind the content is
 * among them. Trailer fields pass if trailer_passes says so. */
enum body_status body_feed(struct body *body, struct str in, size_t *used, struct slices *out);

/* How many of the next bytes body_feed would pass as they are, whatever they are. */
uint64_t body_plain(const struct body *body);

/* So many of them have passed without it. */
void body_skip(struct body *body, uint64_t len);

/* The stream has ended: BODY_END where that ends this message, else BODY_FAILED. */
enum body_status body_finish(struct body *body, struct slices *out);

/* What a relay between the two streams passes through; its owner is the body. */
extern const struct relay_filter body_filter;

/* Behind BODY_FAILED, unless it was too large: which rule was broken, as wire_reader_ops. */
enum cause body_fault(const struct body *body, struct str *culprit);

#endif
