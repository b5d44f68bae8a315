/* What every transport has in common: who is told when, what waits on either side, and when reading rests. The one rule
 * to keep in mind: reading runs exactly if it is wanted and there is room, recomputed in update_reading() after every
 * event; nothing else starts or stops it. */
#include "liteginx/net/stream.h"

static void update_reading(struct stream *stream);
static void offer(struct stream *stream, bool from_stash);
static void keep_rest(struct stream *stream);
static int drain(struct stream *stream, struct stream *sink, uint64_t *moved);
static int queue_first_piece(struct stream *stream, struct stream *sink, uint64_t *moved);
static bool fill(struct stream *stream, uint64_t max);
static void give_pipe(struct stream *stream);
static void empty_pipe(struct stream *stream);
static void tell_end(struct stream *stream);
static int send_now(struct stream *stream, const struct slices *slices);
static int queue_rest(struct stream *stream, const struct slices *slices, size_t sent);
static int fly(struct stream *stream);
static void fail_soon(struct stream *stream, int status);
static void tell_soon(struct stream *stream);
static void on_tell_ailing(struct deadline *deadline);
static void forget_ailing(struct stream *stream);

/* Own answers and interim heads may be added to what is queued already; no sane peer makes us hold more. */
enum { QUEUE_MAX_BYTES = 4 * LOOP_READ_BYTES, STASH_BYTES = 64 * 1024, PIECE_BYTES = 16 * 1024 };

/* What goes from a pipe into a queue, so that its being written tells of room for the rest. */
enum { FIRST_PIECE_BYTES = 4 * 1024 };

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

void stream_facts(const struct stream *stream, struct peer *peer) {
  *peer = (struct peer){.family = 0};
  if (stream->ops->facts) stream->ops->facts(stream, peer);
}

void stream_keep_alive(struct stream *stream, unsigned after_s) {
  if (stream->ops->keep_alive) stream->ops->keep_alive(stream, after_s);
}

/* --- input --- */

void stream_read(struct stream *stream, bool wanted) {
  if (stream->closing || (stream->want_read == wanted && stream->reading == wanted)) return;
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
  return stream->ended && !stream_waits(stream);
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
  if (stream->pipe) return 0;
  if (waiting == 0) return stream->piece_max;
  if (waiting >= stream->stash_max) return 0;
  size_t room = stream->stash_max - waiting;
  return room < stream->piece_max ? room : stream->piece_max;
}

void stream_deliver(struct stream *stream, struct str bytes) {
  if (stream->closing) return;
  ENSURE(!stream->pipe);
  bool behind = buf_len(&stream->stash) > 0;
  bool emptied = bytes.len < (behind ? stream_room(stream) : stream->piece_max);
  if (behind && !buf_append(&stream->stash, bytes, SIZE_MAX)) {
    stream_deliver_failure(stream, UV_ENOMEM);
    return;
  }
  if (!behind) stream->input = bytes;
  stream->emptied = emptied;
  offer(stream, behind);
}

/* Calls on_bytes until the owner is content, then keeps what it left. */
static void offer(struct stream *stream, bool from_stash) {
  ENSURE(!stream->delivering);
  if (from_stash) stream->input = buf_view(&stream->stash);
  stream->from_stash = from_stash;
  stream->delivering = true;
  do {
    stream->again = false;
    stream->events->on_bytes(stream->owner);
  } while (stream->again && stream->input.len && !stream->closing);
  stream->delivering = stream->emptied = false;
  if (stream->closing) return;
  keep_rest(stream);
}

static void keep_rest(struct stream *stream) {
  struct str rest = stream->input;
  stream->input = (struct str){NULL, 0};
  if (stream->from_stash) {
    buf_consume(&stream->stash, buf_len(&stream->stash) - rest.len);
  } else if (rest.len && !buf_append(&stream->stash, rest, SIZE_MAX)) {
    stream_deliver_failure(stream, UV_ENOMEM);
    return;
  }
  update_reading(stream);
  if (stream->ended) tell_end(stream);
}

void stream_deliver_end(struct stream *stream) {
  if (stream->closing) return;
  stream->ended = true;
  stream->reading = stream->direct = false;
  stream->ops->read_stop(stream);
  if (buf_len(&stream->stash)) {
    offer(stream, true); /* it is not over yet; but who looks at what waits may want to know what is behind it */
  } else {
    tell_end(stream);
  }
}

static void tell_end(struct stream *stream) {
  if (!stream->ended || stream->end_told || buf_len(&stream->stash) || stream->pipe || stream->closing) return;
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
    if (stream_rests(stream) && stream->events && stream->events->on_rest) stream->events->on_rest(stream->owner);
  }
}

