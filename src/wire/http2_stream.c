/* What an HTTP/2 stream is to its owner; what is said of it on the connection is http2_session's. Nothing is copied on its
 * way out but by the rules of every stream: what try_write is offered is taken from where it stands. */
#include "liteginx/wire/http2_stream.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#include "liteginx/wire/http2_session.h"

static int read_start(struct stream *stream);
static void read_stop(struct stream *stream);
static int try_write(struct stream *stream, const struct slices *slices);
static int write_rest(struct stream *stream, struct str bytes);
static int shutdown_output(struct stream *stream);
static void close_stream(struct stream *stream, bool reset);
static bool is_quiet(const struct stream *stream);
static size_t unsent(const struct stream *stream);
static enum socket_peer look_at_peer(const struct stream *stream, size_t *waiting);
static void keep_alive(struct stream *stream, unsigned after_s);
static void give_back(struct http2_stream *stream);
static void drop_input(void *owner);
static void ignore(void *owner);
static void fail_letting_go(void *owner, int status);
static void finish(void *owner);
static void begin_content(void *message, struct head *trailers);
static enum wire_status read_content(void *message, struct str in, size_t *used, struct str *span);
static enum wire_status finish_content(void *message);
static uint64_t plain_content(const void *message);
static void skip_content(void *message, uint64_t len);
static enum cause content_fault(const void *message, struct str *culprit);
static size_t kept_back(const struct http2_stream *stream, size_t len);
static enum wire_status content_ended(struct http2_stream *stream);
static void before_content(void *message, struct slices *out, size_t len, bool begun);
static void behind_content(void *message, struct slices *out);
static bool end_content(void *message, struct slices *out, const struct head *trailers, bool begun);

static const struct stream_ops ops = {
    .read_start = read_start,
    .read_stop = read_stop,
    .try_write = try_write,
    .write = write_rest,
    .shutdown = shutdown_output,
    .close = close_stream,
    .quiet = is_quiet,
    .unsent = unsent,
    .peer = look_at_peer,
    .keep_alive = keep_alive,
};

const struct wire_reader_ops http2_reader = {begin_content, read_content, finish_content,
                                             plain_content, skip_content, content_fault};

static const struct wire_writer_ops writer = {before_content, behind_content, end_content};

/* Of a stream whose owner is gone. */
static const struct stream_events letting_go_events = {.on_bytes = drop_input,
                                                       .on_end = ignore,
                                                       .on_fail = fail_letting_go,
                                                       .on_drained = finish};

/* How many interim heads may wait for a client that takes none. */
enum { INTERIMS_MAX = 16 };

static const struct http2_stream *const_stream_of(const struct stream *stream) {
  return container_of((struct stream *)(uintptr_t)stream, struct http2_stream, stream);
}

void http2_stream_open(struct http2_stream *stream, struct http2_session *session, int32_t id) {
  *stream = (struct http2_stream){.session = session, .id = id, .window = HTTP2_WINDOW_BYTES};
  list_init(&stream->node);
  list_init(&stream->noted);
  stream_init(&stream->stream, &ops, session->stream->loop);
  /* Its window bounds it. To read again what waits for it has to be consumed: that is when a window opens. */
  stream_bound(&stream->stream, 1, LOOP_READ_BYTES);
}

/* --- input --- */

static int read_start(struct stream *stream) {
  give_back(http2_stream_of(stream));
  return 0;
}

static void read_stop(struct stream *stream) {
  (void)stream;
}

/* What is not at hand any more was consumed. */
static void give_back(struct http2_stream *stream) {
  const struct stream_input *input = &stream->stream.input;
  if (input->offer != INPUT_NONE) return;
  size_t still = buf_len(&input->stash) + stream->coming;
  if (stream->held > still) http2_session_credit(stream->session, stream, stream->held - still);
}

void http2_stream_bring(struct http2_stream *stream, struct str content, bool more) {
  stream->coming -= content.len;
  if (stream->stream.life != STREAM_OPEN || stream->letting_go) {
    http2_session_credit(stream->session, stream, content.len);
  } else if (more) {
    if (!stream_input_keep(&stream->stream, content)) return; /* it tells that itself */
  } else {
    stream_deliver(&stream->stream, content);
    give_back(stream);
  }
}

static bool is_open(const struct http2_stream *stream) {
  return stream->stream.life == STREAM_OPEN;
}

