/* Frames of one connection until they leave, many in one write: short ones copied into a block, which is lent by the worker
 * for as long as something is in it; long content referred to where it stands, between http2_output_begin and
 * http2_output_end. */
#ifndef LITEGINX_WIRE_HTTP2_OUTPUT_H
#define LITEGINX_WIRE_HTTP2_OUTPUT_H

#include "liteginx/base/list.h"
#include "liteginx/net/stream.h"

/* Spare blocks of one worker. */
struct http2_blocks {
  struct list spare;
  unsigned count;
};

struct http2_block;

struct http2_output {
  struct stream *stream; /* of the connection */
  struct http2_blocks *blocks;
  struct http2_block *block; /* NULL: nothing waits */
  struct slices *out;        /* between begin and end: what goes in the next write, in its order */
  bool refers;               /* some of it is not in the block */
  size_t run;                /* of the block, what is in `out` already */
};

void http2_blocks_init(struct http2_blocks *blocks);
void http2_blocks_free(struct http2_blocks *blocks);

void http2_output_init(struct http2_output *output, struct stream *stream, struct http2_blocks *blocks);

/* What waits is lost. */
void http2_output_free(struct http2_output *output);

/* From now on `out` may be used, and content be referred to. */
void http2_output_begin(struct http2_output *output, struct slices *out);

/* What is referred to leaves now. 0 or a libuv code. */
ENSURE_CHECKED int http2_output_end(struct http2_output *output);

/* Adds bytes, copied unless they are long. 0 or a libuv code. */
ENSURE_CHECKED int http2_output_add(struct http2_output *output, struct str bytes);

/* Sends what waits. 0 or a libuv code: nothing can be sent any more. */
ENSURE_CHECKED int http2_output_flush(struct http2_output *output);

static inline bool http2_output_waits(const struct http2_output *output) {
  return output->block != NULL;
}

#endif
