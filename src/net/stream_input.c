/* Who is told when, what waits, and when reading rests. The one rule to keep in mind: reading runs exactly if it is wanted
 * and there is room, recomputed in stream_input_update() after every event. Nothing else starts it, and only an end or a
 * failure stops it besides: stream_input_halt(). */
#include "liteginx/net/stream_input.h"

#include "liteginx/net/stream.h"

static bool has_room(const struct stream *stream);
ENSURE_APART static void turn_reading(struct stream *stream, bool on);
static void offer(struct stream *stream, enum stream_input_offer from);
static void keep_rest(struct stream *stream, enum stream_input_offer from);
static void tell_end(struct stream *stream);

void stream_read(struct stream *stream, bool wanted) {
  struct stream_input *input = &stream->input;
  if (stream->life == STREAM_CLOSING || (input->wanted == wanted && input->reading == wanted)) return;
  input->wanted = wanted;
  stream_input_update(stream);
}

void stream_bound(struct stream *stream, size_t stash_max, size_t piece_max) {
  ENSURE(stash_max > 0 && stash_max <= UINT32_MAX && piece_max > 0 && piece_max <= LOOP_READ_BYTES);
  stream->input.stash_max = (uint32_t)stash_max;
  stream->input.piece_max = (uint32_t)piece_max;
}

struct str stream_peek(const struct stream *stream) {
  const struct stream_input *input = &stream->input;
  return input->offer == INPUT_NONE ? buf_view(&input->stash) : input->view;
}

void stream_consume(struct stream *stream, size_t len) {
  struct stream_input *input = &stream->input;
  if (input->offer == INPUT_NONE) {
    buf_consume(&input->stash, len);
    stream_input_update(stream);
    return;
  }
  ENSURE(len <= input->view.len);
  input->view = str_from(input->view, len);
}

bool stream_heard_now(const struct stream *stream) {
  return stream->input.heard_turn == stream->loop->turn;
}

bool stream_at_end(const struct stream *stream) {
  return stream_ended(stream) && !stream_waits(stream);
}

bool stream_exhausted(const struct stream *stream) {
  if (stream_waits(stream) || stream_ended(stream) || stream->life != STREAM_OPEN) return false;
  return stream->input.emptied || stream->ops->quiet(stream);
}

bool stream_quiet(const struct stream *stream) {
  return stream->life != STREAM_CLOSING && !stream_ended(stream) && stream->ops->quiet(stream);
}

enum socket_peer stream_peer(const struct stream *stream, size_t *waiting) {
  enum socket_peer peer = stream->ops->peer(stream, waiting);
  if (stream->direct.pipe) *waiting += stream->direct.pipe->bytes;
  return peer;
}

void stream_pump(struct stream *stream) {
  if (stream->life == STREAM_CLOSING) return;
  if (stream->input.offer != INPUT_NONE) {
    stream->input.again = true;
  } else if (buf_len(&stream->input.stash)) {
    offer(stream, INPUT_FROM_STASH);
  } else {
    stream_input_update(stream);
    tell_end(stream);
  }
}

/* --- what the transport says --- */

static bool has_room(const struct stream *stream) {
  return !stream->direct.pipe && buf_len(&stream->input.stash) < stream->input.stash_max;
}

/* What is read with nothing in the stash need not go there. */
size_t stream_room(const struct stream *stream) {
  const struct stream_input *input = &stream->input;
  size_t waiting = buf_len(&input->stash);
  if (stream->direct.pipe) return 0;
  if (waiting == 0) return input->piece_max;
  if (waiting >= input->stash_max) return 0;
  size_t room = input->stash_max - waiting;
  return room < input->piece_max ? room : input->piece_max;
}

void stream_deliver(struct stream *stream, struct str bytes) {
  struct stream_input *input = &stream->input;
  bool behind = buf_len(&input->stash) > 0;
  input->heard_turn = stream->loop->turn;
  bool emptied = stream->ops->short_read_empties && bytes.len < (behind ? stream_room(stream) : input->piece_max);
  if (behind && !buf_append(&input->stash, bytes, SIZE_MAX)) {
    stream_deliver_failure(stream, UV_ENOMEM);
    return;
  }
  if (!behind) input->view = bytes;
  input->emptied = emptied;
  offer(stream, behind ? INPUT_FROM_STASH : INPUT_READ);
}

