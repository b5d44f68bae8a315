/* The list of slices alternates between runs of the block and content elsewhere; a run ends where that begins. */
#include "liteginx/wire/http2_output.h"

#include <stdlib.h>

static bool take_block(struct http2_output *output);
static void give_block(struct http2_output *output);
static int refer(struct http2_output *output, struct str bytes);
static void end_run(struct http2_output *output);

/* Room for the heads and small contents of some hundred answers; from COPY_BYTES on it costs less to refer. */
enum { BLOCK_BYTES = 24 * 1024, BLOCKS_KEPT = 8, COPY_BYTES = 2 * 1024 };

struct http2_block {
  struct list node;
  size_t used;
  char bytes[BLOCK_BYTES];
};

void http2_blocks_init(struct http2_blocks *blocks) {
  list_init(&blocks->spare);
  blocks->count = 0;
}

void http2_blocks_free(struct http2_blocks *blocks) {
  LIST_EACH(node, &blocks->spare) {
    free(container_of(node, struct http2_block, node));
  }
}

void http2_output_init(struct http2_output *output, struct stream *stream, struct http2_blocks *blocks) {
  *output = (struct http2_output){.stream = stream, .blocks = blocks};
}

void http2_output_free(struct http2_output *output) {
  give_block(output);
}

void http2_output_begin(struct http2_output *output, struct slices *out) {
  ENSURE(!output->out);
  slices_clear(out);
  output->out = out;
  output->run = 0;
  end_run(output);
}

int http2_output_end(struct http2_output *output) {
  int status = output->refers ? http2_output_flush(output) : 0;
  output->out = NULL;
  return status;
}

int http2_output_add(struct http2_output *output, struct str bytes) {
  if (bytes.len >= COPY_BYTES && output->out) return refer(output, bytes);
  ENSURE(bytes.len <= BLOCK_BYTES);
  if (output->block && output->block->used + bytes.len > BLOCK_BYTES) {
    int status = http2_output_flush(output);
    if (status < 0) return status;
  }
  if (!output->block && !take_block(output)) return UV_ENOMEM;
  memcpy(output->block->bytes + output->block->used, bytes.ptr, bytes.len);
  output->block->used += bytes.len;
  return 0;
}

static int refer(struct http2_output *output, struct str bytes) {
  end_run(output);
  output->refers = true;
  slices_add(output->out, bytes);
  /* The next one, and the runs around it. */
  return slices_room(output->out, 3, 0) ? 0 : http2_output_flush(output);
}

/* What has come into the block since the last slice. */
static void end_run(struct http2_output *output) {
  const struct http2_block *block = output->block;
  if (!block || block->used == output->run) return;
  slices_add(output->out, str_make(block->bytes + output->run, block->used - output->run));
  output->run = block->used;
}

int http2_output_flush(struct http2_output *output) {
  struct slices own;
  bool apart = !output->out;
  if (apart) {
    if (!output->block) return 0;
    http2_output_begin(output, &own);
  }
  end_run(output);
  bool open = output->stream->life == STREAM_OPEN && !stream_half_closing(output->stream);
  int status = open ? stream_send(output->stream, output->out) : 0;
  slices_clear(output->out);
  output->refers = false;
  if (apart) output->out = NULL;
  give_block(output);
  return status < 0 ? status : 0;
}

static bool take_block(struct http2_output *output) {
  struct http2_blocks *blocks = output->blocks;
  if (!list_empty(&blocks->spare)) {
    output->block = container_of(blocks->spare.next, struct http2_block, node);
    list_remove(&output->block->node);
    blocks->count--;
  } else {
    output->block = malloc(sizeof *output->block);
    if (!output->block) return false;
    list_init(&output->block->node);
  }
  output->block->used = output->run = 0;
  return true;
}

static void give_block(struct http2_output *output) {
  struct http2_blocks *blocks = output->blocks;
  struct http2_block *block = output->block;
  output->block = NULL;
  output->run = 0;
  if (!block) return;
  if (blocks->count >= BLOCKS_KEPT) {
    free(block);
    return;
  }
  blocks->count++;
  list_prepend(&blocks->spare, &block->node);
}
