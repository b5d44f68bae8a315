/* What every transport has in common: who is told when, what waits on either side, and when reading rests. The one rule
 * to keep in mind: reading runs exactly if it is wanted and there is room, recomputed in update_reading() after every
 * event; nothing else starts or stops it. */
#include "liteginx/net/stream.h"

static void update_reading(struct stream *stream);
static void offer(struct stream *stream, bool from_stash);
static void keep_rest(struct stream *stream, bool from_stash);
static void tell_end(struct stream *stream);
static int fly(struct stream *stream);
static void fail_soon(struct stream *stream, int status);
static void on_tell_ailing(struct deadline *deadline);
static void forget_ailing(struct stream *stream);

/* Own answers and interim heads may be added to what is queued already; no sane peer makes us hold more. */
enum { QUEUE_MAX_BYTES = 4 * LOOP_READ_BYTES, STASH_BYTES = 64 * 1024, PIECE_BYTES = 16 * 1024 };

void stream_init(struct stream *stream, const struct stream_ops *ops, struct loop *loop) {
  stream->ops = ops;
  stream->loop = loop;
  list_init(&stream->node);
  stream_bound(stream, STASH_BYTES, PIECE_BYTES);
  loop->streams++;
}

void stream_own(struct stream *stream, const struct stream_events *events, void *owner) {
  stream->events = events;
  stream->owner = owner;
}

/* --- input --- */

void stream_read(struct stream *stream, bool wanted) {
  if (stream->closing) return;
  stream->want_read = wanted;
  update_reading(stream);
}

void stream_bound(struct stream *stream, size_t stash_max, size_t piece_max) {
  ENSURE(stash_max > 0 && stash_max <= UINT32_MAX && piece_max > 0 && piece_max <= LOOP_READ_BYTES);
  stream->stash_max = (uint32_t)stash_max;
  stream->piece_max = (uint32_t)piece_max;
}

struct str stream_peek(const struct stream *stream) {
  return stream->delivering ? stream->input : buf_view(&stream->stash);
}

void stream_consume(struct stream *stream, size_t len) {
  if (!stream->delivering) {
    buf_consume(&stream->stash, len);
    update_reading(stream);
    return;
  }
  ENSURE(len <= stream->input.len);
  stream->input = str_from(stream->input, len);
}

bool stream_at_end(const struct stream *stream) {
  return stream->ended && stream_peek(stream).len == 0;
}

void stream_pump(struct stream *stream) {
  if (stream->closing) return;
  if (stream->delivering) {
    stream->again = true;
    return;
  }
  if (buf_len(&stream->stash)) {
    offer(stream, true);
  } else {
    update_reading(stream);
    tell_end(stream);
  }
}

size_t stream_room(const struct stream *stream) {
  size_t waiting = buf_len(&stream->stash);
  if (waiting == 0) return stream->piece_max;
  if (waiting >= stream->stash_max) return 0;
  size_t room = stream->stash_max - waiting;
  return room < stream->piece_max ? room : stream->piece_max;
}

void stream_deliver(struct stream *stream, struct str bytes) {
  if (stream->closing) return;
  bool behind = buf_len(&stream->stash) > 0;
  if (behind && !buf_append(&stream->stash, bytes, SIZE_MAX)) {
    stream_deliver_failure(stream, UV_ENOMEM);
    return;
  }
  if (!behind) stream->input = bytes;
  offer(stream, behind);
}

/* Calls on_bytes until the owner is content, then keeps what it left. */
static void offer(struct stream *stream, bool from_stash) {
  ENSURE(!stream->delivering);
  if (from_stash) stream->input = buf_view(&stream->stash);
  stream->delivering = true;
  do {
    stream->again = false;
    stream->events->on_bytes(stream->owner);
  } while (stream->again && stream->input.len && !stream->closing);
  stream->delivering = false;
  if (stream->closing) return;
  keep_rest(stream, from_stash);
}

static void keep_rest(struct stream *stream, bool from_stash) {
  struct str rest = stream->input;
  stream->input = (struct str){NULL, 0};
  if (from_stash) {
    buf_consume(&stream->stash, buf_len(&stream->stash) - rest.len);
  } else if (!buf_append(&stream->stash, rest, SIZE_MAX)) {
    stream_deliver_failure(stream, UV_ENOMEM);
    return;
  }
  update_reading(stream);
  tell_end(stream);
}

void stream_deliver_end(struct stream *stream) {
  if (stream->closing) return;
  stream->ended = true;
  stream->reading = false;
  stream->ops->read_stop(stream);
  tell_end(stream);
}

static void tell_end(struct stream *stream) {
  if (!stream->ended || stream->end_told || buf_len(&stream->stash) || stream->closing) return;
  stream->end_told = true;
  stream->events->on_end(stream->owner);
}

void stream_deliver_failure(struct stream *stream, int status) {
  if (stream->closing) return;
  stream->failed = true;
  update_reading(stream);
  stream->events->on_fail(stream->owner, status);
}

