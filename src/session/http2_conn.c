/* The connection's life around its exchanges. That something has changed leads to run(), which looks at everything; the
 * session beneath tells of requests and changes, never from within a call of ours. */
#include "liteginx/session/http2_conn.h"

#include <stdlib.h>

#include "liteginx/session/http2_exchange.h"

static void on_input(void *owner);
static void on_failure(void *owner, int status);
static void on_drained(void *owner);
static void on_closed(void *owner);
static void on_due(struct deadline *deadline);
static struct head *on_begin(void *owner, struct http2_stream *stream);
static void on_request(void *owner, struct http2_stream *stream);
static void run(void *owner);
static void step(struct http2_conn *conn);
static void step_open(struct http2_conn *conn);
static void time_the_rest(struct http2_conn *conn);
static void step_linger(struct http2_conn *conn);
static void open_is_due(struct http2_conn *conn);
static void end_late(struct http2_conn *conn);
static void look(struct http2_conn *conn);
static void linger_is_due(struct http2_conn *conn);
static void begin_end(struct http2_conn *conn);
static void end_broken(struct http2_conn *conn);
static void end_exchanges(struct http2_conn *conn, struct ending ending);
static void close_now(struct http2_conn *conn, bool reset);
static void set_state(struct http2_conn *conn, enum http2_conn_state state, uint64_t deadline_ms);
static void arm(struct http2_conn *conn, uint64_t in_ms);

static const struct stream_events stream_events = {
    .on_bytes = on_input,
    .on_end = on_input,
    .on_fail = on_failure,
    .on_drained = on_drained,
    .on_closed = on_closed,
};

static const struct http2_events session_events = {on_begin, on_request, run};

/* LOOK: whether who was answered takes it; NOTICE: a client that does not answer a PING has heard of the end. */
enum { DRAIN_MS = 2000, FLUSH_MS = 30 * 1000, NOTICE_MS = 500 };

static const struct config_settings *settings_of(const struct http2_conn *conn) {
  return &conn->sessions->snapshot->config->settings;
}

bool http2_conn_known(void) {
  return true;
}

enum http2_preface http2_conn_preface(struct str bytes) {
  struct str preface = STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  if (bytes.len == 0 || bytes.ptr[0] != 'P') return HTTP2_PREFACE_NONE;
  if (!str_starts_with(bytes, str_upto(preface, bytes.len))) return HTTP2_PREFACE_NONE;
  return bytes.len < preface.len ? HTTP2_PREFACE_PART : HTTP2_PREFACE_WHOLE;
}

void http2_conn_start(struct sessions *sessions, struct stream *stream, const struct plan_facts *facts) {
  struct http2_conn *conn = calloc(1, sizeof *conn);
  bool good = conn && http2_session_init(&conn->session, &sessions->http2, stream, &sessions->pool.limits,
                                         &session_events, conn);
  if (!good) {
    free(conn);
    sessions_refuse(sessions, stream);
    return;
  }
  conn->facts = *facts;
  conn->sessions = sessions;
  conn->stream = stream;
  list_init(&conn->exchanges);
  pool_private_init(&conn->own);
  list_append(&sessions->http2_conns, &conn->node);
  stream_own(stream, &stream_events, conn);
  stream_bound(stream, LOOP_READ_BYTES, LOOP_READ_BYTES); /* what is read is taken at once */
  conn->timed = true;
  arm(conn, settings_of(conn)->header_timeout_ms);
  stream_read(stream, true);
  if (sessions->draining) http2_conn_drain(conn); /* hands were shaken meanwhile */
}

static struct http2_place place_of(struct http2_conn *conn) {
  return (struct http2_place){conn->sessions, &conn->exchanges, &conn->facts, &conn->own};
}

/* --- events --- */

static void on_input(void *owner) {
  struct http2_conn *conn = owner;
  if (conn->state == HTTP2_CONN_CLOSING) return;
  if (conn->state != HTTP2_CONN_LINGER) {
    http2_session_feed(&conn->session);
  } else {
    run(conn);
  }
}

static void on_failure(void *owner, int status) {
  struct http2_conn *conn = owner;
  bool local = stream_lacks_memory(status);
  if (conn->state == HTTP2_CONN_CLOSING) return;
  end_exchanges(conn, ending_make(local ? ENDING_NO_MEMORY : ENDING_CLIENT_LEFT,
                                  local ? ENDING_SELF : ENDING_DOWNSTREAM, status));
  close_now(conn, false);
}

static void on_drained(void *owner) {
  struct http2_conn *conn = owner;
  http2_session_drained(&conn->session);
}

