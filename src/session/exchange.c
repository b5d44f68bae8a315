/* The downstream half: exchange_start does what the plan says, afterwards exchange_run follows the proxy. */
#include "liteginx/session/exchange.h"

#include <stdlib.h>

#include "liteginx/session/access_log.h"
#include "liteginx/session/reason.h"
#include "liteginx/session/reply.h"

static void on_proxy_event(void *owner);
static void start_proxy(struct exchange *exchange);
static void pass_interim(struct exchange *exchange);
static void pass_head(struct exchange *exchange);
static void pass_switch(struct exchange *exchange);
static bool begin_endless(struct exchange *exchange);
static void passed_on(struct exchange *exchange);
static void refuse_answer(struct exchange *exchange, enum cause cause, struct str what);
static void failed(struct exchange *exchange);
static void answer(struct exchange *exchange, struct ending ending);
static void answer_with(struct exchange *exchange, struct ending ending, struct str allow);
static void explain(struct exchange *exchange, struct ending *ending);
static struct str detail_of(struct exchange *exchange, struct ending ending);
static bool must_close(const struct exchange *exchange, bool rest_goes_up);
static void set_state(struct exchange *exchange, enum exchange_state state);
static void write_record(const struct exchange *exchange, struct ending ending);
static struct access_record record_of(const struct exchange *exchange, struct ending ending);

enum { SPARES_KEPT = 256 };

static const struct config_settings *settings_of(const struct exchange *exchange) {
  return &exchange->snapshot->config->settings;
}

static struct ending own_ending(enum ending_reason reason) {
  return ending_make(reason, ENDING_DOWNSTREAM, 0);
}

/* Of a request that is refused. */
static struct ending refusal(enum cause cause, struct str what) {
  return (struct ending){.reason = ending_reason_of(cause), .side = ENDING_DOWNSTREAM, .cause = cause, .what = what};
}

struct exchange *exchange_new(struct http_conn *conn) {
  struct sessions *sessions = conn->sessions;
  struct exchange *exchange;
  if (!list_empty(&sessions->spare_exchanges)) {
    exchange = container_of(sessions->spare_exchanges.next, struct exchange, node);
    list_remove(&exchange->node);
    sessions->spare_count--;
  } else {
    exchange = malloc(sizeof *exchange);
    if (!exchange) return NULL;
    list_init(&exchange->node);
    parser_init(&exchange->parser, PARSER_REQUEST, &sessions->pool.limits);
    proxy_init(&exchange->proxy);
  }
  exchange->conn = conn;
  exchange->sessions = sessions;
  exchange->snapshot = snapshot_acquire(sessions->snapshot);
  plan_init(&exchange->plan);
  exchange->state = EXCHANGE_WAIT_REPLY;
  exchange->outcome = OUTCOME_NEXT;
  exchange->upstream_target = exchange->sentence = (struct str){NULL, 0};
  exchange->proxy.state = PROXY_IDLE;
  exchange->proxy.retries = 0;
  exchange->status = 0;
  exchange->answered = exchange->cut_reset = exchange->endless = false;
  exchange->own_bytes = exchange->taken = 0;
  exchange->id = sessions_new_id(sessions);
  metrics_count(&sessions->metrics.busy);
  /* Only the log wants to know, and to read the clock costs as much as to route. */
  exchange->timed = settings_of(exchange)->access_log != ACCESS_LOG_OFF;
  exchange->started_ns = exchange->timed ? uv_hrtime() : 0;
  /* Heads and trailers of both sides, which double as they grow, and what we make of them. A path can triple when it is
   * normalised, and is then rewritten, sent, and told as prefix. */
  arena_init(&exchange->arena, &sessions->chunks, 18 * settings_of(exchange)->max_header_bytes + 64 * 1024);
  parser_begin(&exchange->parser, &exchange->request, &exchange->arena);
  return exchange;
}

static void free_memory(struct sessions *sessions, struct exchange *exchange) {
  deadline_clear(&sessions->loop->deadlines, &exchange->proxy.deadline);
  free(exchange);
}

void exchange_free(struct exchange *exchange) {
  struct sessions *sessions = exchange->sessions;
  ENSURE(exchange->state == EXCHANGE_DONE);
  proxy_free(&exchange->proxy);
  arena_reset(&exchange->arena);
  snapshot_release(exchange->snapshot);
  if (sessions->spare_count >= SPARES_KEPT) {
    free_memory(sessions, exchange);
    return;
  }
  sessions->spare_count++;
  list_prepend(&sessions->spare_exchanges, &exchange->node);
}

