/* The downstream connection's life between and around exchanges. */
#include "liteginx/session/http1_conn.h"

#include <stdlib.h>

#include "liteginx/session/http1_exchange.h"
#include "liteginx/session/http2_conn.h"
#include "liteginx/session/service.h"

static void run(void *owner);
static void on_failure(void *owner, int status);
static void on_drained(void *owner);
static void on_closed(void *owner);
static void on_due(struct deadline *deadline);
static void on_rest(void *owner);
static void time_is_over(struct http1_conn *conn, uint64_t again_ms);
static void step(struct http1_conn *conn);
static void step_idle(struct http1_conn *conn);
ENSURE_APART static bool is_http2(struct http1_conn *conn);
static void hand_over(struct http1_conn *conn);
static void step_head(struct http1_conn *conn);
static void step_busy(struct http1_conn *conn);
static void watch_peer(struct http1_conn *conn);
static void look_at_peer(struct http1_conn *conn);
static void heed_end(struct http1_conn *conn, size_t waiting);
static void client_left(struct http1_conn *conn);
static void step_drain(struct http1_conn *conn);
static bool answer_on_its_way(const struct http1_conn *conn);
static void step_linger(struct http1_conn *conn);
static void begin_head(struct http1_conn *conn);
static void wait_for_head(struct http1_conn *conn);
static void after_exchange(struct http1_conn *conn);
static void next_or_close(struct http1_conn *conn);
static bool may_close_quickly(const struct http1_conn *conn);
static void end_exchange(struct http1_conn *conn, struct ending ending);
static void close_now(struct http1_conn *conn, bool reset);
static void set_state(struct http1_conn *conn, enum http1_conn_state state, uint64_t deadline_ms);

static const struct stream_events events = {
    .on_bytes = run,
    .on_end = run,
    .on_fail = on_failure,
    .on_drained = on_drained,
    .on_rest = on_rest,
    .on_closed = on_closed,
};

/* For set_state: leave the deadline as it is. */
static const uint64_t KEEP_DEADLINE = UINT64_MAX;

enum { DRAIN_MS = 2000, FLUSH_MS = 30 * 1000, LOOK_MS = 1000, HEAD_PIECE_BYTES = 32 * 1024 };

static const struct config_settings *settings_of(const struct http1_conn *conn) {
  return &conn->sessions->snapshot->config->settings;
}

void http1_conn_start(struct sessions *sessions, struct stream *stream, const struct snapshot_listener *listener,
                      unsigned listener_port) {
  struct peer peer;
  stream_facts(stream, &peer);
  /* Without a peer it was reset before it was accepted: nobody waits for an answer, and nobody could be named upstream. */
  struct http1_conn *conn = peer.family ? calloc(1, sizeof *conn) : NULL;
  if (!conn) {
    sessions_refuse(sessions, stream);
    return;
  }
  conn->facts = (struct plan_facts){.listener = listener, .peer = peer};
  plan_facts_port(&conn->facts, listener_port);
  conn->sessions = sessions;
  conn->stream = stream;
  conn->fresh = true;
  const struct config_settings *settings = settings_of(conn);
  pool_private_init(&conn->own);
  list_append(&sessions->http1_conns, &conn->node);
  stream_own(stream, &events, conn);
  stream_bound(stream, settings->max_header_bytes, HEAD_PIECE_BYTES);
  deadline_set(&sessions->loop->deadlines, &conn->deadline, settings->header_timeout_ms, on_due);
  stream_read(stream, true);
  if (sessions->draining) http1_conn_drain(conn); /* hands were shaken meanwhile */
}

/* --- events --- */

static void on_failure(void *owner, int status) {
  struct http1_conn *conn = owner;
  bool local = stream_lacks_memory(status);
  end_exchange(conn, ending_make(local ? ENDING_NO_MEMORY : ENDING_CLIENT_LEFT, local ? ENDING_SELF : ENDING_DOWNSTREAM,
                                 status));
  close_now(conn, false);
}

