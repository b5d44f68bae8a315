/* service_start does what the plan says; afterwards service_run follows the proxy, and passes on what it brings. */
#include "liteginx/session/service.h"

#include "liteginx/http/cors.h"
#include "liteginx/session/flow.h"

static void start_proxy(struct exchange *exchange);
static void on_proxy_event(void *owner);
static void pass_interim(struct exchange *exchange);
static void pass_head(struct exchange *exchange);
static void pass_switch(struct exchange *exchange);
static bool know_target(struct exchange *exchange, const struct forward_response *response);
static bool put_head(struct exchange *exchange, bool switches, struct wire_sink *sink);
static bool begin_reply(struct exchange *exchange, bool endless);
static void passed_on(struct exchange *exchange);
static void refuse_answer(struct exchange *exchange, enum cause cause, struct str what);
static void failed(struct exchange *exchange);
static void answer(struct exchange *exchange, struct ending ending);

static struct ending own_ending(enum ending_reason reason) {
  return ending_make(reason, ENDING_DOWNSTREAM, 0);
}

/* Of a request that is refused. */
static struct ending refusal(enum cause cause, struct str what) {
  return (struct ending){.reason = ending_reason_of(cause), .side = ENDING_DOWNSTREAM, .cause = cause, .what = what};
}

/* --- the request --- */

void service_start(struct exchange *exchange) {
  struct plan *plan = &exchange->plan;
  plan_make(plan, exchange->facts, &exchange->request);
  if (plan->decided == PLAN_STEP_COUNT) {
    start_proxy(exchange);
    return;
  }
  exchange->unreadable = plan->close;
  exchange_answer(exchange, plan->ending, plan->allow);
}

static void start_proxy(struct exchange *exchange) {
  struct wire_down *wire = exchange->wire;
  struct proxy_request proxied = {
      .pool = &exchange->sessions->pool,
      .own = exchange->own,
      .route = exchange->plan.route,
      .downstream = wire->stream,
      .forward = &exchange->plan.forward,
      .source = wire->ops->content(wire),
      .arena = &exchange->arena,
      .timed = exchange->timed,
      .max_body_bytes = exchange->snapshot->config->settings.max_body_bytes,
  };
  proxy_start(&exchange->proxy, &proxied, on_proxy_event, exchange);
}

/* --- the response --- */

static void on_proxy_event(void *owner) {
  struct wire_down *wire = ((struct exchange *)owner)->wire;
  wire->run(wire->owner);
}

void service_run(struct exchange *exchange) {
  while (exchange->state != EXCHANGE_DONE) {
    switch (flow_run(&exchange->proxy)) {
    case FLOW_WAITS:
      return;
    case FLOW_INTERIM:
      pass_interim(exchange);
      break;
    case FLOW_HEAD:
      pass_head(exchange);
      break;
    case FLOW_ENDED:
      passed_on(exchange);
      break;
    case FLOW_FAILED:
      failed(exchange);
      break;
    }
  }
}

static void pass_interim(struct exchange *exchange) {
  struct wire_down *wire = exchange->wire;
  struct forward_response forward = {.head = &exchange->proxy.response};
  struct str bytes = wire->ops->interim(wire, &forward);
  if (!bytes.ptr) {
    proxy_cancel(&exchange->proxy);
    answer(exchange, own_ending(ENDING_NO_MEMORY));
    return;
  }
  int sent = bytes.len ? stream_send_str(wire->stream, bytes) : STREAM_SENT;
  if (sent < 0) exchange_end(exchange, ending_make(ENDING_CLIENT_LEFT, ENDING_DOWNSTREAM, sent));
}

