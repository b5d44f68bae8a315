/* The upstream half. Events note, proxy_run acts: it runs the request's relay and the response's side by side. A dead
 * upstream connection is judged in upstream_died() alone: retry, 502, or a visible cut. */
#include "liteginx/session/proxy.h"

#include "liteginx/http/method.h"

static void on_connected(void *owner, struct stream *stream);
static void on_connect_failed(void *owner);
static void on_event(void *owner);
static void on_failure(void *owner, int status);
static void on_due(struct deadline *deadline);
static void use_connection(struct proxy *proxy, struct upstream_conn *conn);
static void run_up(struct proxy *proxy);
static void run_down(struct proxy *proxy);
static void request_refused(struct proxy *proxy);
static void forget_upload(struct proxy *proxy);
static enum proxy_result run_head(struct proxy *proxy);
static void fail_head(struct proxy *proxy);
static enum proxy_result head_came(struct proxy *proxy);
static bool is_stray(const struct proxy *proxy);
static bool go_on_behind_interim(struct proxy *proxy);
static enum proxy_result run_relays(struct proxy *proxy);
static enum proxy_result run_upload(struct proxy *proxy);
static void skip_surplus(struct stream *upstream);
static bool upload_goes_on(const struct proxy *proxy);
static bool never_sent(struct proxy *proxy);
static bool unasked(const struct proxy *proxy);
static void upstream_died(struct proxy *proxy, int status);
static bool may_retry(const struct proxy *proxy);
static void prepare_retry(struct proxy *proxy);
static void retry(struct proxy *proxy);
static void fail(struct proxy *proxy, enum ending_reason reason, enum ending_side side, int code);
static void fail_content(struct proxy *proxy, const struct body *body, enum ending_reason reason,
                         enum ending_side side);
static void fail_reading(struct proxy *proxy, enum cause cause, struct str culprit, struct ending ending);
static void end(struct proxy *proxy);
static bool stuck(const struct proxy *proxy);
static void set_state(struct proxy *proxy, enum proxy_state state);
static void arm(struct proxy *proxy);
static uint64_t limit_ms(const struct proxy *proxy);
static enum proxy_result result_of(const struct proxy *proxy);
static enum relay_step pass_body(void *owner, struct str in, size_t *used, struct slices *out);
static enum relay_step finish_body(void *owner, struct slices *out);
static uint64_t plain_body(const void *owner);
static void skip_body(void *owner, uint64_t len);

static const struct connector_events connector_events = {on_connected, on_connect_failed};

static const struct stream_events stream_events = {
    .on_bytes = on_event,
    .on_end = on_event,
    .on_fail = on_failure,
    .on_drained = on_event,
};

static const struct relay_filter body_filter = {pass_body, finish_body, plain_body, skip_body};

/* A process that is killed loses its connections a moment before its listener, and what connects in that moment dies
 * with it. The one retry comes after it, to find a listener that is gone (hold) or new. */
enum { TUNNEL_KEEP_ALIVE_S = 60, RETRY_AFTER_MS = 20 };

void proxy_init(struct proxy *proxy) {
  proxy->state = PROXY_IDLE;
  proxy->deadline = (struct deadline){0};
  proxy->interim = (struct arena){0};
}

void proxy_free(struct proxy *proxy) {
  if (proxy->interim.chunk) arena_reset(&proxy->interim);
}

