/* nghttp2 with its callbacks. It is never entered from within itself: callbacks note, streams that are given something while
 * it runs cannot be, since nobody is told of anything then. */
#include "liteginx/wire/http2_session.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>

static bool prepare_shared(struct http2_shared *shared);
static bool say_settings(struct http2_session *session);
static bool take_input(struct http2_session *session, struct str in);
static void note_death(struct http2_session *session, int code);
static void say_goaway(struct http2_session *session, uint32_t code);
static void settle(struct http2_session *session);
static void tell_noted(struct http2_session *session, bool heads);
static void bring_pieces(struct http2_session *session);
static bool comes_again(const struct http2_session *session, unsigned piece);
static void note(struct http2_stream *stream, unsigned notes);
static void pump(struct http2_session *session);
static void sent(struct http2_session *session, int status);
static void on_turn_end(struct loop_hook *hook);
static void free_closed(struct http2_session *session);
static void free_stream(struct http2_session *session, struct http2_stream *stream);
static struct http2_stream *new_stream(struct http2_session *session, int32_t id);
static void grow_window(struct http2_session *session, struct http2_stream *stream);
static int flooded(struct http2_session *session, enum cause cause);
static int count(struct http2_session *session, enum http2_flood_kind kind);
static int count_frame(struct http2_session *session, const nghttp2_frame_hd *frame);
static void count_ignored(struct http2_session *session, size_t taken);
static int head_ended(struct http2_session *session, struct http2_stream *stream, bool end);
static void ask_for_websocket(struct http2_stream *stream);
static void refuse_stream(struct http2_session *session, struct http2_stream *stream, enum cause cause,
                          struct str culprit);

enum { STREAMS_KEPT = 256, FRAME_HEAD_BYTES = 9 };

/* Of one head: nghttp2 has a bound of its own from 1.61 on, and so do those that distributions have mended. */
enum { CONTINUATIONS_MAX = 8 };

/* What is sent in one frame at most, where the client takes such. */
enum { FRAME_BYTES = 64 * 1024 };

static uint64_t now_ms(const struct http2_session *session) {
  return loop_now_ms(session->stream->loop);
}

/* --- nghttp2's callbacks: they note, and that is all --- */

static int on_begin_frame(nghttp2_session *nghttp2, const nghttp2_frame_hd *frame, void *owner) {
  (void)nghttp2;
  return count_frame(owner, frame);
}

static int on_begin_headers(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *owner) {
  struct http2_session *session = owner;
  session->block_open = true;
  session->heads++;
  session->continuations = 0;
  if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
    struct http2_stream *stream = nghttp2_session_get_stream_user_data(nghttp2, frame->hd.stream_id);
    if (!stream || !stream->reader.head) return 0;
    head_init(&stream->trailers, stream->reader.head->arena);
    http2_head_begin(&stream->reader, &stream->trailers, session->limits, true);
    return 0;
  }
  struct http2_stream *stream = new_stream(session, frame->hd.stream_id);
  struct head *head = stream ? session->events->on_begin(session->owner, stream) : NULL;
  if (!head) {
    if (stream) stream->gone = true;
    if (stream) stream_close(&stream->stream, true);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  stream->request = head;
  http2_head_begin(&stream->reader, head, session->limits, false);
  return nghttp2_session_set_stream_user_data(nghttp2, stream->id, stream);
}

static struct str str_of_bytes(const uint8_t *bytes, size_t len) {
  return str_make((const char *)bytes, len);
}

static int on_header(nghttp2_session *nghttp2, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                     const uint8_t *value, size_t value_len, uint8_t flags, void *owner) {
  struct http2_session *session = owner;
  struct http2_stream *stream = nghttp2_session_get_stream_user_data(nghttp2, frame->hd.stream_id);
  (void)flags;
  if (!stream || !stream->reader.head) return 0;
  http2_head_field(&stream->reader, str_of_bytes(name, name_len), str_of_bytes(value, value_len));
  return http2_head_is_bomb(&stream->reader) ? flooded(session, CAUSE_HTTP2_BOMB) : 0;
}

