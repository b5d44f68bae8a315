/* From a route to a connection, and to an end. A dead upstream connection is judged in proxy_upstream_died() alone: retry,
 * 502, or a visible cut. Callbacks note what happened; flow acts. */
#include "liteginx/session/proxy.h"

#include "liteginx/http/method.h"

static void on_connected(void *owner, struct stream *stream);
static void on_connect_failed(void *owner);
static void on_event(void *owner);
static void on_failure(void *owner, int status);
static void on_due(struct deadline *deadline);
static void use_connection(struct proxy *proxy, struct upstream_conn *conn);
static void name_target(struct proxy *proxy, const struct target *target);
static void forget_upload(struct proxy *proxy);
static void retry(struct proxy *proxy);
static bool stuck(const struct proxy *proxy);
static void idle_or_stalled(struct proxy *proxy);
static uint64_t limit_ms(const struct proxy *proxy);

static const struct connector_events connector_events = {on_connected, on_connect_failed};

static const struct stream_events stream_events = {
    .on_bytes = on_event,
    .on_end = on_event,
    .on_fail = on_failure,
    .on_drained = on_event,
};

/* A process that is killed loses its connections a moment before its listener, and what connects in that moment dies
 * with it. The one retry comes after it, to find a listener that is gone (hold) or new. */
enum { RETRY_AFTER_MS = 20 };

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
  proxy->sent = (struct wire_request){request->forward, {NULL, 0}};
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
  proxy_set_state(proxy, PROXY_ACQUIRE);
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
    proxy_fail(proxy, proxy->connector.ending.reason, ENDING_UPSTREAM, 0);
    break;
  }
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
  proxy_fail(proxy, ending.reason, ending.side, ending.code);
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
    proxy_fail(proxy, ENDING_NO_MEMORY, ENDING_SELF, 0);
  }
  proxy->on_event(proxy->owner);
}

/* A retry sends the same bytes, unless another target has another name. */
static void name_target(struct proxy *proxy, const struct target *target) {
  struct str host = target_host_field(target);
  if (!str_eq(host, proxy->forward->host)) proxy->sent.written = (struct str){NULL, 0};
  proxy->forward->host = host;
}

static void use_connection(struct proxy *proxy, struct upstream_conn *conn) {
  struct wire_up *wire = conn->wire;
  struct wire_sink sink = {.half_closes = false};
  proxy->conn = conn;
  proxy->asked_turn = proxy->loop->turn;
  proxy->asked_alive = stream_heard_now(conn->stream);
  proxy->asked_ms = loop_now_ms(proxy->loop);
  upstream_conn_begin(conn);
  conn->logged_in |= head_logs_in(proxy->request);
  stream_own(conn->stream, &stream_events, proxy);
  if (proxy->forward->host_of_target) name_target(proxy, conn->target->target);
  if (!wire->ops->send(wire, &proxy->sent, &sink)) {
    proxy_fail(proxy, ENDING_NO_MEMORY, ENDING_SELF, 0);
    return;
  }
  wire->ops->await(wire, &proxy->response, proxy->arena, proxy->request->method);
  body_init(&proxy->up_body, &proxy->source, proxy->arena, &sink.writer, proxy->max_body_bytes);
  proxy->up_body.rules = proxy->forward->rules;
  relay_init(&proxy->up, proxy->downstream, conn->stream, &body_filter, &proxy->up_body, sink.head);
  proxy->up.half_closes = sink.half_closes;
  proxy->up.soon = proxy->repeatable && !conn->asked; /* else it goes while the connection is known to stand */
  proxy_set_state(proxy, PROXY_SEND);
}

/* Nothing of the request's content was taken yet. */
static void forget_upload(struct proxy *proxy) {
  proxy->up_body.bytes = 0;
  proxy->up_body.ended = proxy->up_body.too_large = false;
}

/* --- endings --- */

void proxy_upstream_died(struct proxy *proxy, int status) {
  if (proxy->state == PROXY_RELAY || proxy->state == PROXY_TUNNEL) {
    proxy_fail(proxy, ENDING_UPSTREAM_CUT, ENDING_UPSTREAM, status);
  } else if (proxy_may_retry(proxy)) {
    proxy_prepare_retry(proxy);
  } else {
    struct str begun = proxy->conn->wire->ops->begun(proxy->conn->wire);
    proxy_fail(proxy, ENDING_UPSTREAM_LEFT, ENDING_UPSTREAM, status);
    proxy->ending.cause = begun.len ? CAUSE_LEFT_IN_HEAD : proxy->interims ? CAUSE_LEFT_BEHIND_INTERIM : CAUSE_NONE;
    proxy->ending.what = begun;
  }
}