void exchange_free_spares(struct sessions *sessions) {
  LIST_EACH(node, &sessions->spare_exchanges) {
    struct exchange *exchange = container_of(node, struct exchange, node);
    list_remove(node);
    free_memory(sessions, exchange);
  }
  sessions->spare_count = 0;
}

/* --- the request --- */

void exchange_start(struct exchange *exchange) {
  struct plan *plan = &exchange->plan;
  plan_make(plan, &exchange->conn->facts, &exchange->request);
  if (plan->decided == PLAN_STEP_COUNT) {
    start_proxy(exchange);
    return;
  }
  if (plan->close) exchange->outcome = OUTCOME_CLOSE;
  answer_with(exchange, plan->ending, plan->allow);
}

static void start_proxy(struct exchange *exchange) {
  const struct plan *plan = &exchange->plan;
  struct head *request = &exchange->request;
  struct str bytes = forward_request(&plan->forward);
  if (!bytes.ptr) {
    answer(exchange, own_ending(ENDING_NO_MEMORY));
    return;
  }
  /* It stands in the start line as "method SP target SP version". */
  exchange->upstream_target = str_make(bytes.ptr + request->method.len + 1, plan->path.len + plan->parts.query.len);
  struct proxy_request proxied = {
      .pool = &exchange->sessions->pool,
      .own = &exchange->conn->own,
      .route = plan->route,
      .downstream = exchange->conn->stream,
      .parser = &exchange->parser,
      .head = request,
      .bytes = bytes,
      .arena = &exchange->arena,
      .timed = exchange->timed,
      .max_body_bytes = settings_of(exchange)->max_body_bytes,
  };
  proxy_start(&exchange->proxy, &proxied, on_proxy_event, exchange);
}

/* --- the response --- */

static void on_proxy_event(void *owner) {
  struct exchange *exchange = owner;
  http_conn_run(exchange->conn);
}

void exchange_run(struct exchange *exchange) {
  while (exchange->state != EXCHANGE_DONE) {
    switch (proxy_run(&exchange->proxy)) {
    case PROXY_WAITS:
      return;
    case PROXY_INTERIM:
      pass_interim(exchange);
      break;
    case PROXY_HEAD:
      pass_head(exchange);
      break;
    case PROXY_ENDED:
      passed_on(exchange);
      break;
    case PROXY_FAILED:
      failed(exchange);
      break;
    }
  }
}

/* RFC 9110 §15.2: passed on, but not to HTTP/1.0. */
static void pass_interim(struct exchange *exchange) {
  struct proxy *proxy = &exchange->proxy;
  if (exchange->request.minor == 0) return;
  struct forward_response forward = {.head = &proxy->response, .date = {NULL, 0}};
  struct str bytes = forward_response(&forward);
  if (!bytes.ptr) {
    proxy_cancel(proxy);
    answer(exchange, own_ending(ENDING_NO_MEMORY));
    return;
  }
  int sent = stream_send_str(exchange->conn->stream, bytes);
  if (sent < 0) exchange_end(exchange, ending_make(ENDING_CLIENT_LEFT, ENDING_DOWNSTREAM, sent));
}

static void pass_head(struct exchange *exchange) {
  struct proxy *proxy = &exchange->proxy;
  const struct head *response = &proxy->response;
  if (response->status == 101) {
    pass_switch(exchange);
    return;
  }
  struct str named;
  if (forward_connection_forbidden(response, &named)) {
    refuse_answer(exchange, CAUSE_CONNECTION_NAMES, named);
    return;
  }
  bool open_ended = response->framing == FRAMING_CHUNKED || response->framing == FRAMING_CLOSE;
  bool old = exchange->request.minor == 0;
  bool chunked = open_ended && !old;
  bool close = must_close(exchange, proxy->conn->keep_alive);
  /* Towards HTTP/1.0 only the connection's end tells the body's, so only a reset can tell that it is cut. */
  exchange->cut_reset = open_ended && old;
  exchange->outcome = !close ? OUTCOME_NEXT : exchange->request.keep_alive ? OUTCOME_CLOSE : OUTCOME_CLOSE_QUICKLY;
  struct forward_response forward = {
      .head = response,
      .chunked = chunked,
      .close = close,
      .old = old,
      .date = loop_date(exchange->sessions->loop),
  };
  struct str bytes = forward_response(&forward);
  if (!bytes.ptr) {
    proxy_cancel(proxy);
    answer(exchange, own_ending(ENDING_NO_MEMORY));
    return;
  }
  exchange->status = response->status;
  set_state(exchange, EXCHANGE_REPLYING);
  if (head_is_event_stream(response) && !begin_endless(exchange)) return;
  /* Before a connection is closed the client has to take the answer, in the time that its route gives it. */
  proxy_relay(proxy, bytes, chunked, !close);
}