static void on_drained(void *owner) {
  struct http1_conn *conn = owner;
  int lost = stream_lost(conn->stream);
  conn->unsent_bytes = 0;
  if (lost < 0) {
    on_failure(conn, lost);
  } else {
    run(conn);
  }
}

static void on_due(struct deadline *deadline) {
  struct http1_conn *conn = container_of(deadline, struct http1_conn, deadline);
  switch (conn->state) {
  case HTTP1_CONN_HEAD:
    service_reject(&conn->message->exchange, CAUSE_HEAD_TIMEOUT, STR(""));
    set_state(conn, HTTP1_CONN_BUSY, KEEP_DEADLINE);
    run(conn);
    break;
  case HTTP1_CONN_BUSY:
    /* Or it is one that an earlier state left behind: to disarm it would cost each request. */
    if (conn->watch != HTTP1_CONN_WATCH_NOTHING) look_at_peer(conn);
    break;
  case HTTP1_CONN_IDLE:
    time_is_over(conn, settings_of(conn)->keep_alive_ms);
    break;
  case HTTP1_CONN_LINGER:
    time_is_over(conn, FLUSH_MS);
    break;
  case HTTP1_CONN_DRAIN:
    conn->message->after = HTTP1_CLOSE;
    next_or_close(conn);
    run(conn);
    break;
  case HTTP1_CONN_OTHER:
  case HTTP1_CONN_CLOSING:
    break;
  }
}

/* Who has not taken the last answer yet gets as much again, as long as it takes something. Behind a gap nothing may look
 * like a proper end; and after a plain close the system would go on offering for minutes what the client does not take. */
static void time_is_over(struct http1_conn *conn, uint64_t again_ms) {
  uint32_t unsent = (uint32_t)stream_unsent(conn->stream);
  bool slow = unsent && unsent != conn->unsent_bytes;
  conn->unsent_bytes = unsent;
  if (slow) {
    deadline_set(&conn->sessions->loop->deadlines, &conn->deadline, again_ms, on_due);
  } else {
    close_now(conn, unsent > 0);
  }
}

static void on_closed(void *owner) {
  struct http1_conn *conn = owner;
  struct sessions *sessions = conn->sessions;
  ENSURE(conn->state == HTTP1_CONN_CLOSING && !conn->message && !conn->running);
  list_remove(&conn->node);
  free(conn);
  sessions_forget_one(sessions);
}

void http1_conn_drain(struct http1_conn *conn) {
  if (conn->state != HTTP1_CONN_IDLE) return;
  /* What has arrived, read or not, is a request that came in time. */
  if (stream_peek(conn->stream).len > 0 || !stream_quiet(conn->stream)) return;
  stream_flush(conn->stream);
  if (answer_on_its_way(conn)) {
    set_state(conn, HTTP1_CONN_LINGER, FLUSH_MS);
    run(conn);
  } else {
    close_now(conn, false);
  }
}

/* Of an idle connection: is some of its last answer perhaps still on its way? Where the system does not tell, it may be for
 * DRAIN_MS, or for ever where nothing says when the connection became idle: else its deadline was set for keep_alive later. */
static bool answer_on_its_way(const struct http1_conn *conn) {
  uint64_t now_ms = loop_now_ms(conn->sessions->loop), due_ms = conn->deadline.due_ms;
  if (stream_unsent(conn->stream)) return true;
  if (conn->fresh || stream_tells_unsent(conn->stream)) return false;
  return !deadline_armed(&conn->deadline) || due_ms + DRAIN_MS > now_ms + settings_of(conn)->keep_alive_ms;
}

bool http1_conn_endless(const struct http1_conn *conn) {
  return conn->message && conn->message->exchange.endless;
}

void http1_conn_cut(struct http1_conn *conn) {
  end_exchange(conn, ending_make(ENDING_DRAIN, ENDING_SELF, 0));
  /* Where all has been said a reset could only cost the client what it has not read yet. */
  bool reset = conn->message || stream_unsent(conn->stream);
  if (conn->state != HTTP1_CONN_CLOSING) close_now(conn, reset);
}

void http1_conn_free_spares(struct sessions *sessions) {
  http1_exchange_free_spares(sessions);
}