static struct head *on_begin(void *owner, struct http2_stream *stream) {
  struct http2_conn *conn = owner;
  struct http2_place place = place_of(conn);
  struct http2_exchange *message = http2_exchange_new(&place, stream);
  return message ? &message->exchange.request : NULL;
}

static void on_request(void *owner, struct http2_stream *stream) {
  (void)owner;
  http2_exchange_serve(stream);
}

static void on_due(struct deadline *deadline) {
  struct http2_conn *conn = container_of(deadline, struct http2_conn, deadline);
  switch (conn->state) {
  case HTTP2_CONN_OPEN:
    open_is_due(conn);
    break;
  case HTTP2_CONN_NOTICE:
    http2_session_end(&conn->session);
    set_state(conn, HTTP2_CONN_LAST, FLUSH_MS);
    run(conn);
    break;
  case HTTP2_CONN_LAST:
    look(conn);
    break;
  case HTTP2_CONN_LINGER:
    linger_is_due(conn);
    break;
  case HTTP2_CONN_CLOSING:
    break;
  }
}

static void open_is_due(struct http2_conn *conn) {
  bool headless = conn->session.requests == 0 || conn->session.block_open;
  if (conn->timed && headless) {
    end_late(conn);
    return;
  }
  conn->timed = false;
  if (conn->rests) {
    begin_end(conn);
    run(conn);
  } else {
    look(conn);
  }
}

static void end_late(struct http2_conn *conn) {
  struct ending late = {.reason = ENDING_HEAD_TIMEOUT, .side = ENDING_DOWNSTREAM, .cause = CAUSE_HEAD_TIMEOUT};
  late.what = STR("");
  end_exchanges(conn, late);
  close_now(conn, stream_unsent(conn->stream) > 0);
}

/* Who takes nothing of what was said loses it; of what a target says, by its route's time. */
static void look(struct http2_conn *conn) {
  size_t unsent = stream_unsent(conn->stream);
  bool stuck = stream_queued(conn->stream) && unsent == conn->unsent_bytes;
  conn->unsent_bytes = unsent;
  bool late = conn->session.block_open && conn->session.heads == conn->heads;
  conn->heads = conn->session.heads;
  if (late) {
    end_late(conn);
    return;
  }
  http2_session_look(&conn->session);
  if (stuck && list_empty(&conn->exchanges)) {
    close_now(conn, true);
    return;
  }
  arm(conn, FLUSH_MS);
  run(conn);
}

/* Who takes something gets as much time again. */
static void linger_is_due(struct http2_conn *conn) {
  size_t unsent = stream_unsent(conn->stream);
  bool slow = unsent && unsent != conn->unsent_bytes;
  conn->unsent_bytes = unsent;
  if (slow) {
    arm(conn, FLUSH_MS);
  } else {
    close_now(conn, unsent > 0);
  }
}

static void on_closed(void *owner) {
  struct http2_conn *conn = owner;
  struct sessions *sessions = conn->sessions;
  ENSURE(conn->state == HTTP2_CONN_CLOSING && list_empty(&conn->exchanges) && !conn->running);
  http2_session_free(&conn->session);
  list_remove(&conn->node);
  free(conn);
  sessions_forget_one(sessions);
}

/* --- orders --- */

void http2_conn_drain(struct http2_conn *conn) {
  if (conn->state == HTTP2_CONN_OPEN) begin_end(conn);
}

static void begin_end(struct http2_conn *conn) {
  http2_session_announce_end(&conn->session);
  set_state(conn, HTTP2_CONN_NOTICE, NOTICE_MS);
}

void http2_conn_cut_endless(struct http2_conn *conn) {
  LIST_EACH(node, &conn->exchanges) {
    struct http2_exchange *message = container_of(node, struct http2_exchange, node);
    if (message->exchange.endless) http2_exchange_cut(message, ending_make(ENDING_DRAIN, ENDING_SELF, 0));
  }
}

void http2_conn_cut(struct http2_conn *conn) {
  if (conn->state == HTTP2_CONN_CLOSING) return;
  bool reset = !list_empty(&conn->exchanges) || stream_unsent(conn->stream);
  end_exchanges(conn, ending_make(ENDING_DRAIN, ENDING_SELF, 0));
  close_now(conn, reset);
}

void http2_conn_free_spares(struct sessions *sessions) {
  http2_exchange_free_spares(sessions);
  http2_shared_free(&sessions->http2);
}

/* --- steps --- */