/* 101: only what the client asked for becomes a tunnel (RFC 9110 §7.8). */
static void pass_switch(struct exchange *exchange) {
  struct proxy *proxy = &exchange->proxy;
  struct forward_response forward = {.head = &proxy->response,
                                     .upgrade = true,
                                     .date = loop_date(exchange->sessions->loop)};
  bool wanted = exchange->plan.upgrade.len > 0 && forward_upgrade_accepted(exchange->plan.upgrade, &proxy->response) &&
                exchange_request_ended(exchange);
  struct str bytes = wanted ? forward_response(&forward) : (struct str){NULL, 0};
  if (!bytes.ptr) {
    refuse_answer(exchange, wanted ? CAUSE_NO_MEMORY : CAUSE_SWITCH_UNASKED, proxy->response.line);
    return;
  }
  exchange->status = 101;
  exchange->cut_reset = true;
  set_state(exchange, EXCHANGE_REPLYING);
  if (!begin_endless(exchange)) return;
  exchange->outcome = OUTCOME_CLOSE_QUICKLY;
  proxy_tunnel(proxy, bytes);
}

/* What the target answered is not passed on. */
static void refuse_answer(struct exchange *exchange, enum cause cause, struct str what) {
  bool memory = cause == CAUSE_NO_MEMORY;
  struct ending ending = {.reason = memory ? ENDING_NO_MEMORY : ENDING_UPSTREAM_NONSENSE,
                          .side = ENDING_UPSTREAM,
                          .cause = cause,
                          .what = what};
  proxy_cancel(&exchange->proxy);
  answer(exchange, ending);
}

/* Will the connection end with this exchange, as far as that is certain? Who answers before the request has ended has
 * the rest to itself, unless it goes up, and does not read just any length of it. */
static bool must_close(const struct exchange *exchange, bool rest_goes_up) {
  bool too_long =
      !rest_goes_up && !exchange_request_ended(exchange) && parser_plain(&exchange->parser) > HTTP_CONN_DRAIN_BYTES;
  return exchange->outcome != OUTCOME_NEXT || !exchange->request.keep_alive || exchange->request.minor == 0 ||
         exchange->sessions->draining || stream_at_end(exchange->conn->stream) || too_long;
}

/* The answer has no end of its own. False: there is no time left for such, and the exchange is over. */
static bool begin_endless(struct exchange *exchange) {
  struct sessions *sessions = exchange->sessions;
  exchange->endless = true;
  metrics_uncount(&sessions->metrics.busy);
  metrics_count(&sessions->metrics.endless);
  if (sessions->endless_over) {
    exchange_end(exchange, ending_make(ENDING_DRAIN, ENDING_SELF, 0));
    return false;
  }
  struct access_record record = record_of(exchange, ending_make(ENDING_COMPLETE, ENDING_SELF, 0));
  access_log_begin(sessions->log, settings_of(exchange)->access_log, sessions->log_look,
                   exchange->status == 101 ? STR("tunnel") : STR("event stream"), &record);
  return true;
}

static void passed_on(struct exchange *exchange) {
  enum ending_reason reason = exchange_request_ended(exchange) ? ENDING_COMPLETE : ENDING_UNREAD;
  exchange_end(exchange, ending_make(reason, ENDING_UPSTREAM, 0));
}