/* Where a request has no content, and never had, nobody waits for its end. */
void http2_stream_tell(struct http2_stream *stream) {
  unsigned notes = stream->notes;
  stream->notes = 0;
  bool empty =
      notes & HTTP2_NOTE_HEAD && stream->request && stream->request->framing == FRAMING_NONE && !stream->websocket;
  if (notes & HTTP2_NOTE_HEAD && is_open(stream)) stream->session->events->on_request(stream->session->owner, stream);
  if (notes & HTTP2_NOTE_FAULT && is_open(stream)) stream->stream.events->on_bytes(stream->stream.owner);
  if (notes & HTTP2_NOTE_END && !empty && is_open(stream) && !stream_ended(&stream->stream))
    stream_deliver_end(&stream->stream);
  if (notes & HTTP2_NOTE_RESET && is_open(stream)) stream_deliver_failure(&stream->stream, UV_ECONNRESET);
  if (notes & HTTP2_NOTE_WRITTEN && is_open(stream)) stream_written(&stream->stream, 0);
}

static bool is_quiet(const struct stream *stream) {
  return !const_stream_of(stream)->ended;
}

/* Whoever has left tells: by a reset of the stream, or by the end of the connection, which is always read. */
static enum socket_peer look_at_peer(const struct stream *stream, size_t *waiting) {
  (void)stream;
  *waiting = 0;
  return SOCKET_PEER_HERE;
}

static void keep_alive(struct stream *stream, unsigned after_s) {
  stream_keep_alive(http2_stream_of(stream)->session->stream, after_s);
}

/* --- output --- */

void http2_stream_answer(struct http2_stream *stream, struct str answer, bool no_content, struct wire_sink *sink) {
  stream->answer = sink->head = answer;
  stream->no_content = no_content;
  sink->writer = (struct wire_writer){&writer, stream};
  sink->half_closes = true;
  sink->soon = false; /* the session itself lets it wait for the turn's end */
}

bool http2_stream_interim(struct http2_stream *stream, struct str answer) {
  if (stream->gone || stream->head_sent || stream->interims == INTERIMS_MAX) return true;
  stream->interims++;
  return http2_session_interim(stream->session, stream, answer) == 0;
}

/* Behind the end of a stream nobody hears anything; that is told by other ways, or was our own doing. */
static int try_write(struct stream *stream, const struct slices *slices) {
  struct http2_stream *own = http2_stream_of(stream);
  size_t head = 0;
  if (own->gone) return (int)slices->bytes;
  if (own->answer.ptr) {
    ENSURE(slices->at[0].ptr == own->answer.ptr);
    head = own->answer.len;
    int status = http2_session_answer(own->session, own);
    if (status < 0) return status;
  }
  size_t content = slices->bytes - head;
  bool now = (content > 0 || own->last || own->no_content) && !http2_session_stuck(own->session);
  if (now) {
    own->offer = slices;
    own->offer_at = head > 0;
    own->offer_skip = 0;
    own->offer_left = content;
  }
  http2_session_more(own->session, own, now);
  if (now) content -= own->gone ? 0 : own->offer_left;
  own->offer = NULL;
  own->offer_left = 0;
  return (int)(head + (now ? content : 0));
}

static int write_rest(struct stream *stream, struct str bytes) {
  struct http2_stream *own = http2_stream_of(stream);
  own->rest = bytes;
  http2_session_more(own->session, own, false);
  return 0;
}

static int shutdown_output(struct stream *stream) {
  struct http2_stream *own = http2_stream_of(stream);
  own->last = true;
  if (!own->end_sent && !own->gone) http2_session_more(own->session, own, false);
  return 0;
}

size_t http2_stream_left(const struct http2_stream *stream) {
  return stream->offer_left + stream->rest.len + buf_len(&stream->stream.output.queue);
}

struct str http2_stream_take(struct http2_stream *stream, size_t len) {
  if (!stream->offer) {
    struct str taken = str_upto(stream->rest, len);
    stream->rest = str_from(stream->rest, taken.len);
    return taken;
  }
  struct str taken = str_upto(str_from(stream->offer->at[stream->offer_at], stream->offer_skip), len);
  stream->offer_left -= taken.len;
  stream->offer_skip += taken.len;
  if (stream->offer_skip == stream->offer->at[stream->offer_at].len) {
    stream->offer_at++;
    stream->offer_skip = 0;
  }
  return taken;
}

/* What the client's window does not let go is the stream's; what the system has of the rest is the connection's, and looked
 * at only where nothing else is left: others move that. */
static size_t unsent(const struct stream *stream) {
  const struct http2_stream *own = const_stream_of(stream);
  return own->rest.len ? own->rest.len : own->gone ? 0 : stream_unsent(own->session->stream);
}

/* --- end --- */