static void run(void *owner) {
  struct http2_conn *conn = owner;
  conn->again = true;
  if (conn->running) return;
  conn->running = true;
  while (conn->again) {
    conn->again = false;
    step(conn);
  }
  conn->running = false;
}

static void step(struct http2_conn *conn) {
  switch (conn->state) {
  case HTTP2_CONN_OPEN:
  case HTTP2_CONN_NOTICE:
  case HTTP2_CONN_LAST:
    step_open(conn);
    break;
  case HTTP2_CONN_LINGER:
    step_linger(conn);
    break;
  case HTTP2_CONN_CLOSING:
    break;
  }
}

static void step_open(struct http2_conn *conn) {
  struct http2_session *session = &conn->session;
  if (session->fault != CAUSE_NONE) {
    end_broken(conn);
  } else if (stream_at_end(conn->stream)) {
    /* No half of it is of use alone: who sends no more can open no window. */
    end_exchanges(conn, ending_make(ENDING_CLIENT_LEFT, ENDING_DOWNSTREAM, UV_EOF));
    set_state(conn, HTTP2_CONN_LINGER, FLUSH_MS);
  } else if (!http2_session_lives(session) && (session->dead || list_empty(&conn->exchanges))) {
    end_exchanges(conn, ending_make(ENDING_CLIENT_LEFT, ENDING_DOWNSTREAM, UV_ECONNRESET));
    set_state(conn, HTTP2_CONN_LINGER, FLUSH_MS);
  } else if (conn->state == HTTP2_CONN_NOTICE && session->acknowledged) {
    http2_session_end(session);
    set_state(conn, HTTP2_CONN_LAST, FLUSH_MS);
  } else if (conn->state == HTTP2_CONN_OPEN) {
    time_the_rest(conn);
  }
}

/* How long it may rest, or how long a head may take whose last piece is not here. */
static void time_the_rest(struct http2_conn *conn) {
  const struct http2_session *session = &conn->session;
  bool rests = list_empty(&session->streams) && session->requests > 0;
  if (!session->block_open && session->requests > 0) conn->timed = false;
  if (session->block_open && !conn->timed) {
    conn->timed = true;
    arm(conn, settings_of(conn)->header_timeout_ms);
  } else if (rests && !conn->rests) {
    arm(conn, settings_of(conn)->keep_alive_ms);
    conn->timed = false;
  } else if (!rests && !deadline_armed(&conn->deadline)) {
    arm(conn, FLUSH_MS); /* to look who takes nothing */
  }
  conn->rests = rests;
}

/* What is said of it goes out before it is closed. */
static void step_linger(struct http2_conn *conn) {
  struct str in = stream_peek(conn->stream);
  stream_consume(conn->stream, in.len);
  if (!stream_half_closing(conn->stream)) http2_session_flush(&conn->session);
  if (stream_queued(conn->stream) || http2_output_waits(&conn->session.output)) return;
  if (stream_at_end(conn->stream)) {
    close_now(conn, false);
  } else if (!stream_half_closing(conn->stream)) {
    stream_half_close(conn->stream);
    arm(conn, DRAIN_MS);
  }
}

static void end_broken(struct http2_conn *conn) {
  enum cause cause = conn->session.fault;
  struct ending ending = {.reason = ending_reason_of(cause),
                          .side = ENDING_DOWNSTREAM,
                          .cause = cause,
                          .what = str_of(conn->session.words)};
  struct http2_place place = place_of(conn);
  end_exchanges(conn, ending);
  http2_exchange_tell(&place, ending);
  set_state(conn, HTTP2_CONN_LINGER, FLUSH_MS);
}

/* --- the end --- */

static void end_exchanges(struct http2_conn *conn, struct ending ending) {
  while (!list_empty(&conn->exchanges))
    http2_exchange_cut(container_of(conn->exchanges.next, struct http2_exchange, node), ending);
}

static void close_now(struct http2_conn *conn, bool reset) {
  ENSURE(conn->state != HTTP2_CONN_CLOSING && list_empty(&conn->exchanges));
  pool_private_close(&conn->own);
  set_state(conn, HTTP2_CONN_CLOSING, 0);
  stream_close(conn->stream, reset);
}

static void set_state(struct http2_conn *conn, enum http2_conn_state state, uint64_t deadline_ms) {
  ENSURE(conn->state != HTTP2_CONN_CLOSING);
  ENSURE(state > conn->state);
  conn->state = state;
  conn->again = true;
  arm(conn, deadline_ms);
}

static void arm(struct http2_conn *conn, uint64_t in_ms) {
  deadline_set(&conn->sessions->loop->deadlines, &conn->deadline, in_ms, on_due);
}