static void failed(struct exchange *exchange) {
  struct ending ending = exchange->proxy.ending;
  bool head_unsent = exchange->state == EXCHANGE_WAIT_REPLY || ending.reason == ENDING_UPSTREAM_NONSENSE;
  if (ending.reason == ENDING_CLIENT_LEFT || !head_unsent) {
    /* After a plain close the system would go on offering for minutes what the client does not take. */
    if (ending.reason == ENDING_IDLE && stream_unsent(exchange->conn->stream)) exchange->cut_reset = true;
    exchange_end(exchange, ending);
    return;
  }
  set_state(exchange, EXCHANGE_WAIT_REPLY);
  exchange->cut_reset = false;
  /* What is wrong with the body makes everything behind it unreadable. */
  if (ending.side == ENDING_DOWNSTREAM || ending.reason == ENDING_IDLE) exchange->outcome = OUTCOME_CLOSE;
  answer(exchange, ending);
}

/* --- answers of our own --- */

void exchange_reject(struct exchange *exchange, enum cause cause, struct str what) {
  exchange->outcome = OUTCOME_CLOSE;
  answer(exchange, refusal(cause, what));
}

static void answer(struct exchange *exchange, struct ending ending) {
  answer_with(exchange, ending, (struct str){NULL, 0});
}

