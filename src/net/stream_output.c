/* Sent at once, or copied: what the kernel does not take is handed to the transport as one piece, and what comes meanwhile
 * waits behind it as the next. */
#include "liteginx/net/stream_output.h"

#include "liteginx/net/stream.h"

static int send_now(struct stream *stream, const struct slices *slices);
static int queue_rest(struct stream *stream, const struct slices *slices, size_t sent);
static bool is_full(const struct stream *stream);
static int fly(struct stream *stream);

/* What one call brings is taken whole, however long: who built it bounds it. Owners wait for on_drained before they add to
 * what is queued; one that does not is stopped here. */
enum { QUEUE_FULL_BYTES = 4 * LOOP_READ_BYTES };

bool stream_queued(const struct stream *stream) {
  return stream->output.held || buf_len(&stream->output.flying) > 0 || buf_len(&stream->output.queue) > 0;
}

void stream_hold(struct stream *stream) {
  stream->output.held = true;
}

size_t stream_unsent(const struct stream *stream) {
  return stream->ops->unsent(stream) + buf_len(&stream->output.queue);
}

bool stream_tells_unsent(const struct stream *stream) {
  return !stream->ops->tells_unsent || stream->ops->tells_unsent();
}

bool stream_lacks_memory(int status) {
  return status == UV_ENOMEM || status == UV_ENOBUFS;
}

static bool may_send(const struct stream *stream) {
  return stream->life != STREAM_CLOSING && !stream_half_closing(stream);
}

int stream_send_str(struct stream *stream, struct str s) {
  struct slices slices;
  slices_clear(&slices);
  slices_add(&slices, s);
  return stream_send(stream, &slices);
}

int stream_send(struct stream *stream, const struct slices *slices) {
  ENSURE(may_send(stream));
  if (slices->bytes == 0) return stream_queued(stream) ? STREAM_QUEUED : STREAM_SENT;
  stream_flush(stream);
  if (stream->output.state == OUTPUT_LOST) return stream->failure;
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
    if (sent == slices->bytes) return stream->output.held ? STREAM_QUEUED : STREAM_SENT;
  }
  int status = queue_rest(stream, slices, sent);
  return status < 0 ? status : STREAM_QUEUED;
}

/* --- at the turn's end --- */

int stream_send_soon(struct stream *stream, const struct slices *slices) {
  ENSURE(may_send(stream));
  bool open = slices->bytes > 0 && stream->output.state != OUTPUT_LOST && !stream_queued(stream);
  if (open && outbox_put(&stream->loop->outbox, stream, &stream->output.posted, slices)) return STREAM_SENT;
  /* With very many connections a turn can be long. */
  if (outbox_full(&stream->loop->outbox)) stream_flush_all(stream->loop);
  return stream_send(stream, slices);
}

void stream_flush(struct stream *stream) {
  struct slices slices;
  if (!stream_posted(stream)) return;
  ENSURE(!stream_queued(stream) && stream->output.state == OUTPUT_OPEN);
  slices_clear(&slices);
  slices_add(&slices, outbox_take(&stream->loop->outbox, &stream->output.posted));
  int taken = stream->ops->try_write(stream, &slices);
  if (taken >= 0 && (size_t)taken == slices.bytes) return;
  int status = taken < 0 ? taken : queue_rest(stream, &slices, (size_t)taken);
  if (status == 0) return;
  stream->output.state = OUTPUT_LOST;
  stream->failure = status;
  stream_tell_lost_soon(stream);
}

void stream_flush_all(struct loop *loop) {
  struct stream *stream;
  while ((stream = outbox_oldest(&loop->outbox))) stream_flush(stream);
}

/* --- what the kernel does not take --- */

/* Behind the first `sent` bytes. 0 or a libuv code. */
static int queue_rest(struct stream *stream, const struct slices *slices, size_t sent) {
  if (is_full(stream)) return UV_ENOBUFS;
  for (unsigned i = 0; i < slices->count; i++) {
    struct str s = slices->at[i];
    size_t skip = sent < s.len ? sent : s.len;
    sent -= skip;
    if (!buf_append(&stream->output.queue, str_from(s, skip), SIZE_MAX)) return UV_ENOMEM;
  }
  return fly(stream);
}

int stream_output_queue(struct stream *stream, struct str bytes) {
  ENSURE(!stream_posted(stream));
  if (is_full(stream)) return UV_ENOBUFS;
  if (!buf_append(&stream->output.queue, bytes, SIZE_MAX)) return UV_ENOMEM;
  return fly(stream);
}

static bool is_full(const struct stream *stream) {
  return buf_len(&stream->output.queue) >= QUEUE_FULL_BYTES;
}

/* Hands the queue to the transport unless it is still busy with an earlier one. */
static int fly(struct stream *stream) {
  struct stream_output *output = &stream->output;
  if (output->held || buf_len(&output->flying) || buf_len(&output->queue) == 0) return 0;
  output->flying = output->queue;
  output->queue = BUF_EMPTY;
  return stream->ops->write(stream, buf_view(&output->flying));
}

void stream_written(struct stream *stream, int status) {
  buf_free(&stream->output.flying);
  stream->output.held = false;
  if (stream->life == STREAM_CLOSING) return;
  if (status == 0) status = fly(stream);
  if (status < 0) {
    stream_deliver_failure(stream, status);
    return;
  }
  if (stream_queued(stream)) return;
  if (stream_half_closing(stream)) stream_half_close(stream);
  stream->events->on_drained(stream->owner);
}

/* --- the end --- */

void stream_half_close(struct stream *stream) {
  if (stream->life == STREAM_CLOSING || stream->output.state == OUTPUT_ENDED) return;
  stream_flush(stream);
  /* Behind a gap nothing may look like a proper end. */
  if (stream->output.state == OUTPUT_LOST) return;
  stream->output.state = OUTPUT_ENDING;
  if (stream_queued(stream)) return;
  stream->output.state = OUTPUT_ENDED;
  int status = stream->ops->shutdown(stream);
  /* Not connected: the peer is gone already, reading tells the owner. */
  if (status < 0 && status != UV_ENOTCONN) stream_fail_soon(stream, status);
}