/* A regular field that may not be: nghttp2 would leave it out and go on. */
static int on_invalid_header(nghttp2_session *nghttp2, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                             const uint8_t *value, size_t value_len, uint8_t flags, void *owner) {
  (void)nghttp2, (void)frame, (void)name, (void)name_len, (void)value, (void)value_len, (void)flags, (void)owner;
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int on_frame(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *owner) {
  struct http2_session *session = owner;
  struct http2_stream *stream = nghttp2_session_get_stream_user_data(nghttp2, frame->hd.stream_id);
  bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (frame->hd.type) {
  case NGHTTP2_HEADERS:
    session->block_open = false;
    return stream ? head_ended(session, stream, end) : 0;
  case NGHTTP2_DATA:
    if (!end && frame->hd.length > 0 && frame->hd.length == frame->data.padlen) return count(session, HTTP2_EMPTY);
    if (!stream || !end) return 0;
    stream->ended = true;
    note(stream, HTTP2_NOTE_END | (stream->waits ? HTTP2_NOTE_HEAD : 0));
    stream->waits = false;
    return 0;
  case NGHTTP2_PING:
    if (frame->hd.flags & NGHTTP2_FLAG_ACK) session->acknowledged = true;
    return 0;
  default:
    return 0;
  }
}

/* A request that nghttp2 has reset, for a rule of RFC 9113 §8. */
static int on_invalid_frame(nghttp2_session *nghttp2, const nghttp2_frame *frame, int code, void *owner) {
  struct http2_session *session = owner;
  struct http2_stream *stream = nghttp2_session_get_stream_user_data(nghttp2, frame->hd.stream_id);
  if (frame->hd.type == NGHTTP2_HEADERS) session->block_open = false;
  if (!stream) return 0;
  struct str words = str_of(session->words[0] ? session->words : nghttp2_strerror(code));
  refuse_stream(session, stream, CAUSE_HTTP2_MALFORMED, words);
  session->words[0] = '\0';
  return 0;
}

static int on_data(nghttp2_session *nghttp2, uint8_t flags, int32_t id, const uint8_t *bytes, size_t len, void *owner) {
  struct http2_session *session = owner;
  struct http2_stream *stream = nghttp2_session_get_stream_user_data(nghttp2, id);
  (void)flags;
  if (!stream) return nghttp2_session_consume(nghttp2, id, len) == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
  stream->held += len;
  stream->coming += len;
  session->pieces[session->piece_count++] = (struct http2_piece){stream, str_of_bytes(bytes, len)};
  session->paused = session->piece_count == HTTP2_PIECES;
  return session->paused ? NGHTTP2_ERR_PAUSE : 0;
}

static int on_stream_close(nghttp2_session *nghttp2, int32_t id, uint32_t code, void *owner) {
  struct http2_session *session = owner;
  struct http2_stream *stream = nghttp2_session_get_stream_user_data(nghttp2, id);
  if (!stream) return 0;
  stream->gone = true;
  if (stream->rest.len) note(stream, HTTP2_NOTE_WRITTEN);
  stream->rest = (struct str){NULL, 0};
  if (!(stream->ended && stream->end_sent)) note(stream, HTTP2_NOTE_RESET);
  if (code == NGHTTP2_NO_ERROR) http2_flood_work(&session->flood, 1);
  loop_at_turn_end(session->stream->loop, &session->hook);
  return 0;
}

/* nghttp2 ends the connection, and says why. */
static void note_broken(struct http2_session *session, const nghttp2_goaway *goaway) {
  if (session->fault != CAUSE_NONE) return;
  session->fault = CAUSE_HTTP2_PROTOCOL;
  struct str words = str_of_bytes(goaway->opaque_data, goaway->opaque_data_len);
  if (words.len == 0) words = str_of(nghttp2_http2_strerror(goaway->error_code));
  (void)snprintf(session->words, sizeof session->words, "%.*s", STR_ARG(words));
}

static int on_frame_sent(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *owner) {
  struct http2_session *session = owner;
  bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR)
    note_broken(session, &frame->goaway);
  if (frame->hd.type == NGHTTP2_RST_STREAM) {
    uint32_t code = frame->rst_stream.error_code;
    bool broken = code == NGHTTP2_PROTOCOL_ERROR || code == NGHTTP2_STREAM_CLOSED ||
                  code == NGHTTP2_FLOW_CONTROL_ERROR || code == NGHTTP2_REFUSED_STREAM ||
                  code == NGHTTP2_FRAME_SIZE_ERROR;
    return broken ? count(session, HTTP2_RESETS) : 0;
  }
  if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
  struct http2_stream *stream = nghttp2_session_get_stream_user_data(nghttp2, frame->hd.stream_id);
  if (!stream) return 0;
  if (frame->hd.type == NGHTTP2_HEADERS) stream->interims = 0;
  if (!end) return 0;
  stream->end_sent = true;
  /* RFC 9113 §8.1: the answer is whole, the rest of the request is not wanted. */
  if (stream->no_error && !stream->ended)
    return nghttp2_submit_rst_stream(nghttp2, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
  return 0;
}

/* What nghttp2 has to say of what is wrong, in words. */
static int on_error(nghttp2_session *nghttp2, int code, const char *words, size_t len, void *owner) {
  struct http2_session *session = owner;
  (void)nghttp2, (void)code;
  const char *name = strstr(words, "name: ");
  (void)snprintf(session->words, sizeof session->words, "%.*s", (int)(name ? len - (size_t)(name - words) : len),
                 name ? name : words);
  return 0;
}

static ssize_t give_content(nghttp2_session *nghttp2, int32_t id, uint8_t *bytes, size_t len, uint32_t *flags,
                            nghttp2_data_source *source, void *owner) {
  struct http2_stream *stream = source->ptr;
  size_t left = http2_stream_left(stream);
  size_t at_hand = stream->offer ? stream->offer_left : stream->rest.len;
  (void)bytes, (void)owner;
  if (at_hand == 0 && (left > 0 || !stream->last)) {
    stream->deferred = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  size_t taken = at_hand < len ? at_hand : len;
  *flags = NGHTTP2_DATA_FLAG_NO_COPY;
  if (taken < left || !stream->last) return (ssize_t)taken;
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (!stream->answer_trailers.ptr) return (ssize_t)taken;
  *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  const nghttp2_nv *fields = (const nghttp2_nv *)(const void *)stream->answer_trailers.ptr;
  int status = nghttp2_submit_trailer(nghttp2, id, fields, stream->answer_trailers.len / sizeof *fields);
  return status == 0 ? (ssize_t)taken : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int send_content(nghttp2_session *nghttp2, nghttp2_frame *frame, const uint8_t *head, size_t len,
                        nghttp2_data_source *source, void *owner) {
  struct http2_session *session = owner;
  struct http2_stream *stream = source->ptr;
  (void)nghttp2, (void)frame;
  int status = http2_output_add(&session->output, str_of_bytes(head, FRAME_HEAD_BYTES));
  for (size_t left = len; status == 0 && left > 0;) {
    struct str part = http2_stream_take(stream, left);
    ENSURE(part.len > 0);
    status = http2_output_add(&session->output, part);
    left -= part.len;
  }
  if (status < 0) {
    sent(session, status);
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  if (len >= HTTP2_WORK_BYTES) http2_flood_work(&session->flood, (unsigned)(len / HTTP2_WORK_BYTES));
  if (!stream->offer && stream->rest.len == 0 && buf_len(&stream->stream.output.flying) > 0)
    note(stream, HTTP2_NOTE_WRITTEN);
  return stream_queued(session->stream) ? NGHTTP2_ERR_PAUSE : 0;
}

static ssize_t frame_length(nghttp2_session *nghttp2, uint8_t type, int32_t id, int32_t session_window,
                            int32_t stream_window, uint32_t frame_max, void *owner) {
  (void)nghttp2, (void)type, (void)id, (void)owner;
  int32_t window = session_window < stream_window ? session_window : stream_window;
  int32_t most = frame_max < FRAME_BYTES ? (int32_t)frame_max : FRAME_BYTES;
  return window < most ? window : most;
}

/* --- its memory: so it is ours that fails, where it does --- */

static void *take_memory(size_t len, void *owner) {
  (void)owner;
  return malloc(len);
}

static void give_memory(void *memory, void *owner) {
  (void)owner;
  free(memory);
}

static void *take_zeroes(size_t count, size_t len, void *owner) {
  (void)owner;
  return calloc(count, len);
}

static void *grow_memory(void *memory, size_t len, void *owner) {
  (void)owner;
  return realloc(memory, len);
}

/* --- its beginning and its end --- */

static bool prepare_shared(struct http2_shared *shared) {
  if (shared->callbacks) return true;
  nghttp2_session_callbacks *callbacks;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) return false;
  if (nghttp2_option_new(&shared->option) != 0) {
    nghttp2_session_callbacks_del(callbacks);
    return false;
  }
  list_init(&shared->streams);
  http2_blocks_init(&shared->blocks);
  nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, on_invalid_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
  nghttp2_session_callbacks_set_error_callback2(callbacks, on_error);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, send_content);
  nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, frame_length);
  nghttp2_option_set_no_auto_window_update(shared->option, 1);
  nghttp2_option_set_no_closed_streams(shared->option, 1);
  nghttp2_option_set_max_send_header_block_length(shared->option, 32 * 1024 * 1024);
  shared->callbacks = callbacks;
  return true;
}

void http2_shared_free(struct http2_shared *shared) {
  if (!shared->callbacks) return;
  LIST_EACH(node, &shared->streams) {
    free(container_of(node, struct http2_stream, node));
  }
  http2_blocks_free(&shared->blocks);
  nghttp2_option_del(shared->option);
  nghttp2_session_callbacks_del(shared->callbacks);
  *shared = (struct http2_shared){.callbacks = NULL};
}

bool http2_session_init(struct http2_session *session, struct http2_shared *shared, struct stream *stream,
                        const struct wire_limits *limits, const struct http2_events *events, void *owner) {
  *session =
      (struct http2_session){.stream = stream, .shared = shared, .events = events, .owner = owner, .limits = limits};
  list_init(&session->streams);
  list_init(&session->noted);
  list_init(&session->hook.node);
  session->hook.run = on_turn_end;
  http2_flood_init(&session->flood, now_ms(session));
  nghttp2_mem memory = {NULL, take_memory, give_memory, take_zeroes, grow_memory};
  if (!prepare_shared(shared)) return false;
  http2_output_init(&session->output, stream, &shared->blocks);
  if (nghttp2_session_server_new3(&session->nghttp2, shared->callbacks, session, shared->option, &memory) != 0)
    return false;
  if (!say_settings(session)) {
    nghttp2_session_del(session->nghttp2);
    return false;
  }
  loop_at_turn_end(stream->loop, &session->hook);
  return true;
}

/* Older ones, told so, free an item twice where there is no memory to queue it. */
static bool knows_priorities(void) {
  enum { FIXED_VERSION = 0x013d00 };
  return nghttp2_version(FIXED_VERSION) != NULL;
}

static bool say_settings(struct http2_session *session) {
  size_t most = session->limits->max_head_bytes;
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, HTTP2_STREAMS},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, HTTP2_WINDOW_BYTES},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, most < UINT32_MAX ? (uint32_t)most : UINT32_MAX},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  };
  size_t count_said = sizeof settings / sizeof *settings - !knows_priorities();
  nghttp2_session *nghttp2 = session->nghttp2;
  return nghttp2_submit_settings(nghttp2, NGHTTP2_FLAG_NONE, settings, count_said) == 0 &&
         nghttp2_session_set_local_window_size(nghttp2, NGHTTP2_FLAG_NONE, 0, HTTP2_CONNECTION_BYTES) == 0;
}

