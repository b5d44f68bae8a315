/* What is to be done is seen from the state alone, whichever event has come. */
#include "liteginx/session/flow.h"

static void run_up(struct proxy *proxy);
static void request_refused(struct proxy *proxy);
static enum flow_result run_head(struct proxy *proxy);
static enum flow_result head_came(struct proxy *proxy);
static bool is_stray(const struct proxy *proxy);
static bool go_on_behind_interim(struct proxy *proxy);
static bool never_sent(struct proxy *proxy);
static bool unasked(const struct proxy *proxy);
static enum flow_result run_relays(struct proxy *proxy);
static void run_down(struct proxy *proxy);
static enum flow_result run_upload(struct proxy *proxy);
static void skip_surplus(struct stream *upstream);
static bool upload_goes_on(const struct proxy *proxy);
static void fail_head(struct proxy *proxy);
static void fail_content(struct proxy *proxy, const struct body *body, enum ending_reason reason,
                         enum ending_side side);
static void fail_reading(struct proxy *proxy, enum cause cause, struct str culprit, struct ending ending);
static void end(struct proxy *proxy);
static enum flow_result result_of(const struct proxy *proxy);

enum { TUNNEL_KEEP_ALIVE_S = 60 };

enum flow_result flow_run(struct proxy *proxy) {
  switch (proxy->state) {
  case PROXY_IDLE:
  case PROXY_ACQUIRE:
    return FLOW_WAITS;
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
    if (!stream_queued(proxy->downstream)) proxy_set_state(proxy, PROXY_DONE);
    return result_of(proxy);
  case PROXY_DONE:
    return result_of(proxy);
  }
  ENSURE_UNREACHABLE();
}

static enum flow_result result_of(const struct proxy *proxy) {
  if (proxy->state != PROXY_DONE) return FLOW_WAITS;
  return proxy->failed ? FLOW_FAILED : FLOW_ENDED;
}