static void update_reading(struct stream *stream) {
  bool should = stream->want_read && !stream->ended && !stream->failed && stream_room(stream) > 0;
  if (should == stream->reading || stream->closing) return;
  stream->reading = should;
  if (should) {
    int status = stream->ops->read_start(stream);
    if (status < 0) fail_soon(stream, status);
  } else {
    stream->ops->read_stop(stream);
  }
}

/* --- output --- */

bool stream_queued(const struct stream *stream) {
  return buf_len(&stream->flying) > 0 || buf_len(&stream->queue) > 0;
}

int stream_send_str(struct stream *stream, struct str s) {
  struct slices slices;
  slices_clear(&slices);
  slices_add(&slices, s);
  return stream_send(stream, &slices);
}

int stream_send(struct stream *stream, const struct slices *slices) {
  ENSURE(!stream->closing && !stream->half_close);
  if (slices->bytes == 0) return stream_queued(stream) ? STREAM_QUEUED : STREAM_SENT;
  size_t sent = 0;
  if (!stream_queued(stream)) {
    int taken = stream->ops->try_write(stream, slices);
    if (taken < 0) return taken;
    sent = (size_t)taken;
    if (sent == slices->bytes) return STREAM_SENT;
  }
  for (unsigned i = 0; i < slices->count; i++) {
    struct str s = slices->at[i];
    size_t skip = sent < s.len ? sent : s.len;
    sent -= skip;
    if (!buf_append(&stream->queue, str_from(s, skip), QUEUE_MAX_BYTES)) return UV_ENOBUFS;
  }
  int status = fly(stream);
  return status < 0 ? status : STREAM_QUEUED;
}

/* Hands the queue to the transport unless it is still busy with an earlier one. */
static int fly(struct stream *stream) {
  if (buf_len(&stream->flying) || buf_len(&stream->queue) == 0) return 0;
  stream->flying = stream->queue;
  stream->queue = BUF_EMPTY;
  return stream->ops->write(stream, buf_view(&stream->flying));
}

void stream_written(struct stream *stream, int status) {
  buf_free(&stream->flying);
  if (stream->closing) return;
  if (status == 0) status = fly(stream);
  if (status < 0) {
    stream_deliver_failure(stream, status);
    return;
  }
  if (stream_queued(stream)) return;
  if (stream->half_close) stream_half_close(stream);
  stream->events->on_drained(stream->owner);
}

size_t stream_unsent(const struct stream *stream) {
  return stream->ops->unsent(stream) + buf_len(&stream->queue);
}

bool stream_quiet(const struct stream *stream) {
  return !stream->closing && !stream->ended && stream->ops->quiet(stream);
}

void stream_half_close(struct stream *stream) {
  if (stream->closing || stream->half_closed) return;
  stream->half_close = true;
  if (stream_queued(stream)) return;
  stream->half_closed = true;
  int status = stream->ops->shutdown(stream);
  /* Not connected: the peer is gone already, reading tells the owner. */
  if (status < 0 && status != UV_ENOTCONN) fail_soon(stream, status);
}

bool stream_is_local(int status) {
  return status == UV_ENOMEM || status == UV_ENOBUFS;
}

/* --- end --- */

/* Within a call of the owner's own nothing may be told. */
static void fail_soon(struct stream *stream, int status) {
  struct loop *loop = stream->loop;
  if (stream->failed) return;
  stream->failed = true;
  stream->reading = false;
  stream->failure = status;
  list_append(&loop->ailing, &stream->node);
  if (!deadline_armed(&loop->tell_ailing)) deadline_set(&loop->deadlines, &loop->tell_ailing, 1, on_tell_ailing);
}

static void on_tell_ailing(struct deadline *deadline) {
  struct loop *loop = container_of(deadline, struct loop, tell_ailing);
  while (!list_empty(&loop->ailing)) {
    struct stream *stream = container_of(loop->ailing.next, struct stream, node);
    list_remove(&stream->node);
    stream_deliver_failure(stream, stream->failure);
  }
}

static void forget_ailing(struct stream *stream) {
  struct loop *loop = stream->loop;
  if (list_empty(&stream->node)) return;
  list_remove(&stream->node);
  if (list_empty(&loop->ailing)) deadline_clear(&loop->deadlines, &loop->tell_ailing);
}

void stream_close(struct stream *stream, bool reset) {
  if (stream->closing) return;
  stream->closing = true;
  if (stream->dialled) atomic_fetch_sub_explicit(stream->loop->dialled, 1, memory_order_relaxed);
  stream->want_read = stream->reading = false;
  forget_ailing(stream);
  stream->ops->close(stream, reset);
}

void stream_closed(struct stream *stream) {
  ENSURE(stream->closing);
  buf_free(&stream->stash);
  buf_free(&stream->flying);
  buf_free(&stream->queue);
  stream->loop->streams--;
  if (stream->events && stream->events->on_closed) stream->events->on_closed(stream->owner);
}