void http2_session_free(struct http2_session *session) {
  loop_forget_hook(&session->hook);
  LIST_EACH(node, &session->streams) {
    struct http2_stream *stream = container_of(node, struct http2_stream, node);
    stream->gone = true;
    if (stream->stream.life != STREAM_CLOSING) stream_close(&stream->stream, true);
  }
  nghttp2_session_del(session->nghttp2);
  LIST_EACH(node, &session->streams) {
    free_stream(session, container_of(node, struct http2_stream, node));
  }
  loop_forget_hook(&session->hook);
  http2_output_free(&session->output);
}

bool http2_session_lives(const struct http2_session *session) {
  return !session->dead && (nghttp2_session_want_read(session->nghttp2) ||
                            nghttp2_session_want_write(session->nghttp2) || http2_output_waits(&session->output));
}

void http2_session_announce_end(struct http2_session *session) {
  if (session->dead) return;
  session->acknowledged = false;
  if (nghttp2_submit_shutdown_notice(session->nghttp2) != 0 ||
      nghttp2_submit_ping(session->nghttp2, NGHTTP2_FLAG_NONE, NULL) != 0) {
    session->dead = true;
  }
  loop_at_turn_end(session->stream->loop, &session->hook);
}

void http2_session_end(struct http2_session *session) {
  if (session->dead) return;
  int32_t last = nghttp2_session_get_last_proc_stream_id(session->nghttp2);
  if (nghttp2_submit_goaway(session->nghttp2, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, NULL, 0) != 0)
    session->dead = true;
  loop_at_turn_end(session->stream->loop, &session->hook);
}