static void answer_with(struct exchange *exchange, struct ending ending, struct str allow) {
  static const struct str last_resort =
      STR_INIT("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  struct stream *stream = exchange->conn->stream;
  if (must_close(exchange, false) && exchange->outcome == OUTCOME_NEXT) exchange->outcome = OUTCOME_CLOSE;
  explain(exchange, &ending);
  struct reply reply = {
      .status = ending_status(ending.reason),
      .detail = detail_of(exchange, ending),
      .allow = allow,
      .date = loop_date(exchange->sessions->loop),
      .request = &exchange->request,
      .close = exchange->outcome != OUTCOME_NEXT,
      .routes_of = ending.reason == ENDING_NO_ROUTE ? exchange->conn->facts.listener : NULL,
  };
  size_t body_bytes = 0;
  struct str bytes = reply_build(&exchange->arena, &reply, &body_bytes);
  if (!bytes.ptr) {
    bytes = last_resort;
    reply.status = 503;
    exchange->outcome = OUTCOME_CLOSE;
  }
  int sent = stream_send_str(stream, bytes);
  if (sent >= 0) {
    exchange->answered = true;
    exchange->status = reply.status;
    exchange->own_bytes = body_bytes;
    exchange_end(exchange, ending);
  } else {
    exchange->sentence = (struct str){NULL, 0}; /* nobody was told */
    exchange_end(exchange, ending_make(ENDING_CLIENT_LEFT, ENDING_DOWNSTREAM, sent));
  }
}

/* Says what is wrong, if anything is, and what can be done: for the client and the log. */
static void explain(struct exchange *exchange, struct ending *ending) {
  if (!ending_has_cause(ending->reason)) return;
  const struct proxy *proxy = &exchange->proxy;
  bool proxied = proxy->state != PROXY_IDLE;
  const struct pool_target *target = proxied ? proxy->connector.target : NULL;
  struct reason reason = {
      .ending = *ending,
      .settings = settings_of(exchange),
      .route = exchange->plan.route ? exchange->plan.route->config : NULL,
      .target = target ? target->target->text : (struct str){NULL, 0},
      .host = exchange->plan.parts.host,
      .path = exchange->plan.path,
      .held_ms = proxied ? proxy->connector.held_ms : 0,
      .waited_ms = proxied ? loop_now_ms(exchange->sessions->loop) - proxy->asked_ms : 0,
      .passes = PLAN_MOST_PASSES,
      .bound_bytes = exchange->arena.max_bytes,
      .bound_met = exchange->arena.bound_met || (proxied && proxy->interims && proxy->interim.bound_met),
  };
  ending->cause = reason_cause(&reason);
  exchange->sentence = reason_text(&exchange->arena, &reason);
}

/* Behind the words that the user has chosen for what is not there. */
static struct str detail_of(struct exchange *exchange, struct ending ending) {
  if (ending.reason != ENDING_NO_ROUTE) return exchange->sentence;
  struct str chosen = settings_of(exchange)->not_found_message;
  struct str detail = arena_printf(&exchange->arena, "%.*s: %.*s", STR_ARG(chosen), STR_ARG(exchange->sentence));
  return detail.ptr ? detail : exchange->sentence;
}

/* --- the end --- */

uint64_t exchange_patience_ms(const struct exchange *exchange, size_t waiting) {
  if (exchange->proxy.state == PROXY_TUNNEL) return EXCHANGE_PATIENT;
  /* The rest of the request will never come. Of chunks nobody knows how many are missing before they are read. */
  if (parser_plain(&exchange->parser) > stream_peek(exchange->conn->stream).len + waiting) return 0;
  if (exchange->state == EXCHANGE_REPLYING) return exchange->endless ? 0 : EXCHANGE_PATIENT;
  return exchange->plan.upgrade.len ? 0 : settings_of(exchange)->half_close_ms;
}

bool exchange_moves(struct exchange *exchange) {
  uint64_t before = exchange->taken;
  if (exchange->proxy.state != PROXY_IDLE) exchange->taken = proxy_taken(&exchange->proxy);
  return exchange->taken != before;
}

bool exchange_request_ended(const struct exchange *exchange) {
  if (exchange->proxy.state != PROXY_IDLE) return proxy_request_ended(&exchange->proxy);
  return exchange->request.framing == FRAMING_NONE;
}

void exchange_end(struct exchange *exchange, struct ending ending) {
  struct sessions *sessions = exchange->sessions;
  set_state(exchange, EXCHANGE_DONE);
  proxy_cancel(&exchange->proxy);
  bool complete = ending.reason == ENDING_COMPLETE || ending.reason == ENDING_UNREAD;
  bool left = ending.reason == ENDING_CLIENT_LEFT;
  bool cut = !exchange->answered && !complete && !proxy_response_ended(&exchange->proxy);
  bool sound = ending.side == ENDING_UPSTREAM && ending.reason != ENDING_NO_MEMORY; /* our own side has no gap */
  if (left || (cut && (exchange->cut_reset || !sound))) {
    exchange->outcome = OUTCOME_CUT;
  } else if (!exchange->answered && !complete) {
    /* What there is of the answer is the client's; its end is missing, or what is wrong came with the rest of the request. */
    exchange->outcome = OUTCOME_CLOSE;
  }
  if (left && exchange->status == 0) exchange->status = ending_status(ENDING_CLIENT_LEFT);
  /* Some endings tell nobody but the log. */
  if (exchange->timed && !exchange->sentence.ptr) explain(exchange, &ending);
  write_record(exchange, ending);
  metrics_count(&sessions->metrics.endings[ending.reason]);
  metrics_uncount(exchange->endless ? &sessions->metrics.endless : &sessions->metrics.busy);
}

/* The one place where the state of a running exchange changes. Any edge but out of DONE is one. */
static void set_state(struct exchange *exchange, enum exchange_state state) {
  ENSURE(exchange->state != EXCHANGE_DONE);
  exchange->state = state;
}

static void write_record(const struct exchange *exchange, struct ending ending) {
  const struct sessions *sessions = exchange->sessions;
  if (!exchange->timed) return;
  struct access_record record = record_of(exchange, ending);
  access_log_write(sessions->log, settings_of(exchange)->access_log, sessions->log_look, &record);
}

static struct access_record record_of(const struct exchange *exchange, struct ending ending) {
  const struct proxy *proxy = &exchange->proxy;
  bool proxied = proxy->state != PROXY_IDLE;
  const struct pool_target *target = proxied ? proxy->connector.target : NULL;
  return (struct access_record){
      .id = exchange->id,
      .client = str_of(exchange->conn->facts.peer.text),
      .method = exchange->request.method.len ? exchange->request.method : STR("-"),
      .host = exchange->plan.parts.host,
      .path = exchange->request.target.len ? exchange->request.target : STR("-"),
      .status = exchange->status,
      .port = exchange->conn->facts.port,
      .socket = exchange->conn->facts.listener->config->address.path,
      .named = exchange->conn->facts.listener->named,
      .several = exchange->snapshot->listener_count > 1,
      .bytes_in = proxied ? proxy_bytes_in(proxy) : 0,
      .bytes_out = proxied && !exchange->answered ? proxy_bytes_out(proxy) : exchange->own_bytes,
      .duration_us = (uv_hrtime() - exchange->started_ns) / 1000,
      .route = exchange->plan.route ? exchange->plan.route->config->name : (struct str){NULL, 0},
      .target = target ? target->target->text : (struct str){NULL, 0},
      .upstream_path = exchange->upstream_target,
      .upstream_us = proxied && proxy->head_ns > proxy->sent_ns ? (proxy->head_ns - proxy->sent_ns) / 1000 : 0,
      .retries = proxy->retries,
      .held_ms = proxied ? proxy->connector.held_ms : 0,
      .ending = ending,
      .sentence = exchange->sentence,
  };
}