/* --- input that is moved --- */

bool stream_begin_direct(struct stream *stream, const struct stream *sink) {
  if (stream->direct) return true;
  if (!stream->ops->fill || stream->ops != sink->ops || stream->loop != sink->loop) return false;
  if (stream->ended || stream->failed || stream->closing || stream_waits(stream)) return false;
  /* To see whether there is one. */
  stream->pipe = splice_take(stream->loop, stream);
  if (!stream->pipe) return false;
  give_pipe(stream);
  stream->direct = true;
  stream->ready = false;
  return true;
}

void stream_end_direct(struct stream *stream) {
  stream->direct = false;
  if (stream->closing || !stream->pipe) return;
  empty_pipe(stream);
  update_reading(stream);
}

void stream_deliver_ready(struct stream *stream) {
  if (stream->closing || !stream->direct) return;
  stream->ready = true;
  stream->moved = false;
  offer(stream, false);
  if (!stream->closing && stream->reading && !stream->moved) stream_end_direct(stream);
}

int stream_move(struct stream *stream, struct stream *sink, uint64_t max, uint64_t *moved) {
  ENSURE(stream->direct && !stream->closing && !stream_queued(sink));
  uint64_t turn = max < SPLICE_MAX_BYTES ? max : SPLICE_MAX_BYTES; /* others are waiting */
  int status = STREAM_SENT;
  *moved = 0;
  stream->moved = true;
  stream_flush_all(sink->loop);
  if (sink->lost) return sink->failure;
  if (stream_queued(sink)) return STREAM_QUEUED;
  if (!stream->pipe) stream->pipe = splice_take(stream->loop, stream);
  if (!stream->pipe) {
    stream->direct = false;
    return STREAM_SENT;
  }
  do {
    status = drain(stream, sink, moved);
  } while (status == STREAM_SENT && *moved < turn && fill(stream, turn - *moved));
  if (status < 0) {
    *moved += stream->pipe->bytes;
    stream->direct = false;
    give_pipe(stream);
  } else if (stream->pipe->bytes == 0) {
    give_pipe(stream);
  } else if (status == STREAM_SENT) {
    stream_end_direct(stream);
  }
  update_reading(stream);
  return status;
}

/* STREAM_SENT with bytes left in the pipe: they have to be written. */
static int drain(struct stream *stream, struct stream *sink, uint64_t *moved) {
  while (stream->pipe->bytes > 0) {
    int drained = sink->ops->drain(sink, stream->pipe);
    if (drained == UV_ENOTSUP || drained == 0) return STREAM_SENT;
    if (drained == UV_EAGAIN) return queue_first_piece(stream, sink, moved);
    if (drained < 0) return drained;
    *moved += (uint64_t)drained;
  }
  return STREAM_SENT;
}

static int queue_first_piece(struct stream *stream, struct stream *sink, uint64_t *moved) {
  char piece[FIRST_PIECE_BYTES];
  size_t len = splice_read(stream->pipe, piece, sizeof piece);
  *moved += len;
  if (!buf_append(&sink->queue, str_make(piece, len), QUEUE_MAX_BYTES)) return UV_ENOBUFS;
  int status = fly(sink);
  return status < 0 ? status : STREAM_QUEUED;
}

/* Is there anything to drain now? After less than was asked for, the loop tells of more. */
static bool fill(struct stream *stream, uint64_t max) {
  if (!stream->ready || !stream->direct || stream->pipe->bytes > 0) return false;
  int filled = stream->ops->fill(stream, (size_t)max);
  stream->ready = filled > 0 && (uint64_t)filled == max;
  if (filled <= 0 && filled != UV_EAGAIN) stream->direct = false;
  return filled > 0;
}

static void give_pipe(struct stream *stream) {
  struct splice *pipe = stream->pipe;
  stream->pipe = NULL;
  splice_give(stream->loop, pipe);
}

/* What is in it goes into the stash, which has to be empty: both are all the input there is. */
static void empty_pipe(struct stream *stream) {
  struct splice *pipe = stream->pipe;
  char piece[FIRST_PIECE_BYTES];
  ENSURE(buf_len(&stream->stash) == 0 && stream->input.len == 0);
  while (pipe->bytes > 0) {
    size_t len = splice_read(pipe, piece, sizeof piece);
    if (buf_append(&stream->stash, str_make(piece, len), SIZE_MAX)) continue;
    buf_free(&stream->stash);
    fail_soon(stream, UV_ENOMEM);
    break;
  }
  give_pipe(stream);
  if (!stream->delivering) return;
  stream->input = buf_view(&stream->stash);
  stream->from_stash = true;
}