/* --- steps --- */

/* Something has changed: goes on. Last statement of who calls it. */
static void run(void *owner) {
  struct http1_conn *conn = owner;
  conn->again = true;
  if (conn->running) return;
  conn->running = true;
  while (conn->again) {
    conn->again = false;
    step(conn);
  }
  conn->running = false;
  if (conn->state == HTTP1_CONN_OTHER) hand_over(conn);
}

static void step(struct http1_conn *conn) {
  switch (conn->state) {
  case HTTP1_CONN_IDLE:
    step_idle(conn);
    break;
  case HTTP1_CONN_HEAD:
    step_head(conn);
    break;
  case HTTP1_CONN_BUSY:
    step_busy(conn);
    break;
  case HTTP1_CONN_DRAIN:
    step_drain(conn);
    break;
  case HTTP1_CONN_LINGER:
    step_linger(conn);
    break;
  case HTTP1_CONN_OTHER:
  case HTTP1_CONN_CLOSING:
    break;
  }
}

static void step_idle(struct http1_conn *conn) {
  if (stream_peek(conn->stream).len > 0) {
    if (conn->fresh && is_http2(conn)) return;
    /* The last answer must be on its way before the next one is worked for. */
    stream_flush(conn->stream);
    if (!stream_queued(conn->stream) && !stream_lost(conn->stream)) begin_head(conn);
  } else if (stream_at_end(conn->stream)) {
    set_state(conn, HTTP1_CONN_LINGER, FLUSH_MS);
  }
}

/* Or may it be: what has come is the beginning of the preface, and the rest is waited for as for a head? */
static bool is_http2(struct http1_conn *conn) {
  enum http2_preface preface = HTTP2_PREFACE_NONE;
  bool other = conn->facts.peer.tls != NULL; /* then it would have been agreed on */
  if (settings_of(conn)->http2 && !other) preface = http2_conn_preface(stream_peek(conn->stream));
  if (preface == HTTP2_PREFACE_WHOLE) set_state(conn, HTTP1_CONN_OTHER, 0);
  return preface == HTTP2_PREFACE_WHOLE || (preface == HTTP2_PREFACE_PART && !stream_ended(conn->stream));
}

/* Nothing of it is on the stack but who called run() last of all. */
static void hand_over(struct http1_conn *conn) {
  struct stream *stream = conn->stream;
  list_remove(&conn->node);
  pool_private_close(&conn->own);
  http2_conn_start(conn->sessions, stream, &conn->facts);
  free(conn);
  stream_pump(stream);
}

static void begin_head(struct http1_conn *conn) {
  struct http1_place at = {conn->sessions, conn->stream, &conn->facts, &conn->own, run, conn};
  conn->message = http1_exchange_new(&at);
  if (!conn->message) {
    close_now(conn, true);
    return;
  }
  conn->unsent_bytes = 0;
  conn->watch = HTTP1_CONN_WATCH_NOTHING;
  conn->timed = conn->fresh; /* the first head's time runs from accept on */
  set_state(conn, HTTP1_CONN_HEAD, KEEP_DEADLINE);
}

static void step_head(struct http1_conn *conn) {
  size_t used = 0;
  struct http1_exchange *message = conn->message;
  enum wire_status status = parser_head(&message->parser, stream_peek(conn->stream), &used);
  stream_consume(conn->stream, used);
  if (status == WIRE_MORE) {
    wait_for_head(conn);
    return;
  }
  conn->fresh = false;
  set_state(conn, HTTP1_CONN_BUSY, KEEP_DEADLINE);
  if (status == WIRE_DONE) {
    service_start(&message->exchange);
  } else {
    service_reject(&message->exchange, message->parser.fault, message->parser.culprit);
  }
}

/* Most heads come whole; only one that does not needs its time limited. */
static void wait_for_head(struct http1_conn *conn) {
  if (stream_at_end(conn->stream)) {
    exchange_end(&conn->message->exchange, ending_make(ENDING_CLIENT_LEFT, ENDING_DOWNSTREAM, 0));
    after_exchange(conn);
  } else if (!conn->timed) {
    conn->timed = true;
    deadline_set(&conn->sessions->loop->deadlines, &conn->deadline, settings_of(conn)->header_timeout_ms, on_due);
  }
}