void proxy_start(struct proxy *proxy, const struct proxy_request *request, void (*wake)(void *owner), void *owner) {
  /* The relays and bodies are set up when they begin; their figures are read whenever it ends. */
  proxy->state = PROXY_IDLE;
  proxy->on_event = wake;
  proxy->owner = owner;
  proxy->loop = request->pool->loop;
  proxy->downstream = request->downstream;
  proxy->request = request->forward->head;
  proxy->forward = request->forward;
  proxy->source = request->source;
  proxy->max_body_bytes = request->max_body_bytes;
  proxy->arena = request->arena;
  proxy->own = request->own;
  proxy->conn = NULL;
  proxy->failed = proxy->interims = proxy->behind_interim = proxy->up_broken = false;
  proxy->down_status = 0;
  proxy->retries = 0;
  proxy->timed = request->timed;
  proxy->sent_ns = proxy->head_ns = 0;
  proxy->asked_ms = loop_now_ms(proxy->loop);
  relay_clear(&proxy->up);
  relay_clear(&proxy->down);
  proxy->down_body.bytes = 0;
  forget_upload(proxy);
  set_state(proxy, PROXY_ACQUIRE);
  /* A body is gone once it is sent, whatever the method. */
  const struct head *head = proxy->request;
  proxy->repeatable = head->framing == FRAMING_NONE && method_is_idempotent(head->method);
  enum connector_reuse reuse = proxy->repeatable ? REUSE_ANY : REUSE_CERTAIN;
  switch (connector_start(&proxy->connector, request->pool, request->route, reuse, request->own, &connector_events,
                          proxy)) {
  case CONNECTOR_REUSED:
    use_connection(proxy, proxy->connector.reused);
    break;
  case CONNECTOR_WAITS:
    break;
  case CONNECTOR_FAILED:
    fail(proxy, proxy->connector.ending.reason, ENDING_UPSTREAM, 0);
    break;
  }
}

enum proxy_result proxy_run(struct proxy *proxy) {
  switch (proxy->state) {
  case PROXY_IDLE:
  case PROXY_ACQUIRE:
    return PROXY_WAITS;
  case PROXY_SEND:
    run_up(proxy);
    return run_head(proxy);
  case PROXY_WAIT_HEAD:
    return run_head(proxy);
  case PROXY_RELAY:
  case PROXY_TUNNEL:
    return run_relays(proxy);
  case PROXY_UPLOAD:
    run_up(proxy);
    return run_upload(proxy);
  case PROXY_FLUSH:
    if (!stream_queued(proxy->downstream)) set_state(proxy, PROXY_DONE);
    return result_of(proxy);
  case PROXY_DONE:
    return result_of(proxy);
  }
  ENSURE_UNREACHABLE();
}

static enum proxy_result result_of(const struct proxy *proxy) {
  if (proxy->state != PROXY_DONE) return PROXY_WAITS;
  return proxy->failed ? PROXY_FAILED : PROXY_ENDED;
}

/* --- events --- */

static void on_event(void *owner) {
  struct proxy *proxy = owner;
  proxy->on_event(proxy->owner);
}

static void on_failure(void *owner, int status) {
  struct proxy *proxy = owner;
  proxy->down_status = status;
  proxy->on_event(proxy->owner);
}

static void on_connect_failed(void *owner) {
  struct proxy *proxy = owner;
  struct ending ending = proxy->connector.ending;
  fail(proxy, ending.reason, ending.side, ending.code);
  proxy->on_event(proxy->owner);
}

static void on_connected(void *owner, struct stream *stream) {
  struct proxy *proxy = owner;
  struct connector *connector = &proxy->connector;
  struct upstream_conn *conn = pool_connected(connector->target, stream);
  if (conn) {
    use_connection(proxy, conn);
    stream_read(stream, true);
  } else {
    fail(proxy, ENDING_NO_MEMORY, ENDING_SELF, 0);
  }
  proxy->on_event(proxy->owner);
}

static void use_connection(struct proxy *proxy, struct upstream_conn *conn) {
  struct wire_up *wire = conn->wire;
  struct wire_sink sink = {.writer = NULL};
  proxy->conn = conn;
  proxy->asked_turn = proxy->loop->turn;
  proxy->asked_ms = loop_now_ms(proxy->loop);
  upstream_conn_begin(conn);
  conn->logged_in |= head_logs_in(proxy->request);
  stream_own(conn->stream, &stream_events, proxy);
  if (!wire->ops->send(wire, proxy->forward, &sink)) {
    fail(proxy, ENDING_NO_MEMORY, ENDING_SELF, 0);
    return;
  }
  wire->ops->await(wire, &proxy->response, proxy->arena, proxy->request->method);
  body_init(&proxy->up_body, &proxy->source, proxy->arena, sink.writer, proxy->max_body_bytes);
  relay_init(&proxy->up, proxy->downstream, conn->stream, &body_filter, &proxy->up_body, sink.head);
  proxy->up.half_closes = sink.half_closes;
  proxy->up.soon = proxy->repeatable && !conn->asked; /* else it goes while the connection is known to stand */
  set_state(proxy, PROXY_SEND);
}