bool stream_free_pipe(struct loop *loop) {
  struct list *held = &loop->splices.held;
  if (list_empty(held)) return false;
  stream_end_direct(container_of(held->next, struct splice, node)->source);
  return true;
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
  stream_flush(stream);
  if (stream->lost) return stream->failure;
  int status = send_now(stream, slices);
  /* What waits for the turn's end must not wait for many long pieces as well. Behind this one: between the look whether
   * a connection stands and its first byte nothing may happen. */
  if (slices->bytes > OUTBOX_PIECE_BYTES) stream_flush_all(stream->loop);
  return status;
}

static int send_now(struct stream *stream, const struct slices *slices) {
  size_t sent = 0;
  if (!stream_queued(stream)) {
    int taken = stream->ops->try_write(stream, slices);
    if (taken < 0) return taken;
    sent = (size_t)taken;
    if (sent == slices->bytes) return STREAM_SENT;
  }
  int status = queue_rest(stream, slices, sent);
  return status < 0 ? status : STREAM_QUEUED;
}

int stream_send_soon(struct stream *stream, const struct slices *slices) {
  ENSURE(!stream->closing && !stream->half_close);
  bool open = slices->bytes > 0 && !stream->lost && !stream_queued(stream);
  if (open && outbox_put(&stream->loop->outbox, stream, &stream->posted, slices)) return STREAM_SENT;
  /* With very many connections a turn can be long. */
  if (outbox_full(&stream->loop->outbox)) stream_flush_all(stream->loop);
  return stream_send(stream, slices);
}

void stream_flush(struct stream *stream) {
  struct slices slices;
  if (stream->posted == 0) return;
  slices_clear(&slices);
  slices_add(&slices, outbox_take(&stream->loop->outbox, &stream->posted));
  int taken = stream->ops->try_write(stream, &slices);
  if (taken >= 0 && (size_t)taken == slices.bytes) return;
  int status = taken < 0 ? taken : queue_rest(stream, &slices, (size_t)taken);
  if (status == 0) return;
  stream->lost = true;
  stream->failure = status;
  tell_soon(stream);
}

void stream_flush_all(struct loop *loop) {
  struct stream *stream;
  while ((stream = outbox_oldest(&loop->outbox))) stream_flush(stream);
}

/* Behind the first `sent` bytes. 0 or a libuv code. */
static int queue_rest(struct stream *stream, const struct slices *slices, size_t sent) {
  for (unsigned i = 0; i < slices->count; i++) {
    struct str s = slices->at[i];
    size_t skip = sent < s.len ? sent : s.len;
    sent -= skip;
    if (!buf_append(&stream->queue, str_from(s, skip), QUEUE_MAX_BYTES)) return UV_ENOBUFS;
  }
  return fly(stream);
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

bool stream_exhausted(const struct stream *stream) {
  if (stream_waits(stream) || stream->ended || stream->failed || stream->closing) return false;
  return stream->emptied || stream->ops->quiet(stream);
}

enum socket_peer stream_peer(const struct stream *stream, size_t *waiting) {
  enum socket_peer peer = stream->ops->peer(stream, waiting);
  if (stream->pipe) *waiting += stream->pipe->bytes;
  return peer;
}

bool stream_quiet(const struct stream *stream) {
  return !stream->closing && !stream->ended && stream->ops->quiet(stream);
}

void stream_half_close(struct stream *stream) {
  if (stream->closing || stream->half_closed) return;
  stream->half_close = true;
  stream_flush(stream);
  /* Behind a gap nothing may look like a proper end. */
  if (stream->lost || stream_queued(stream)) return;
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
  if (stream->failed) return;
  stream->failed = true;
  stream->reading = false;
  stream->failure = status;
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
    if (stream->failed) {
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

void stream_close(struct stream *stream, bool reset) {
  if (stream->closing) return;
  stream_flush(stream);
  stream->closing = true;
  if (stream->dialled) atomic_fetch_sub_explicit(stream->loop->dialled, 1, memory_order_relaxed);
  stream->want_read = stream->reading = false;
  forget_ailing(stream);
  if (stream->pipe) give_pipe(stream);
  stream->ops->close(stream, reset || stream->lost);
}

void stream_closed(struct stream *stream) {
  ENSURE(stream->closing);
  buf_free(&stream->stash);
  buf_free(&stream->flying);
  buf_free(&stream->queue);
  stream->loop->streams--;
  if (stream->events && stream->events->on_closed) stream->events->on_closed(stream->owner);
}