static void step_busy(struct http1_conn *conn) {
  struct exchange *exchange = &conn->message->exchange;
  if (exchange->state != EXCHANGE_DONE) service_run(exchange);
  if (exchange->state != EXCHANGE_DONE) {
    if (stream_ended(conn->stream)) {
      heed_end(conn, 0);
    } else if (stream_rests(conn->stream)) {
      watch_peer(conn);
    }
  }
  if (exchange->state == EXCHANGE_DONE) after_exchange(conn);
}

static void on_rest(void *owner) {
  struct http1_conn *conn = owner;
  if (conn->state == HTTP1_CONN_BUSY) watch_peer(conn);
}

/* What is not read tells of nothing: a client that leaves behind bytes that nobody wants would stay for ever. */
static void watch_peer(struct http1_conn *conn) {
  if (conn->watch != HTTP1_CONN_WATCH_NOTHING) return;
  conn->watch = HTTP1_CONN_WATCH_PEER;
  deadline_set(&conn->sessions->loop->deadlines, &conn->deadline, LOOK_MS, on_due);
}

static void look_at_peer(struct http1_conn *conn) {
  bool late = conn->watch == HTTP1_CONN_WATCH_HALF_CLOSE, rests = stream_rests(conn->stream);
  size_t waiting = 0;
  enum socket_peer peer = rests ? stream_peer(conn->stream, &waiting) : SOCKET_PEER_HERE;
  conn->watch = HTTP1_CONN_WATCH_NOTHING;
  if (peer == SOCKET_PEER_GONE) {
    on_failure(conn, UV_ECONNRESET);
    return;
  }
  bool ended = peer == SOCKET_PEER_ENDED || stream_ended(conn->stream); /* else reading tells it, behind what is left */
  bool patient = http1_exchange_patience_ms(conn->message, waiting) == HTTP1_PATIENT;
  if (late && ended && !patient && !exchange_moves(&conn->message->exchange)) {
    client_left(conn);
  } else if (ended) {
    heed_end(conn, waiting);
  }
  run(conn);
}

/* A client that has ended its side may have left: a closed browser tab looks like a half-close. */
static void heed_end(struct http1_conn *conn, size_t waiting) {
  uint64_t patience_ms = http1_exchange_patience_ms(conn->message, waiting);
  if (patience_ms == 0) {
    client_left(conn);
  } else if (patience_ms != HTTP1_PATIENT && conn->watch != HTTP1_CONN_WATCH_HALF_CLOSE) {
    conn->watch = HTTP1_CONN_WATCH_HALF_CLOSE;
    (void)exchange_moves(&conn->message->exchange); /* from now on */
    deadline_set(&conn->sessions->loop->deadlines, &conn->deadline, patience_ms, on_due);
  }
}

static void client_left(struct http1_conn *conn) {
  end_exchange(conn, ending_make(ENDING_CLIENT_LEFT, ENDING_DOWNSTREAM, UV_EOF));
}

/* The exchange is over: what becomes of the connection? */
static void after_exchange(struct http1_conn *conn) {
  struct http1_exchange *message = conn->message;
  const struct exchange *exchange = &message->exchange;
  bool reset;
  if (http1_exchange_broken(message, &reset)) {
    close_now(conn, reset);
    return;
  }
  if (exchange->unreadable || exchange->outcome != OUTCOME_COMPLETE) message->after = HTTP1_CLOSE;
  if (message->after == HTTP1_NEXT && !exchange_request_ended(exchange)) {
    conn->drained_bytes = 0;
    stream_read(conn->stream, true);
    set_state(conn, HTTP1_CONN_DRAIN, DRAIN_MS);
  } else {
    next_or_close(conn);
  }
}