/* --- the request --- */

static void run_up(struct proxy *proxy) {
  if (proxy->up.ended || proxy->up_broken) return;
  enum relay_result result = relay_run(&proxy->up);
  if (result == RELAY_WAITS && stream_at_end(proxy->downstream)) {
    result = relay_finish(&proxy->up);
    if (result == RELAY_BAD_INPUT) {
      fail(proxy, ENDING_CLIENT_LEFT, ENDING_DOWNSTREAM, UV_EOF);
      return;
    }
  }
  switch (result) {
  case RELAY_WAITS:
    break;
  case RELAY_ENDED:
    /* From here on the client is read to learn that it left, and what it wants next. */
    stream_read(proxy->downstream, true);
    proxy->conn->request = UPSTREAM_END;
    if (proxy->timed) proxy->sent_ns = uv_hrtime();
    if (proxy->state == PROXY_SEND) set_state(proxy, PROXY_WAIT_HEAD);
    break;
  case RELAY_BAD_INPUT:
    request_refused(proxy);
    break;
  case RELAY_BROKEN:
    if (stream_lacks_memory(proxy->up.status)) {
      fail(proxy, ENDING_NO_MEMORY, ENDING_SELF, proxy->up.status);
      return;
    }
    /* Over a connection that was used before, what answers a request of which no byte was sent belongs to another
     * one. */
    if (proxy->conn->reused && proxy->up.prefix.len) {
      upstream_died(proxy, proxy->up.status);
      return;
    }
    /* The target may have answered before it stopped listening: reading its stream to the end tells. */
    proxy->up_broken = true;
    stream_read(proxy->downstream, false);
    break;
  }
}

static void request_refused(struct proxy *proxy) {
  if (proxy->up_body.too_large) {
    fail(proxy, ENDING_BODY_TOO_LARGE, ENDING_DOWNSTREAM, 0);
    proxy->ending.cause = CAUSE_BODY_TOO_LARGE;
  } else {
    fail_content(proxy, &proxy->up_body, ENDING_BAD_BODY, ENDING_DOWNSTREAM);
  }
}

/* Nothing of the request's content was taken yet. */
static void forget_upload(struct proxy *proxy) {
  proxy->up_body.bytes = 0;
  proxy->up_body.ended = proxy->up_body.too_large = false;
}

/* --- the response --- */

static enum proxy_result run_head(struct proxy *proxy) {
  struct upstream_conn *conn = proxy->conn;
  if (!conn) return result_of(proxy); /* given up, or tried again, by run_up */
  if (proxy->behind_interim && !go_on_behind_interim(proxy)) return PROXY_WAITS;
  bool waits = stream_peek(conn->stream).len > 0;
  bool early = waits && unasked(proxy);
  if (waits) stream_flush(conn->stream); /* no answer is read before its request has gone */
  if (stream_lost(conn->stream) && never_sent(proxy)) return result_of(proxy);
  if (early && may_retry(proxy)) {
    upstream_died(proxy, UV_EOF);
    return result_of(proxy);
  }
  enum wire_status status = conn->wire->ops->head(conn->wire);
  if (status == WIRE_FAILED && is_stray(proxy) && may_retry(proxy)) {
    prepare_retry(proxy);
    return result_of(proxy);
  }
  if (waits || status != WIRE_MORE) conn->response = UPSTREAM_BODY;
  if (status == WIRE_DONE) return head_came(proxy);
  if (status == WIRE_FAILED) {
    fail_head(proxy);
  } else if (proxy->down_status < 0) {
    upstream_died(proxy, proxy->down_status);
  } else if (stream_at_end(conn->stream)) {
    upstream_died(proxy, UV_EOF);
  }
  return result_of(proxy);
}