void http2_session_look(struct http2_session *session) {
  LIST_EACH(node, &session->streams) {
    struct http2_stream *stream = container_of(node, struct http2_stream, node);
    if (stream->waits) note(stream, HTTP2_NOTE_HEAD);
    stream->waits = false;
    if (!stream->letting_go || stream->stream.life == STREAM_CLOSING) continue;
    uint64_t left = http2_stream_left(stream);
    if (left == stream->looked_left) stream_close(&stream->stream, true);
    stream->looked_left = left;
  }
  loop_at_turn_end(session->stream->loop, &session->hook);
}

/* --- input --- */

void http2_session_feed(struct http2_session *session) {
  struct stream *stream = session->stream;
  do {
    struct str in = stream_peek(stream);
    if (in.len == 0 && !session->paused) break;
    if (!take_input(session, in)) break;
  } while (stream->life == STREAM_OPEN && !session->dead);
  loop_at_turn_end(stream->loop, &session->hook);
  session->events->on_change(session->owner);
}

/* False: no more can be taken. What content there is stands in `in`, so it is told of before that is consumed. */
static bool take_input(struct http2_session *session, struct str in) {
  if (session->dead) return false;
  session->paused = false;
  session->inside = true;
  ssize_t taken = nghttp2_session_mem_recv(session->nghttp2, (const uint8_t *)in.ptr, in.len);
  session->inside = false;
  if (taken < 0) note_death(session, (int)taken);
  if (taken > 0) count_ignored(session, (size_t)taken);
  settle(session);
  if (session->stream->life != STREAM_OPEN) return false;
  stream_consume(session->stream, taken < 0 ? in.len : (size_t)taken);
  return taken >= 0;
}