static void next_or_close(struct http1_conn *conn) {
  struct http1_exchange *message = conn->message;
  /* While draining nothing more is waited for; what is here already came before anybody could say `close`. */
  bool over = conn->sessions->draining && stream_peek(conn->stream).len == 0;
  bool next = message->after == HTTP1_NEXT && !over;
  bool quick = message->after == HTTP1_CLOSE_QUICKLY && may_close_quickly(conn);
  conn->message = NULL;
  http1_exchange_free(message);
  if (quick) {
    close_now(conn, false);
  } else if (next) {
    stream_bound(conn->stream, settings_of(conn)->max_header_bytes, HEAD_PIECE_BYTES);
    stream_read(conn->stream, true);
    set_state(conn, HTTP1_CONN_IDLE, settings_of(conn)->keep_alive_ms);
  } else {
    set_state(conn, HTTP1_CONN_LINGER, FLUSH_MS);
  }
}

/* A client that said itself that this is its last request needs no lingering once its system has taken the whole answer.
 * But behind a body something often comes late, such as a line end that no length counts. */
static bool may_close_quickly(const struct http1_conn *conn) {
  if (stream_at_end(conn->stream)) return !stream_queued(conn->stream);
  return conn->message->exchange.request.framing == FRAMING_NONE && stream_peek(conn->stream).len == 0 &&
         stream_tells_unsent(conn->stream) && stream_unsent(conn->stream) == 0;
}

static void step_drain(struct http1_conn *conn) {
  for (;;) {
    struct str in = stream_peek(conn->stream), span;
    size_t used = 0;
    enum wire_status status = parser_body(&conn->message->parser, in, &used, &span);
    stream_consume(conn->stream, used);
    conn->drained_bytes += (uint32_t)used;
    if (status == WIRE_DONE) {
      next_or_close(conn);
      return;
    }
    if (status == WIRE_FAILED || conn->drained_bytes > HTTP1_DRAIN_BYTES || stream_at_end(conn->stream)) {
      conn->message->after = HTTP1_CLOSE;
      next_or_close(conn);
      return;
    }
    if (status == WIRE_MORE) return;
  }
}

/* First the answer must be out, then the client gets a little time to read it and close: closing with unread input
 * would reset the connection and could take the answer with it. */
static void step_linger(struct http1_conn *conn) {
  struct str in = stream_peek(conn->stream);
  stream_consume(conn->stream, in.len);
  stream_flush(conn->stream);
  if (stream_queued(conn->stream)) return;
  if (stream_at_end(conn->stream)) {
    close_now(conn, false);
  } else if (!stream_half_closing(conn->stream)) {
    stream_half_close(conn->stream);
    stream_read(conn->stream, true);
    deadline_set(&conn->sessions->loop->deadlines, &conn->deadline, DRAIN_MS, on_due);
  }
}

/* If there is one that has not ended; in DRAIN it has. */
static void end_exchange(struct http1_conn *conn, struct ending ending) {
  if (conn->message && conn->message->exchange.state != EXCHANGE_DONE) exchange_end(&conn->message->exchange, ending);
}

static void close_now(struct http1_conn *conn, bool reset) {
  ENSURE(conn->state != HTTP1_CONN_CLOSING);
  struct http1_exchange *message = conn->message;
  conn->message = NULL;
  if (message) http1_exchange_free(message);
  pool_private_close(&conn->own);
  set_state(conn, HTTP1_CONN_CLOSING, 0);
  stream_close(conn->stream, reset);
}

/* The one place where a state changes. Edges: see the picture in the header. */
static void set_state(struct http1_conn *conn, enum http1_conn_state state, uint64_t deadline_ms) {
  ENSURE(conn->state != HTTP1_CONN_CLOSING);
  ENSURE(state != HTTP1_CONN_HEAD || conn->state == HTTP1_CONN_IDLE);
  ENSURE(state != HTTP1_CONN_DRAIN || conn->state == HTTP1_CONN_BUSY);
  conn->state = state;
  conn->again = true;
  if (deadline_ms == KEEP_DEADLINE) return;
  deadline_set(&conn->sessions->loop->deadlines, &conn->deadline, deadline_ms, on_due);
}