static enum proxy_result head_came(struct proxy *proxy) {
  struct upstream_conn *conn = proxy->conn;
  const struct head *response = &proxy->response;
  if (conn->wire->forgiven) pool_forgive(conn->target, conn->wire->forgiven);
  proxy->behind_interim = response->status / 100 == 1 && response->status != 101;
  if (proxy->behind_interim) return PROXY_INTERIM;
  if (response->status == 408 && conn->reused && !proxy->interims) {
    /* Said of the idle connection, before the request was there. */
    conn->response = UPSTREAM_HEAD;
    if (may_retry(proxy)) {
      prepare_retry(proxy);
    } else {
      fail(proxy, ENDING_UPSTREAM_LEFT, ENDING_UPSTREAM, UV_EOF);
      proxy->ending.cause = CAUSE_GAVE_UP;
    }
    return result_of(proxy);
  }
  if (proxy->timed) proxy->head_ns = uv_hrtime();
  conn->logged_in |= head_logs_in(response);
  conn->keep_alive = response->keep_alive && response->framing != FRAMING_CLOSE;
  conn->early = conn->request != UPSTREAM_END;
  return PROXY_HEAD;
}

/* On a connection that was used before, what does not even begin as a response is what the last one left behind. */
static bool is_stray(const struct proxy *proxy) {
  const struct upstream_conn *conn = proxy->conn;
  return conn->reused && conn->response == UPSTREAM_HEAD && conn->wire->stray;
}

/* There may be any number of interim responses: the memory of one is given back before the next is read, none is read
 * before the client has taken the one before, and `response` runs from each anew. */
static bool go_on_behind_interim(struct proxy *proxy) {
  struct upstream_conn *conn = proxy->conn;
  bool taken = !stream_queued(proxy->downstream);
  stream_read(conn->stream, taken);
  if (!taken) return false;
  proxy->behind_interim = false;
  if (!proxy->interims) arena_init(&proxy->interim, proxy->arena->cache, proxy->arena->max_bytes);
  proxy->interims = true;
  arena_reset(&proxy->interim);
  conn->wire->ops->await(conn->wire, &proxy->response, &proxy->interim, proxy->request->method);
  if (proxy->state == PROXY_WAIT_HEAD) arm(proxy);
  return true;
}

void proxy_relay(struct proxy *proxy, const struct wire_sink *sink) {
  struct upstream_conn *conn = proxy->conn;
  struct wire_source source = conn->wire->ops->content(conn->wire);
  body_init(&proxy->down_body, &source, proxy->arena, sink->writer, 0);
  relay_init(&proxy->down, conn->stream, proxy->downstream, &body_filter, &proxy->down_body, sink->head);
  proxy->down.soon = sink->soon;
  proxy->down.half_closes = sink->half_closes;
  set_state(proxy, PROXY_RELAY);
}

void proxy_tunnel(struct proxy *proxy, struct str head) {
  struct upstream_conn *conn = proxy->conn;
  ENSURE(!conn->keep_alive); /* a 101 has none */
  stream_keep_alive(conn->stream, TUNNEL_KEEP_ALIVE_S);
  stream_keep_alive(proxy->downstream, TUNNEL_KEEP_ALIVE_S);
  relay_init(&proxy->up, proxy->downstream, conn->stream, NULL, NULL, (struct str){NULL, 0});
  relay_init(&proxy->down, conn->stream, proxy->downstream, NULL, NULL, head);
  proxy->up.soon = proxy->down.soon = true;
  set_state(proxy, PROXY_TUNNEL);
}

static enum proxy_result run_relays(struct proxy *proxy) {
  struct upstream_conn *conn = proxy->conn;
  run_up(proxy);
  if (proxy->state != PROXY_DONE) run_down(proxy);
  if (proxy->state == PROXY_DONE) return result_of(proxy);
  if (proxy->state == PROXY_RELAY) {
    if (!proxy->down.ended) return PROXY_WAITS;
    conn->response = UPSTREAM_END;
    if (upload_goes_on(proxy)) set_state(proxy, PROXY_UPLOAD);
    return run_upload(proxy);
  }
  bool flushed = !stream_queued(conn->stream) && !stream_queued(proxy->downstream);
  if (proxy->up.ended && proxy->down.ended && flushed) end(proxy);
  return result_of(proxy);
}