void http2_stream_let_go(struct http2_stream *stream, uint32_t reset_as, bool now) {
  stream->letting_go = true;
  stream->reset_as = reset_as;
  stream->request = stream->reader.head = stream->trailers_for = NULL;
  if (now || stream->stream.life != STREAM_OPEN) {
    stream_close(&stream->stream, true);
    return;
  }
  stream_own(&stream->stream, &letting_go_events, stream);
  if (stream->held > stream->coming) http2_session_credit(stream->session, stream, stream->held - stream->coming);
  stream->looked_left = UINT64_MAX;
  if (!stream_queued(&stream->stream)) finish(stream);
}

static void drop_input(void *owner) {
  struct http2_stream *stream = owner;
  stream_consume(&stream->stream, stream_peek(&stream->stream).len);
}

static void ignore(void *owner) {
  (void)owner;
}

static void fail_letting_go(void *owner, int status) {
  (void)status;
  stream_close(&((struct http2_stream *)owner)->stream, true);
}

static void finish(void *owner) {
  struct http2_stream *stream = owner;
  stream_close(&stream->stream, stream->reset_as != NGHTTP2_NO_ERROR);
}

static void close_stream(struct stream *stream, bool reset) {
  struct http2_stream *own = http2_stream_of(stream);
  bool whole = !reset && own->last && !stream_queued(stream);
  uint32_t code = own->reset_as ? own->reset_as : NGHTTP2_CANCEL;
  own->request = own->reader.head = own->trailers_for = NULL;
  own->rest = (struct str){NULL, 0};
  if (!own->gone && !whole) http2_session_reset(own->session, own, code);
  if (!own->gone && whole && !own->ended) {
    if (own->end_sent) http2_session_reset(own->session, own, NGHTTP2_NO_ERROR);
    own->no_error = !own->end_sent;
  }
  http2_session_forget(own->session, own);
}

/* --- content of requests --- */

static void begin_content(void *message, struct head *trailers) {
  ((struct http2_stream *)message)->trailers_for = trailers;
}

static enum wire_status read_content(void *message, struct str in, size_t *used, struct str *span) {
  struct http2_stream *stream = message;
  bool whole = stream->ended && stream->coming == 0;
  if (stream->fault != CAUSE_NONE) return WIRE_FAILED;
  *span = whole ? in : str_upto(in, in.len - kept_back(stream, in.len));
  *used = span->len;
  stream->read_bytes += span->len;
  if (span->len > 0) return WIRE_SPAN;
  return whole ? content_ended(stream) : WIRE_MORE;
}

/* Of content whose length the target was told the last byte waits for the end: there may come more than there should, and then
 * the target must not take it for a whole request. */
static size_t kept_back(const struct http2_stream *stream, size_t len) {
  const struct head *head = stream->request;
  if (len == 0 || !head || head->framing != FRAMING_LENGTH) return 0;
  return stream->read_bytes + len == head->content_length ? 1 : 0;
}

static enum wire_status finish_content(void *message) {
  struct http2_stream *stream = message;
  if (stream->fault != CAUSE_NONE || !stream->ended) return WIRE_FAILED;
  return content_ended(stream);
}

static enum wire_status content_ended(struct http2_stream *stream) {
  struct head *to = stream->trailers_for;
  for (unsigned i = 0; to && i < stream->trailers.count; i++) {
    if (!head_add(to, stream->trailers.fields[i].name, stream->trailers.fields[i].value)) {
      stream->fault = CAUSE_NO_MEMORY;
      return WIRE_FAILED;
    }
  }
  stream->trailers_for = NULL;
  return WIRE_DONE;
}

/* None of it can pass without being seen. */
static uint64_t plain_content(const void *message) {
  (void)message;
  return 0;
}

static void skip_content(void *message, uint64_t len) {
  (void)message;
  ENSURE(len == 0);
}

static enum cause content_fault(const void *message, struct str *culprit) {
  const struct http2_stream *stream = message;
  *culprit = stream->culprit;
  return stream->fault;
}

/* --- content of answers: it stands as it is, and its end goes with the last of it --- */

static void before_content(void *message, struct slices *out, size_t len, bool begun) {
  (void)message, (void)out, (void)len, (void)begun;
}

static void behind_content(void *message, struct slices *out) {
  (void)message, (void)out;
}

static bool end_content(void *message, struct slices *out, const struct head *trailers, bool begun) {
  struct http2_stream *stream = message;
  (void)out, (void)begun;
  stream->last = true;
  if (trailers->count == 0 || stream->gone) return true;
  free((void *)(uintptr_t)stream->answer_trailers.ptr);
  stream->answer_trailers = http2_head_trailers(trailers);
  return stream->answer_trailers.ptr != NULL;
}