static void pass_head(struct exchange *exchange) {
  struct proxy *proxy = &exchange->proxy;
  const struct head *response = &proxy->response;
  struct wire_sink sink = {.half_closes = false};
  struct str named;
  if (response->status == 101) {
    pass_switch(exchange);
  } else if (forward_connection_forbidden(response, &named)) {
    refuse_answer(exchange, CAUSE_CONNECTION_NAMES, named);
  } else if (!put_head(exchange, false, &sink)) {
    if (sink.refused != CAUSE_NONE) {
      refuse_answer(exchange, sink.refused, response->line);
    } else {
      proxy_cancel(proxy);
      answer(exchange, own_ending(ENDING_NO_MEMORY));
    }
  } else if (begin_reply(exchange, head_is_event_stream(response))) {
    const struct plan *plan = &exchange->plan;
    flow_relay(proxy, &sink, plan->changes_answers ? &plan->changes.rules : NULL);
  }
}

/* 101: only what the client asked for becomes a tunnel (RFC 9110 §7.8). */
static void pass_switch(struct exchange *exchange) {
  struct proxy *proxy = &exchange->proxy;
  struct wire_sink sink = {.half_closes = false};
  struct str asked = exchange->plan.upgrade;
  bool wanted = asked.len > 0 && forward_upgrade_accepted(asked, &proxy->response) && exchange_request_ended(exchange);
  if (!wanted || !put_head(exchange, true, &sink)) {
    enum cause cause = !wanted ? CAUSE_SWITCH_UNASKED : sink.refused != CAUSE_NONE ? sink.refused : CAUSE_NO_MEMORY;
    refuse_answer(exchange, cause, proxy->response.line);
  } else if (begin_reply(exchange, true)) {
    flow_tunnel(proxy, &sink);
  }
}

/* What only the answer and who gave it tell of the changes. False: out of memory. */
static bool know_target(struct exchange *exchange, const struct forward_response *response) {
  struct plan *plan = &exchange->plan;
  plan->relocate.target = target_authority(exchange->proxy.conn->target->target);
  if (plan->route->config->host_header != HOST_HEADER_PRESERVE) plan->relocate.sent = plan->forward.host;
  return cors_expose(response);
}

/* The target's, for its wire to write. False: out of memory. */
static bool put_head(struct exchange *exchange, bool switches, struct wire_sink *sink) {
  struct wire_down *wire = exchange->wire;
  struct plan *plan = &exchange->plan;
  struct wire_answer answer = {
      .forward = {.head = &exchange->proxy.response,
                  .date = loop_date(exchange->sessions->loop),
                  .switches = switches,
                  .changes = plan->changes_answers ? &plan->changes : NULL},
      .taken = exchange->proxy.conn->keep_alive,
  };
  if (plan->changes_answers && !know_target(exchange, &answer.forward)) return false;
  return wire->ops->head(wire, &answer, sink);
}

/* The head goes out with what follows it. False: the exchange is over. */
static bool begin_reply(struct exchange *exchange, bool endless) {
  exchange->status = exchange->proxy.response.status;
  exchange_set_state(exchange, EXCHANGE_REPLYING);
  return !endless || exchange_begin_endless(exchange);
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

static void passed_on(struct exchange *exchange) {
  enum ending_reason reason = exchange_request_ended(exchange) ? ENDING_COMPLETE : ENDING_UNREAD;
  exchange_end(exchange, ending_make(reason, ENDING_UPSTREAM, 0));
}

static void failed(struct exchange *exchange) {
  struct ending ending = exchange->proxy.ending;
  bool head_unsent = exchange->state == EXCHANGE_WAIT_REPLY || ending.reason == ENDING_UPSTREAM_NONSENSE;
  if (ending.reason == ENDING_CLIENT_LEFT || !head_unsent) {
    exchange_end(exchange, ending);
    return;
  }
  exchange_set_state(exchange, EXCHANGE_WAIT_REPLY);
  /* What is wrong with the content makes everything behind it unreadable. */
  if (ending.side == ENDING_DOWNSTREAM || ending.reason == ENDING_IDLE) exchange->unreadable = true;
  answer(exchange, ending);
}

void service_reject(struct exchange *exchange, enum cause cause, struct str what) {
  exchange->unreadable = true;
  answer(exchange, refusal(cause, what));
}

static void answer(struct exchange *exchange, struct ending ending) {
  exchange_answer(exchange, ending, (struct str){NULL, 0});
}