/* Behind the response: is there anything more to come from the client that the target wants? */
static enum proxy_result run_upload(struct proxy *proxy) {
  if (proxy->state == PROXY_UPLOAD) skip_surplus(proxy->conn->stream);
  if (proxy->state != PROXY_DONE && !upload_goes_on(proxy)) end(proxy);
  return result_of(proxy);
}

/* It answers nobody; but a close with bytes unread is a reset, which would take what the target has not read yet of the
 * upload. */
static void skip_surplus(struct stream *upstream) {
  stream_consume(upstream, stream_peek(upstream).len);
  stream_read(upstream, true);
}

/* A target that has said `close`, or has ended its side, reads no more but to close in two steps (RFC 9112 §9.6). */
static bool upload_goes_on(const struct proxy *proxy) {
  const struct stream *upstream = proxy->conn->stream;
  bool taken = proxy->up.ended && !stream_queued(upstream);
  return !taken && !proxy->up_broken && proxy->conn->keep_alive && !stream_ended(upstream) && !stream_failed(upstream);
}

static void run_down(struct proxy *proxy) {
  struct upstream_conn *conn = proxy->conn;
  struct stream *upstream = conn->stream;
  if (proxy->down.ended) return;
  enum relay_result result = relay_run(&proxy->down);
  if (conn->wire->forgiven) pool_forgive(conn->target, conn->wire->forgiven);
  if (result == RELAY_WAITS && !stream_waits(upstream)) {
    if (proxy->down_status < 0) {
      upstream_died(proxy, proxy->down_status);
      return;
    }
    if (stream_ended(upstream)) result = relay_finish(&proxy->down);
  }
  switch (result) {
  case RELAY_WAITS:
  case RELAY_ENDED:
    break;
  case RELAY_BAD_INPUT:
    /* With the head unsent yet there is still time for an honest answer. */
    fail_content(proxy, &proxy->down_body, proxy->down.prefix.len ? ENDING_UPSTREAM_NONSENSE : ENDING_UPSTREAM_CUT,
                 ENDING_UPSTREAM);
    break;
  case RELAY_BROKEN:
    fail(proxy, stream_lacks_memory(proxy->down.status) ? ENDING_NO_MEMORY : ENDING_CLIENT_LEFT, ENDING_DOWNSTREAM,
         proxy->down.status);
    break;
  }
}

static enum relay_step pass_body(void *owner, struct str in, size_t *used, struct slices *out) {
  switch (body_feed(owner, in, used, out)) {
  case BODY_MORE:
    return RELAY_MORE;
  case BODY_FULL:
    return RELAY_FULL;
  case BODY_END:
    return RELAY_END;
  case BODY_FAILED:
    return RELAY_REFUSE;
  }
  ENSURE_UNREACHABLE();
}

static enum relay_step finish_body(void *owner, struct slices *out) {
  return body_finish(owner, out) == BODY_END ? RELAY_END : RELAY_REFUSE;
}

static uint64_t plain_body(const void *owner) {
  return body_plain(owner);
}

static void skip_body(void *owner, uint64_t len) {
  body_skip(owner, len);
}

/* The request waited for the end of its turn, and could not be sent then. True: that was the end of it. False: the
 * target may have answered before it stopped listening. */
static bool never_sent(struct proxy *proxy) {
  int status = stream_lost(proxy->conn->stream);
  if (stream_lacks_memory(status)) {
    fail(proxy, ENDING_NO_MEMORY, ENDING_SELF, status);
  } else if (proxy->conn->reused) {
    upstream_died(proxy, status); /* whatever it has said answers another one */
  } else {
    return false;
  }
  return true;
}

/* --- endings --- */

/* Bytes on a reused connection that were here before the request was sent, and are seen only now: not its answer, but
 * what a target says as it gives up an idle connection. An answer comes only after libuv has asked the system again: in
 * a later turn or, where one has more than 1,024 events, at a later time. */
static bool unasked(const struct proxy *proxy) {
  const struct upstream_conn *conn = proxy->conn;
  if (!conn->reused || conn->response != UPSTREAM_HEAD) return false;
  if (stream_posted(conn->stream)) return true;
  return proxy->asked_turn == proxy->loop->turn && proxy->asked_ms == loop_now_ms(proxy->loop);
}