static void note_death(struct http2_session *session, int code) {
  bool flood = code == NGHTTP2_ERR_FLOODED || code == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS;
  bool memory = code == NGHTTP2_ERR_NOMEM || code == NGHTTP2_ERR_CALLBACK_FAILURE;
  if (session->dead) return;
  session->dead = true;
  say_goaway(session, flood ? NGHTTP2_ENHANCE_YOUR_CALM : memory ? NGHTTP2_INTERNAL_ERROR : NGHTTP2_PROTOCOL_ERROR);
  if (session->fault != CAUSE_NONE) return;
  switch (code) {
  case NGHTTP2_ERR_FLOODED:
    session->fault = CAUSE_FLOOD_ANSWERS;
    break;
  case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
    session->fault = CAUSE_HTTP2_CONTINUATION;
    break;
  case NGHTTP2_ERR_NOMEM:
  case NGHTTP2_ERR_CALLBACK_FAILURE:
    session->fault = CAUSE_NO_MEMORY;
    break;
  default:
    session->fault = CAUSE_HTTP2_PROTOCOL;
    (void)snprintf(session->words, sizeof session->words, "%s", nghttp2_strerror(code));
    break;
  }
}

/* The key keeps caches from answering, so without randomness of the system it need only be another one. */
static void ask_for_websocket(struct http2_stream *stream) {
  unsigned char random[HTTP2_KEY_BYTES] = {0};
  if (uv_random(NULL, NULL, random, sizeof random, 0, NULL) != 0) {
    uint64_t poor = uv_hrtime();
    memcpy(random, &poor, sizeof poor);
  }
  stream->websocket = true;
  http2_head_upgrade(&stream->reader, random, stream->key);
}

/* What nghttp2 cannot say any more (RFC 9113 §6.8). Without memory it is not said. */
static void say_goaway(struct http2_session *session, uint32_t code) {
  char frame[FRAME_HEAD_BYTES + 8] = {0, 0, 8, NGHTTP2_GOAWAY};
  frame[sizeof frame - 1] = (char)code;
  if (http2_output_add(&session->output, str_make(frame, sizeof frame)) < 0) return;
}