void stream_deliver_end(struct stream *stream) {
  if (stream->life == STREAM_CLOSING) return;
  ENSURE(stream->input.end == INPUT_OPEN);
  stream->input.end = INPUT_ENDED;
  stream_input_halt(stream);
  stream->direct.state = DIRECT_OFF;
  if (buf_len(&stream->input.stash)) {
    /* It is not over yet; but who looks at what waits may want to know what is behind it. */
    offer(stream, INPUT_FROM_STASH);
  } else {
    tell_end(stream);
  }
}

/* --- offering --- */

/* Calls on_bytes until the owner is content, then keeps what it left. */
static void offer(struct stream *stream, enum stream_input_offer from) {
  struct stream_input *input = &stream->input;
  ENSURE(input->offer == INPUT_NONE);
  if (from == INPUT_FROM_STASH) input->view = buf_view(&input->stash);
  input->offer = from;
  do {
    input->again = false;
    stream->events->on_bytes(stream->owner);
  } while (input->again && input->view.len && stream->life != STREAM_CLOSING);
  from = input->offer; /* what was moved may have become the stash meanwhile */
  input->offer = INPUT_NONE;
  input->emptied = false;
  if (stream->life != STREAM_CLOSING) keep_rest(stream, from);
}

static void keep_rest(struct stream *stream, enum stream_input_offer from) {
  struct stream_input *input = &stream->input;
  struct str rest = input->view;
  input->view = (struct str){NULL, 0};
  if (from == INPUT_FROM_STASH) {
    buf_consume(&input->stash, buf_len(&input->stash) - rest.len);
  } else if (rest.len && !buf_append(&input->stash, rest, SIZE_MAX)) {
    stream_deliver_failure(stream, UV_ENOMEM);
    return;
  }
  stream_input_update(stream);
  if (stream_ended(stream)) tell_end(stream);
}

static void tell_end(struct stream *stream) {
  if (stream->input.end != INPUT_ENDED || stream->life == STREAM_CLOSING) return;
  if (buf_len(&stream->input.stash) || stream->direct.pipe) return;
  stream->input.end = INPUT_TOLD;
  stream->events->on_end(stream->owner);
}

/* --- for the other parts --- */

/* Once it closes it is not wanted any more, and so not read. */
void stream_input_update(struct stream *stream) {
  struct stream_input *input = &stream->input;
  bool should = input->wanted && !stream_ended(stream) && stream->life == STREAM_OPEN && has_room(stream);
  if (should != input->reading) turn_reading(stream, should);
}

/* Apart, because mostly nothing changes. */
static void turn_reading(struct stream *stream, bool on) {
  stream->input.reading = on;
  if (on) {
    int status = stream->ops->read_start(stream);
    if (status < 0) stream_fail_soon(stream, status);
  } else {
    stream->ops->read_stop(stream);
    if (stream_rests(stream) && stream->events && stream->events->on_rest) stream->events->on_rest(stream->owner);
  }
}

void stream_input_offer_unread(struct stream *stream) {
  offer(stream, INPUT_READ);
}

bool stream_input_keep(struct stream *stream, struct str bytes) {
  if (buf_append(&stream->input.stash, bytes, SIZE_MAX)) return true;
  buf_free(&stream->input.stash);
  stream_fail_soon(stream, UV_ENOMEM);
  return false;
}

void stream_input_kept(struct stream *stream) {
  struct stream_input *input = &stream->input;
  if (input->offer == INPUT_NONE) return;
  input->view = buf_view(&input->stash);
  input->offer = INPUT_FROM_STASH;
}

void stream_input_halt(struct stream *stream) {
  if (!stream->input.reading) return;
  stream->input.reading = false;
  stream->ops->read_stop(stream);
}

void stream_input_close(struct stream *stream) {
  stream->input.wanted = stream->input.reading = false;
}