/* Before the first byte of a response that may be repaired, or told; later only cut. */
static void upstream_died(struct proxy *proxy, int status) {
  if (proxy->state == PROXY_RELAY || proxy->state == PROXY_TUNNEL) {
    fail(proxy, ENDING_UPSTREAM_CUT, ENDING_UPSTREAM, status);
  } else if (may_retry(proxy)) {
    prepare_retry(proxy);
  } else {
    struct str begun = proxy->conn->wire->ops->begun(proxy->conn->wire);
    fail(proxy, ENDING_UPSTREAM_LEFT, ENDING_UPSTREAM, status);
    proxy->ending.cause = begun.len ? CAUSE_LEFT_IN_HEAD : proxy->interims ? CAUSE_LEFT_BEHIND_INTERIM : CAUSE_NONE;
    proxy->ending.what = begun;
  }
}

/* Only what is idempotent and still here as a whole is sent again. */
static bool may_retry(const struct proxy *proxy) {
  return proxy->retries == 0 && proxy->conn->response == UPSTREAM_HEAD && proxy->up.bytes == 0 &&
         method_is_idempotent(proxy->request->method);
}

static void prepare_retry(struct proxy *proxy) {
  relay_close(&proxy->up);
  upstream_conn_close(proxy->conn, false);
  proxy->conn = NULL;
  proxy->retries++;
  proxy->up_broken = proxy->up.ended = false;
  proxy->down_status = 0;
  forget_upload(proxy);
  stream_read(proxy->downstream, true);
  set_state(proxy, PROXY_ACQUIRE);
  deadline_set(&proxy->loop->deadlines, &proxy->deadline, RETRY_AFTER_MS, on_due);
}

static void retry(struct proxy *proxy) {
  if (connector_retry(&proxy->connector) != CONNECTOR_FAILED) return;
  fail(proxy, proxy->connector.ending.reason, ENDING_UPSTREAM, proxy->connector.ending.code);
  proxy->on_event(proxy->owner);
}

static void end(struct proxy *proxy) {
  struct upstream_conn *conn = proxy->conn;
  relay_close(&proxy->up); /* the client may be sending still: to whoever reads on */
  proxy->conn = NULL;
  set_state(proxy, stream_queued(proxy->downstream) ? PROXY_FLUSH : PROXY_DONE);
  pool_put(conn, proxy->own);
}

static void fail(struct proxy *proxy, enum ending_reason reason, enum ending_side side, int code) {
  proxy->failed = true;
  proxy->ending = ending_make(reason, side, code);
  proxy_cancel(proxy);
}

static void fail_head(struct proxy *proxy) {
  struct str culprit;
  enum cause cause = proxy->conn->wire->ops->fault(proxy->conn->wire, &culprit);
  fail_reading(proxy, cause, culprit, ending_make(ENDING_UPSTREAM_NONSENSE, ENDING_UPSTREAM, 0));
}

static void fail_content(struct proxy *proxy, const struct body *body, enum ending_reason reason,
                         enum ending_side side) {
  struct str culprit;
  enum cause cause = body_fault(body, &culprit);
  fail_reading(proxy, cause, culprit, ending_make(reason, side, 0));
}

/* The wire has found it, and may go with its connection. */
static void fail_reading(struct proxy *proxy, enum cause cause, struct str culprit, struct ending ending) {
  fail(proxy, cause == CAUSE_NO_MEMORY ? ENDING_NO_MEMORY : ending.reason, ending.side, 0);
  proxy->ending.cause = cause;
  proxy->ending.what = culprit;
}

void proxy_cancel(struct proxy *proxy) {
  if (proxy->state == PROXY_IDLE || proxy->state == PROXY_DONE) return;
  connector_cancel(&proxy->connector);
  relay_close(&proxy->up);
  if (proxy->conn) upstream_conn_close(proxy->conn, proxy->state == PROXY_TUNNEL || stuck(proxy));
  proxy->conn = NULL;
  set_state(proxy, PROXY_DONE);
}

/* Does the target not take what it was sent? After a plain close the system would keep that for minutes, megabytes of
 * it. */