static int head_ended(struct http2_session *session, struct http2_stream *stream, bool end) {
  struct http2_head_reader *reader = &stream->reader;
  if (!reader->head) return 0;
  bool first = !stream->headed;
  stream->headed = true;
  session->requests += first;
  if (first && http2_head_is_websocket(reader)) ask_for_websocket(stream);
  http2_head_end(reader, end);
  if (reader->malformed) {
    refuse_stream(session, stream, reader->fault, reader->culprit);
    return nghttp2_submit_rst_stream(session->nghttp2, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_PROTOCOL_ERROR);
  }
  if (end) stream->ended = true;
  if (!first && reader->fault != CAUSE_NONE) {
    refuse_stream(session, stream, reader->fault, reader->culprit);
  } else if (first) {
    stream->refused = reader->fault;
    stream->culprit = reader->culprit;
  }
  const struct head *head = stream->request;
  bool told = first || stream->waits;
  stream->waits =
      first && !end && stream->refused == CAUSE_NONE && head->framing == FRAMING_LENGTH && head->content_length == 0;
  if (!stream->waits) note(stream, (told ? HTTP2_NOTE_HEAD : 0) | (end ? HTTP2_NOTE_END : 0));
  return 0;
}

/* The first fault counts. Its words are copied to where the head is. */
static void refuse_stream(struct http2_session *session, struct http2_stream *stream, enum cause cause,
                          struct str culprit) {
  (void)session;
  if (stream->fault != CAUSE_NONE || !stream->reader.head) return;
  struct str kept = arena_dup(stream->reader.head->arena, culprit);
  stream->fault = cause;
  stream->culprit = kept.ptr ? kept : STR("");
  note(stream, HTTP2_NOTE_FAULT);
}

static void note(struct http2_stream *stream, unsigned notes) {
  struct http2_session *session = stream->session;
  stream->notes |= (uint8_t)notes;
  if (list_empty(&stream->noted)) list_append(&session->noted, &stream->noted);
}

/* --- telling --- */

/* Nothing is told from within a call of somebody's own, nor while anything else is being told. */
static void settle(struct http2_session *session) {
  if (session->settling) return;
  session->settling = true;
  tell_noted(session, true);
  bring_pieces(session);
  tell_noted(session, false);
  session->settling = false;
}

/* Heads first: content may stand behind them in the same read. */
static void tell_noted(struct http2_session *session, bool heads) {
  struct list again;
  list_init(&again);
  while (!list_empty(&session->noted)) {
    struct http2_stream *stream = container_of(session->noted.next, struct http2_stream, noted);
    list_remove(&stream->noted);
    if (heads && stream->coming > 0 && !(stream->notes & HTTP2_NOTE_HEAD)) {
      list_append(&again, &stream->noted);
      continue;
    }
    if (heads && stream->coming > 0) {
      unsigned later = stream->notes & ~(unsigned)HTTP2_NOTE_HEAD;
      stream->notes = HTTP2_NOTE_HEAD;
      http2_stream_tell(stream);
      stream->notes |= (uint8_t)later;
      if (stream->notes && list_empty(&stream->noted)) list_append(&again, &stream->noted);
      continue;
    }
    http2_stream_tell(stream);
  }
  while (!list_empty(&again)) {
    struct list *node = again.next;
    list_remove(node);
    list_append(&session->noted, node);
  }
}

static void bring_pieces(struct http2_session *session) {
  size_t bytes = 0;
  for (unsigned i = 0; i < session->piece_count; i++) {
    struct http2_piece *piece = &session->pieces[i];
    bytes += piece->content.len;
    http2_stream_bring(piece->stream, piece->content, comes_again(session, i));
  }
  session->piece_count = 0;
  if (bytes >= HTTP2_WORK_BYTES) http2_flood_work(&session->flood, (unsigned)(bytes / HTTP2_WORK_BYTES));
}

/* Is there another piece for the same stream behind this one? Then one write upstream will do for both. */
static bool comes_again(const struct http2_session *session, unsigned piece) {
  for (unsigned i = piece + 1; i < session->piece_count; i++) {
    if (session->pieces[i].stream == session->pieces[piece].stream) return true;
  }
  return false;
}

/* --- windows --- */

void http2_session_credit(struct http2_session *session, struct http2_stream *stream, size_t len) {
  ENSURE(len <= stream->held);
  stream->held -= len;
  if (session->dead || len == 0) return;
  bool whole = stream->gone || stream->ended;
  if (!whole) {
    stream->given_back += (uint32_t)len;
    if (stream->given_back >= stream->window) grow_window(session, stream);
  }
  int status = whole ? nghttp2_session_consume_connection(session->nghttp2, len)
                     : nghttp2_session_consume(session->nghttp2, stream->id, len);
  if (status != 0) note_death(session, status);
  loop_at_turn_end(session->stream->loop, &session->hook);
}

