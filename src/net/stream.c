/* What a stream's three parts share: whose it is, how it fails, how it ends. What goes wrong within a call of the owner's
 * own is told by the loop's `tell_ailing` a millisecond later. */
#include "liteginx/net/stream.h"

static void tell_soon(struct stream *stream);
static void on_tell_ailing(struct deadline *deadline);
static void forget_ailing(struct stream *stream);

enum { PIECE_BYTES = 16 * 1024 };

void stream_init(struct stream *stream, const struct stream_ops *ops, struct loop *loop) {
  stream->ops = ops;
  stream->loop = loop;
  stream->input.heard_turn = loop->turn - 1;
  list_init(&stream->node);
  stream_bound(stream, STREAM_STASH_BYTES, PIECE_BYTES);
  loop->streams++;
  loop->flush = stream_flush_all;
}

void stream_own(struct stream *stream, const struct stream_events *events, void *owner) {
  stream->events = events;
  stream->owner = owner;
}

void stream_facts(const struct stream *stream, struct peer *peer) {
  *peer = (struct peer){.family = PEER_UNKNOWN};
  if (stream->ops->facts) stream->ops->facts(stream, peer);
}

void stream_keep_alive(struct stream *stream, unsigned after_s) {
  if (stream->ops->keep_alive) stream->ops->keep_alive(stream, after_s);
}

/* --- failure --- */

void stream_deliver_failure(struct stream *stream, int status) {
  if (stream->life == STREAM_CLOSING) return;
  stream->life = STREAM_FAILED;
  stream_input_update(stream);
  stream->events->on_fail(stream->owner, status);
}

void stream_fail_soon(struct stream *stream, int status) {
  if (stream->life != STREAM_OPEN) return;
  stream->life = STREAM_FAILED;
  stream_input_halt(stream);
  stream->failure = status;
  tell_soon(stream);
}

void stream_tell_lost_soon(struct stream *stream) {
  ENSURE(stream->output.state == OUTPUT_LOST);
  tell_soon(stream);
}

static void tell_soon(struct stream *stream) {
  struct loop *loop = stream->loop;
  if (list_empty(&stream->node)) list_append(&loop->ailing, &stream->node);
  if (!deadline_armed(&loop->tell_ailing)) deadline_set(&loop->deadlines, &loop->tell_ailing, 1, on_tell_ailing);
}

static void on_tell_ailing(struct deadline *deadline) {
  struct loop *loop = container_of(deadline, struct loop, tell_ailing);
  while (!list_empty(&loop->ailing)) {
    struct stream *stream = container_of(loop->ailing.next, struct stream, node);
    list_remove(&stream->node);
    if (stream->life == STREAM_FAILED) {
      stream_deliver_failure(stream, stream->failure);
    } else {
      stream->events->on_drained(stream->owner); /* who then finds that it is lost */
    }
  }
}

static void forget_ailing(struct stream *stream) {
  struct loop *loop = stream->loop;
  if (list_empty(&stream->node)) return;
  list_remove(&stream->node);
  if (list_empty(&loop->ailing)) deadline_clear(&loop->deadlines, &loop->tell_ailing);
}

/* --- end --- */

void stream_close(struct stream *stream, bool reset) {
  if (stream->life == STREAM_CLOSING) return;
  stream_flush(stream);
  stream->life = STREAM_CLOSING;
  if (stream->dialled) atomic_fetch_sub_explicit(stream->loop->dialled, 1, memory_order_relaxed);
  stream_input_close(stream);
  forget_ailing(stream);
  stream_direct_close(stream);
  stream->ops->close(stream, reset || stream->output.state == OUTPUT_LOST);
}

void stream_closed(struct stream *stream) {
  ENSURE(stream->life == STREAM_CLOSING && !stream->direct.pipe && !stream_posted(stream));
  buf_free(&stream->input.stash);
  buf_free(&stream->output.flying);
  buf_free(&stream->output.queue);
  stream->loop->streams--;
  if (stream->events && stream->events->on_closed) stream->events->on_closed(stream->owner);
}
