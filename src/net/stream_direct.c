/* A pipe is taken for each move and given back, unless the sink leaves bytes in it. libuv watches a descriptor once, so
 * that the sink has room again is told by a write of its own: of the first piece of what it left. */
#include "liteginx/net/stream_direct.h"

#include "liteginx/net/stream.h"

static int drain(struct stream *stream, struct stream *sink, uint64_t *moved);
static int queue_first_piece(struct stream *stream, struct stream *sink, uint64_t *moved);
static bool fill(struct stream *stream, uint64_t max);
static void settle(struct stream *stream, int status, uint64_t *moved);
static void give_pipe(struct stream *stream);
static void empty_pipe(struct stream *stream);

/* What goes from a pipe into a queue, so that its being written tells of room for the rest. */
enum { FIRST_PIECE_BYTES = 4 * 1024 };

bool stream_may_move(const struct stream *stream, const struct stream *sink) {
  return stream->ops->fill && sink->ops->drain && stream->loop == sink->loop;
}

bool stream_begin_direct(struct stream *stream, const struct stream *sink) {
  if (stream_is_direct(stream)) return true;
  if (!stream_may_move(stream, sink)) return false;
  if (stream_ended(stream) || stream->life != STREAM_OPEN || stream_waits(stream)) return false;
  /* To see whether there is one. */
  stream->direct.pipe = splice_take(stream->loop, stream);
  if (!stream->direct.pipe) return false;
  give_pipe(stream);
  stream->direct.state = DIRECT_WAITING;
  return true;
}

void stream_end_direct(struct stream *stream) {
  stream->direct.state = DIRECT_OFF;
  if (stream->life == STREAM_CLOSING || !stream->direct.pipe) return;
  empty_pipe(stream);
  stream_input_update(stream);
}

void stream_deliver_ready(struct stream *stream) {
  if (stream->life == STREAM_CLOSING || !stream_is_direct(stream)) return;
  stream->direct.state = DIRECT_READY;
  stream->direct.moved = false;
  stream_input_offer_unread(stream);
  if (stream->life != STREAM_CLOSING && stream->input.reading && !stream->direct.moved) stream_end_direct(stream);
}

int stream_move(struct stream *stream, struct stream *sink, uint64_t max, uint64_t *moved) {
  ENSURE(stream_is_direct(stream) && stream->life != STREAM_CLOSING && !stream_queued(sink));
  uint64_t turn = max < SPLICE_MAX_BYTES ? max : SPLICE_MAX_BYTES; /* others are waiting */
  int status;
  *moved = 0;
  stream->direct.moved = true;
  stream_flush_all(sink->loop);
  if (sink->output.state == OUTPUT_LOST) return sink->failure;
  if (stream_queued(sink)) return STREAM_QUEUED;
  if (!stream->direct.pipe) stream->direct.pipe = splice_take(stream->loop, stream);
  if (!stream->direct.pipe) {
    stream->direct.state = DIRECT_OFF;
    return STREAM_SENT;
  }
  do {
    status = drain(stream, sink, moved);
  } while (status == STREAM_SENT && *moved < turn && fill(stream, turn - *moved));
  settle(stream, status, moved);
  return status;
}

/* What becomes of the pipe. */
static void settle(struct stream *stream, int status, uint64_t *moved) {
  struct splice *pipe = stream->direct.pipe;
  if (status < 0) {
    *moved += pipe->bytes;
    stream->direct.state = DIRECT_OFF;
    give_pipe(stream);
  } else if (pipe->bytes == 0) {
    give_pipe(stream);
  } else if (status == STREAM_SENT) {
    stream_end_direct(stream);
  }
  stream_input_update(stream);
}

/* STREAM_SENT with bytes left in the pipe: they have to be written. */
static int drain(struct stream *stream, struct stream *sink, uint64_t *moved) {
  struct splice *pipe = stream->direct.pipe;
  while (pipe->bytes > 0) {
    int drained = sink->ops->drain(sink, pipe);
    if (drained == UV_ENOTSUP || drained == 0) return STREAM_SENT;
    if (drained == UV_EAGAIN) return queue_first_piece(stream, sink, moved);
    if (drained < 0) return drained;
    *moved += (uint64_t)drained;
  }
  return STREAM_SENT;
}

static int queue_first_piece(struct stream *stream, struct stream *sink, uint64_t *moved) {
  char piece[FIRST_PIECE_BYTES];
  size_t len = splice_read(stream->direct.pipe, piece, sizeof piece);
  *moved += len;
  int status = stream_output_queue(sink, str_make(piece, len));
  return status < 0 ? status : STREAM_QUEUED;
}

/* Is there anything to drain now? After less than was asked for, the loop tells of more. */
static bool fill(struct stream *stream, uint64_t max) {
  struct stream_direct *direct = &stream->direct;
  if (direct->state != DIRECT_READY || direct->pipe->bytes > 0) return false;
  int filled = stream->ops->fill(stream, (size_t)max);
  if (filled > 0 && (uint64_t)filled == max) return true;
  direct->state = filled > 0 || filled == UV_EAGAIN ? DIRECT_WAITING : DIRECT_OFF;
  return filled > 0;
}

/* --- the pipe --- */

static void give_pipe(struct stream *stream) {
  struct splice *pipe = stream->direct.pipe;
  stream->direct.pipe = NULL;
  splice_give(stream->loop, pipe);
}

/* What is in it goes into the stash, which has to be empty: both are all the input there is. */
static void empty_pipe(struct stream *stream) {
  struct splice *pipe = stream->direct.pipe;
  char piece[FIRST_PIECE_BYTES];
  ENSURE(buf_len(&stream->input.stash) == 0 && stream->input.view.len == 0);
  while (pipe->bytes > 0) {
    size_t len = splice_read(pipe, piece, sizeof piece);
    if (!stream_input_keep(stream, str_make(piece, len))) break;
  }
  give_pipe(stream);
  stream_input_kept(stream);
}

bool stream_free_pipe(struct loop *loop) {
  struct list *held = &loop->splices.held;
  if (list_empty(held)) return false;
  stream_end_direct(container_of(held->next, struct splice, node)->source);
  return true;
}

void stream_direct_close(struct stream *stream) {
  if (stream->direct.pipe) give_pipe(stream);
}