static void grow_window(struct http2_session *session, struct http2_stream *stream) {
  uint32_t window = stream->window;
  stream->given_back = 0;
  if (2 * window > HTTP2_WINDOW_MAX_BYTES || session->grown + window > HTTP2_GROWN_BYTES) return;
  int status =
      nghttp2_session_set_local_window_size(session->nghttp2, NGHTTP2_FLAG_NONE, stream->id, (int32_t)(2 * window));
  if (status != 0) return;
  session->grown += window;
  stream->window = 2 * window;
}

/* --- floods --- */

static int flooded(struct http2_session *session, enum cause cause) {
  if (session->fault != CAUSE_NONE) return 0;
  session->fault = cause;
  int status = nghttp2_session_terminate_session(session->nghttp2, NGHTTP2_ENHANCE_YOUR_CALM);
  return status == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int count(struct http2_session *session, enum http2_flood_kind kind) {
  if (http2_flood_count(&session->flood, kind, now_ms(session))) return 0;
  return flooded(session, http2_flood_cause(kind));
}

static int count_frame(struct http2_session *session, const nghttp2_frame_hd *frame) {
  session->untold -= (int64_t)(frame->length + FRAME_HEAD_BYTES);
  bool ack = (frame->flags & NGHTTP2_FLAG_ACK) != 0, end = (frame->flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (frame->type) {
  case NGHTTP2_DATA:
    return frame->length == 0 && !end ? count(session, HTTP2_EMPTY) : 0;
  case NGHTTP2_HEADERS:
    return frame->length == 0 ? count(session, HTTP2_EMPTY) : 0;
  case NGHTTP2_CONTINUATION: {
    /* As many as a head may fill, and some that are not full. */
    size_t most = CONTINUATIONS_MAX + session->limits->max_head_bytes / (16 * 1024);
    return ++session->continuations > most ? flooded(session, CAUSE_HTTP2_CONTINUATION) : 0;
  }
  case NGHTTP2_RST_STREAM:
    return count(session, HTTP2_RESETS);
  case NGHTTP2_SETTINGS:
    return ack ? 0 : count(session, HTTP2_SETTINGS);
  case NGHTTP2_PING:
    return ack ? 0 : count(session, HTTP2_PINGS);
  case NGHTTP2_PRIORITY:
    return count(session, HTTP2_PRIORITY);
  case NGHTTP2_WINDOW_UPDATE:
    return count(session, HTTP2_WINDOWS);
  default:
    return 0; /* of unknown ones nghttp2 does not tell */
  }
}

/* What has come in no frame that was told of. */
static void count_ignored(struct http2_session *session, size_t taken) {
  enum { UNIT_BYTES = 1024 };
  session->untold += (int64_t)taken;
  while (session->untold >= UNIT_BYTES && session->fault == CAUSE_NONE) {
    session->untold -= UNIT_BYTES;
    (void)count(session, HTTP2_IGNORED);
  }
}

/* --- output --- */

bool http2_session_stuck(const struct http2_session *session) {
  return session->dead || session->inside || session->output.out || stream_queued(session->stream) ||
         session->stream->life != STREAM_OPEN;
}

int http2_session_answer(struct http2_session *session, struct http2_stream *stream) {
  const nghttp2_nv *fields = (const nghttp2_nv *)(const void *)stream->answer.ptr;
  size_t field_count = stream->answer.len / sizeof *fields;
  nghttp2_data_provider content = {.source.ptr = stream, .read_callback = give_content};
  stream->answer = (struct str){NULL, 0};
  if (session->dead) return UV_ECONNRESET;
  stream->head_sent = true;
  int status =
      nghttp2_submit_response(session->nghttp2, stream->id, fields, field_count, stream->no_content ? NULL : &content);
  return status == 0 ? 0 : status == NGHTTP2_ERR_NOMEM ? UV_ENOMEM : UV_ECONNRESET;
}

int http2_session_interim(struct http2_session *session, struct http2_stream *stream, struct str answer) {
  const nghttp2_nv *fields = (const nghttp2_nv *)(const void *)answer.ptr;
  if (session->dead) return 0;
  int status = nghttp2_submit_headers(session->nghttp2, NGHTTP2_FLAG_NONE, stream->id, NULL, fields,
                                      answer.len / sizeof *fields, NULL);
  loop_at_turn_end(session->stream->loop, &session->hook);
  return status;
}

void http2_session_more(struct http2_session *session, struct http2_stream *stream, bool now) {
  loop_at_turn_end(session->stream->loop, &session->hook);
  if (stream->gone) {
    if (stream->rest.len) note(stream, HTTP2_NOTE_WRITTEN);
    stream->rest = (struct str){NULL, 0};
    return;
  }
  if (session->dead) return;
  if (stream->deferred) {
    stream->deferred = false;
    int status = nghttp2_session_resume_data(session->nghttp2, stream->id);
    if (status == NGHTTP2_ERR_NOMEM) note_death(session, status);
  }
  if (now) pump(session);
}

void http2_session_reset(struct http2_session *session, struct http2_stream *stream, uint32_t code) {
  if (session->dead) return;
  int status = nghttp2_submit_rst_stream(session->nghttp2, NGHTTP2_FLAG_NONE, stream->id, code);
  if (status == NGHTTP2_ERR_NOMEM) note_death(session, status);
}

void http2_session_forget(struct http2_session *session, struct http2_stream *stream) {
  list_remove(&stream->noted);
  stream->notes = 0;
  if (stream->held > stream->coming) http2_session_credit(session, stream, stream->held - stream->coming);
  loop_at_turn_end(session->stream->loop, &session->hook);
}

/* Makes frames of what there is, as long as the system takes them. What they refer to is sent before it returns. */
static void pump(struct http2_session *session) {
  struct http2_output *output = &session->output;
  struct slices out;
  if (http2_session_stuck(session)) return;
  http2_output_begin(output, &out);
  while (!stream_queued(session->stream) && !session->dead) {
    const uint8_t *bytes;
    session->inside = true;
    ssize_t len = nghttp2_session_mem_send(session->nghttp2, &bytes);
    session->inside = false;
    if (len < 0) note_death(session, (int)len);
    if (len <= 0) break;
    sent(session, http2_output_add(output, str_of_bytes(bytes, (size_t)len)));
    /* It is valid until nghttp2 is called again. */
    if (output->refers) sent(session, http2_output_flush(output));
  }
  sent(session, http2_output_end(output));
}

/* What the output has met. */
static void sent(struct http2_session *session, int status) {
  if (status == 0 || session->dead) return;
  session->dead = true;
  stream_fail_soon(session->stream, status);
}

void http2_session_drained(struct http2_session *session) {
  http2_session_flush(session);
  settle(session);
  loop_at_turn_end(session->stream->loop, &session->hook);
  session->events->on_change(session->owner);
}

void http2_session_flush(struct http2_session *session) {
  pump(session);
  if (!stream_queued(session->stream)) sent(session, http2_output_flush(&session->output));
}

static void on_turn_end(struct loop_hook *hook) {
  struct http2_session *session = container_of(hook, struct http2_session, hook);
  http2_session_flush(session);
  settle(session);
  free_closed(session);
  /* What was told may have made somebody say more. */
  http2_session_flush(session);
  session->events->on_change(session->owner);
}

/* --- streams --- */

static struct http2_stream *new_stream(struct http2_session *session, int32_t id) {
  struct http2_shared *shared = session->shared;
  struct http2_stream *stream;
  if (!list_empty(&shared->streams)) {
    stream = container_of(shared->streams.next, struct http2_stream, node);
    list_remove(&stream->node);
    shared->stream_count--;
  } else {
    stream = malloc(sizeof *stream);
    if (!stream) return NULL;
  }
  http2_stream_open(stream, session, id);
  list_append(&session->streams, &stream->node);
  return stream;
}

/* By both: nghttp2 knows it no more, and neither does its owner. */
static void free_closed(struct http2_session *session) {
  LIST_EACH(node, &session->streams) {
    struct http2_stream *stream = container_of(node, struct http2_stream, node);
    if (stream->gone && stream->stream.life == STREAM_CLOSING) free_stream(session, stream);
  }
}

static void free_stream(struct http2_session *session, struct http2_stream *stream) {
  struct http2_shared *shared = session->shared;
  list_remove(&stream->node);
  list_remove(&stream->noted);
  free((void *)(uintptr_t)stream->answer_trailers.ptr);
  session->grown -= stream->window - HTTP2_WINDOW_BYTES;
  stream_closed(&stream->stream);
  if (shared->stream_count >= STREAMS_KEPT) {
    free(stream);
    return;
  }
  shared->stream_count++;
  list_prepend(&shared->streams, &stream->node);
}