bool proxy_may_retry(const struct proxy *proxy) {
  return proxy->retries == 0 && proxy->conn->response == UPSTREAM_HEAD && proxy->up.bytes == 0 &&
         method_is_idempotent(proxy->request->method);
}

void proxy_prepare_retry(struct proxy *proxy) {
  relay_close(&proxy->up);
  upstream_conn_close(proxy->conn, false);
  proxy->conn = NULL;
  proxy->retries++;
  proxy->up_broken = proxy->up.ended = false;
  proxy->down_status = 0;
  forget_upload(proxy);
  stream_read(proxy->downstream, true);
  proxy_set_state(proxy, PROXY_ACQUIRE);
  deadline_set(&proxy->loop->deadlines, &proxy->deadline, RETRY_AFTER_MS, on_due);
}

static void retry(struct proxy *proxy) {
  if (connector_retry(&proxy->connector) != CONNECTOR_FAILED) return;
  proxy_fail(proxy, proxy->connector.ending.reason, ENDING_UPSTREAM, proxy->connector.ending.code);
  proxy->on_event(proxy->owner);
}

void proxy_fail(struct proxy *proxy, enum ending_reason reason, enum ending_side side, int code) {
  proxy->failed = true;
  proxy->ending = ending_make(reason, side, code);
  proxy_cancel(proxy);
}

void proxy_cancel(struct proxy *proxy) {
  if (proxy->state == PROXY_IDLE || proxy->state == PROXY_DONE) return;
  connector_cancel(&proxy->connector);
  relay_close(&proxy->up);
  if (proxy->conn) upstream_conn_close(proxy->conn, proxy->state == PROXY_TUNNEL || stuck(proxy));
  proxy->conn = NULL;
  proxy_set_state(proxy, PROXY_DONE);
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

void proxy_set_state(struct proxy *proxy, enum proxy_state state) {
  ENSURE(proxy->state != PROXY_DONE);
  const unsigned with_connection = 1u << PROXY_SEND | 1u << PROXY_WAIT_HEAD | 1u << PROXY_RELAY | 1u << PROXY_UPLOAD;
  ENSURE((with_connection >> state & 1u) == 0 || proxy->conn);
  ENSURE(state != PROXY_WAIT_HEAD || proxy->state == PROXY_SEND);
  proxy->state = state;
  proxy_arm(proxy);
}

/* Where there is none one of an earlier state may be left: to disarm it would cost each request. */
void proxy_arm(struct proxy *proxy) {
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
  ENSURE(proxy->conn || proxy->state == PROXY_FLUSH); /* in every state that arms it from here on */
  if (proxy->state == PROXY_WAIT_HEAD) {
    proxy_fail(proxy, ENDING_RESPONSE_TIMEOUT, ENDING_UPSTREAM, 0);
    proxy->on_event(proxy->owner);
  } else {
    idle_or_stalled(proxy);
  }
}

/* Unless a byte has moved meanwhile. */
static void idle_or_stalled(struct proxy *proxy) {
  const struct upstream_conn *conn = proxy->conn;
  uint64_t idle_ms = proxy->connector.route->config->timeouts.idle_ms;
  uint64_t quiet_ms = relay_quiet_ms(conn ? &proxy->up : NULL, proxy->down.sink ? &proxy->down : NULL);
  if (quiet_ms < idle_ms) {
    deadline_set(&proxy->loop->deadlines, &proxy->deadline, relay_look_ms(idle_ms, quiet_ms), on_due);
    return;
  }
  bool uploads = conn && (proxy->state == PROXY_SEND || proxy->state == PROXY_UPLOAD);
  if (uploads && stream_queued(conn->stream)) {
    proxy_fail(proxy, ENDING_UPSTREAM_STALLED, ENDING_UPSTREAM, 0); /* the client is not to blame */
  } else {
    proxy_fail(proxy, ENDING_IDLE, ENDING_SELF, 0);
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