static void run_up(struct proxy *proxy) {
  if (proxy->up.ended || proxy->up_broken) return;
  enum relay_result result = relay_run(&proxy->up);
  if (result == RELAY_WAITS && stream_at_end(proxy->downstream)) {
    result = relay_finish(&proxy->up);
    if (result == RELAY_BAD_INPUT) {
      proxy_fail(proxy, ENDING_CLIENT_LEFT, ENDING_DOWNSTREAM, UV_EOF);
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
    if (proxy->state == PROXY_SEND) proxy_set_state(proxy, PROXY_WAIT_HEAD);
    break;
  case RELAY_BAD_INPUT:
    request_refused(proxy);
    break;
  case RELAY_BROKEN:
    if (stream_lacks_memory(proxy->up.status)) {
      proxy_fail(proxy, ENDING_NO_MEMORY, ENDING_SELF, proxy->up.status);
      return;
    }
    /* Over a connection that was used before, what answers a request of which no byte was sent belongs to another
     * one. */
    if (proxy->conn->reused && proxy->up.prefix.len) {
      proxy_upstream_died(proxy, proxy->up.status);
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
    proxy_fail(proxy, ENDING_BODY_TOO_LARGE, ENDING_DOWNSTREAM, 0);
    proxy->ending.cause = CAUSE_BODY_TOO_LARGE;
  } else {
    fail_content(proxy, &proxy->up_body, ENDING_BAD_BODY, ENDING_DOWNSTREAM);
  }
}

static enum flow_result run_head(struct proxy *proxy) {
  struct upstream_conn *conn = proxy->conn;
  if (!conn) return result_of(proxy); /* given up, or tried again, by run_up */
  if (proxy->behind_interim && !go_on_behind_interim(proxy)) return FLOW_WAITS;
  bool waits = stream_peek(conn->stream).len > 0;
  bool early = waits && unasked(proxy);
  if (waits) stream_flush(conn->stream); /* no answer is read before its request has gone */
  if (stream_lost(conn->stream) && never_sent(proxy)) return result_of(proxy);
  if (early && proxy_may_retry(proxy)) {
    proxy_upstream_died(proxy, UV_EOF);
    return result_of(proxy);
  }
  enum wire_status status = conn->wire->ops->head(conn->wire);
  if (status == WIRE_FAILED && is_stray(proxy) && proxy_may_retry(proxy)) {
    proxy_prepare_retry(proxy);
    return result_of(proxy);
  }
  if (waits || status != WIRE_MORE) conn->response = UPSTREAM_BODY;
  if (status == WIRE_DONE) return head_came(proxy);
  if (status == WIRE_FAILED) {
    fail_head(proxy);
  } else if (proxy->down_status < 0) {
    proxy_upstream_died(proxy, proxy->down_status);
  } else if (stream_at_end(conn->stream)) {
    proxy_upstream_died(proxy, UV_EOF);
  }
  return result_of(proxy);
}

static enum flow_result head_came(struct proxy *proxy) {
  struct upstream_conn *conn = proxy->conn;
  const struct head *response = &proxy->response;
  if (conn->wire->forgiven) pool_forgive(conn->target, conn->wire->forgiven);
  proxy->behind_interim = response->status / 100 == 1 && response->status != 101;
  if (proxy->behind_interim) return FLOW_INTERIM;
  if (response->status == 408 && conn->reused && !proxy->interims) {
    /* Said of the idle connection, before the request was there. */
    conn->response = UPSTREAM_HEAD;
    if (proxy_may_retry(proxy)) {
      proxy_prepare_retry(proxy);
    } else {
      proxy_fail(proxy, ENDING_UPSTREAM_LEFT, ENDING_UPSTREAM, UV_EOF);
      proxy->ending.cause = CAUSE_GAVE_UP;
    }
    return result_of(proxy);
  }
  if (proxy->timed) proxy->head_ns = uv_hrtime();
  conn->logged_in |= head_logs_in(response);
  conn->keep_alive = response->keep_alive;
  conn->early = conn->request != UPSTREAM_END;
  return FLOW_HEAD;
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
  if (proxy->state == PROXY_WAIT_HEAD) proxy_arm(proxy);
  return true;
}

void flow_relay(struct proxy *proxy, const struct wire_sink *sink, const struct rules *rules) {
  struct upstream_conn *conn = proxy->conn;
  struct wire_source source = conn->wire->ops->content(conn->wire);
  body_init(&proxy->down_body, &source, proxy->arena, &sink->writer, 0);
  proxy->down_body.rules = rules;
  relay_init(&proxy->down, conn->stream, proxy->downstream, &body_filter, &proxy->down_body, sink->head);
  proxy->down.soon = sink->soon;
  proxy->down.half_closes = sink->half_closes;
  proxy_set_state(proxy, PROXY_RELAY);
}

void flow_tunnel(struct proxy *proxy, const struct wire_sink *sink) {
  struct upstream_conn *conn = proxy->conn;
  ENSURE(!conn->keep_alive); /* a 101 has none */
  stream_keep_alive(conn->stream, TUNNEL_KEEP_ALIVE_S);
  stream_keep_alive(proxy->downstream, TUNNEL_KEEP_ALIVE_S);
  relay_init(&proxy->up, proxy->downstream, conn->stream, NULL, NULL, (struct str){NULL, 0});
  relay_init(&proxy->down, conn->stream, proxy->downstream, NULL, NULL, sink->head);
  proxy->up.soon = true;
  proxy->down.soon = sink->soon;
  proxy_set_state(proxy, PROXY_TUNNEL);
}

static enum flow_result run_relays(struct proxy *proxy) {
  struct upstream_conn *conn = proxy->conn;
  run_up(proxy);
  if (proxy->state != PROXY_DONE) run_down(proxy);
  if (proxy->state == PROXY_DONE) return result_of(proxy);
  if (proxy->state == PROXY_RELAY) {
    if (!proxy->down.ended) return FLOW_WAITS;
    conn->response = UPSTREAM_END;
    if (upload_goes_on(proxy)) proxy_set_state(proxy, PROXY_UPLOAD);
    return run_upload(proxy);
  }
  bool flushed = !stream_queued(conn->stream) && !stream_queued(proxy->downstream);
  if (proxy->up.ended && proxy->down.ended && flushed) end(proxy);
  return result_of(proxy);
}

/* Behind the response: is there anything more to come from the client that the target wants? */
static enum flow_result run_upload(struct proxy *proxy) {
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
      proxy_upstream_died(proxy, proxy->down_status);
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
    proxy_fail(proxy, stream_lacks_memory(proxy->down.status) ? ENDING_NO_MEMORY : ENDING_CLIENT_LEFT,
               ENDING_DOWNSTREAM, proxy->down.status);
    break;
  }
}

/* The request waited for the end of its turn, and could not be sent then. True: that was the end of it. False: the
 * target may have answered before it stopped listening. */
static bool never_sent(struct proxy *proxy) {
  int status = stream_lost(proxy->conn->stream);
  if (stream_lacks_memory(status)) {
    proxy_fail(proxy, ENDING_NO_MEMORY, ENDING_SELF, status);
  } else if (proxy->conn->reused) {
    proxy_upstream_died(proxy, status); /* whatever it has said answers another one */
  } else {
    return false;
  }
  return true;
}

/* Bytes on a reused connection that were here before the request was sent, and are seen only now: not its answer, but
 * what a target says as it gives up an idle connection. An answer comes only after libuv has asked the system again: in
 * a later turn or, where one has more than 1,024 events, at a later time. Windows is asked several times in a turn, about
 * connections that were read in it: what comes over those then is an answer. */
static bool unasked(const struct proxy *proxy) {
  const struct upstream_conn *conn = proxy->conn;
  if (!conn->reused || conn->response != UPSTREAM_HEAD) return false;
  if (stream_posted(conn->stream)) return true;
  return !proxy->asked_alive && proxy->asked_turn == proxy->loop->turn && proxy->asked_ms == loop_now_ms(proxy->loop);
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
  proxy_fail(proxy, cause == CAUSE_NO_MEMORY ? ENDING_NO_MEMORY : ending.reason, ending.side, 0);
  proxy->ending.cause = cause;
  proxy->ending.what = culprit;
}

static void end(struct proxy *proxy) {
  struct upstream_conn *conn = proxy->conn;
  relay_close(&proxy->up); /* the client may be sending still: to whoever reads on */
  proxy->conn = NULL;
  proxy_set_state(proxy, stream_queued(proxy->downstream) ? PROXY_FLUSH : PROXY_DONE);
  pool_put(conn, proxy->own);
}