static bool stuck(const struct proxy *proxy) {
  enum ending_reason reason = proxy->failed ? proxy->ending.reason : ENDING_COMPLETE;
  bool late = reason == ENDING_IDLE || reason == ENDING_UPSTREAM_STALLED || reason == ENDING_RESPONSE_TIMEOUT;
  const struct stream *stream = proxy->conn->stream;
  return stream_queued(stream) || (late && stream_unsent(stream) > 0);
}

/* --- states and their one deadline --- */

static void set_state(struct proxy *proxy, enum proxy_state state) {
  ENSURE(proxy->state != PROXY_DONE);
  const unsigned with_connection = 1u << PROXY_SEND | 1u << PROXY_WAIT_HEAD | 1u << PROXY_RELAY | 1u << PROXY_UPLOAD;
  ENSURE((with_connection >> state & 1u) == 0 || proxy->conn);
  ENSURE(state != PROXY_WAIT_HEAD || proxy->state == PROXY_SEND);
  proxy->state = state;
  arm(proxy);
}

/* Where there is none one of an earlier state may be left: to disarm it would cost each request. */
static void arm(struct proxy *proxy) {
  uint64_t in_ms = limit_ms(proxy);
  if (in_ms > 0) deadline_set(&proxy->loop->deadlines, &proxy->deadline, in_ms, on_due);
}

/* How soon to look again; 0: nothing to look for. */
static uint64_t limit_ms(const struct proxy *proxy) {
  if (proxy->state == PROXY_IDLE || proxy->state == PROXY_ACQUIRE || proxy->state == PROXY_DONE) return 0;
  const struct config_timeouts *timeouts = &proxy->connector.route->config->timeouts;
  return proxy->state == PROXY_WAIT_HEAD ? timeouts->response_ms : relay_look_ms(timeouts->idle_ms, 0);
}

static void on_due(struct deadline *deadline) {
  struct proxy *proxy = container_of(deadline, struct proxy, deadline);
  if (proxy->state == PROXY_ACQUIRE) {
    if (proxy->connector.state == CONNECTOR_IDLE) retry(proxy);
    return;
  }
  if (limit_ms(proxy) == 0) return;
  const struct upstream_conn *conn = proxy->conn;
  ENSURE(conn || proxy->state == PROXY_FLUSH); /* in every state that arms it from here on */
  uint64_t idle_ms = proxy->connector.route->config->timeouts.idle_ms;
  uint64_t quiet_ms = relay_quiet_ms(conn ? &proxy->up : NULL, proxy->down.sink ? &proxy->down : NULL);
  if (proxy->state == PROXY_WAIT_HEAD) {
    fail(proxy, ENDING_RESPONSE_TIMEOUT, ENDING_UPSTREAM, 0);
  } else if (quiet_ms < idle_ms) {
    deadline_set(&proxy->loop->deadlines, &proxy->deadline, relay_look_ms(idle_ms, quiet_ms), on_due);
    return;
  } else if (conn && (proxy->state == PROXY_SEND || proxy->state == PROXY_UPLOAD) && stream_queued(conn->stream)) {
    fail(proxy, ENDING_UPSTREAM_STALLED, ENDING_UPSTREAM, 0); /* the client is not to blame */
  } else {
    fail(proxy, ENDING_IDLE, ENDING_SELF, 0);
  }
  proxy->on_event(proxy->owner);
}

/* --- figures --- */

bool proxy_request_ended(const struct proxy *proxy) {
  return proxy->up_body.ended;
}

bool proxy_response_ended(const struct proxy *proxy) {
  /* IDLE: what is there is of an exchange before. */
  return proxy->state != PROXY_IDLE && proxy->down.filter && proxy->down.ended && !stream_queued(proxy->downstream);
}

uint64_t proxy_taken(const struct proxy *proxy) {
  return proxy_bytes_in(proxy) - (proxy->conn ? stream_unsent(proxy->conn->stream) : 0);
}

uint64_t proxy_bytes_in(const struct proxy *proxy) {
  return proxy->up.filter ? proxy->up_body.bytes : proxy->up_body.bytes + proxy->up.bytes;
}

uint64_t proxy_bytes_out(const struct proxy *proxy) {
  return proxy->down.filter ? proxy->down_body.bytes : proxy->down.bytes;
}
