/* Its memory and its end, and what is said of it: to the client where the answer is ours, and to the log. */
#include "liteginx/session/exchange.h"

#include "liteginx/action/table.h"
#include "liteginx/http/cors.h"
#include "liteginx/session/access_log.h"
#include "liteginx/session/reason.h"
#include "liteginx/session/reply.h"

static void put_content(struct slices *slices, const struct wire_writer *writer, struct str content);
static int send_answer(struct exchange *exchange, const struct wire_sink *sink, struct str content);
static struct str sent_id(const struct exchange *exchange);
static void explain(struct exchange *exchange, struct ending *ending);
static struct str detail_of(struct exchange *exchange, struct ending ending);
static enum exchange_outcome outcome_of(struct exchange *exchange, struct ending ending);
static void write_record(struct exchange *exchange, struct ending ending);
static struct access_record record_of(struct exchange *exchange, struct ending ending);
static struct str upstream_target(struct exchange *exchange);

static const struct config_settings *settings_of(const struct exchange *exchange) {
  return &exchange->snapshot->config->settings;
}

void exchange_init(struct exchange *exchange) {
  proxy_init(&exchange->proxy);
}

void exchange_begin(struct exchange *exchange, const struct exchange_place *place) {
  struct sessions *sessions = place->sessions;
  exchange->wire = place->wire;
  exchange->sessions = sessions;
  exchange->facts = place->facts;
  exchange->own = place->own;
  exchange->snapshot = snapshot_acquire(sessions->snapshot);
  plan_init(&exchange->plan);
  exchange->plan.fresh_id = uuid_make(&sessions->ids, loop_unix_ms(sessions->loop), exchange->fresh_id);
  exchange->state = EXCHANGE_WAIT_REPLY;
  exchange->sentence = (struct str){NULL, 0};
  exchange->proxy.state = PROXY_IDLE;
  exchange->proxy.retries = 0;
  exchange->status = 0;
  exchange->answered = exchange->endless = exchange->unreadable = false;
  exchange->own_bytes = exchange->taken = 0;
  exchange->id = sessions_new_id(sessions);
  metrics_count(&sessions->metrics.busy);
  /* Only the log wants to know, and to read the clock costs as much as to route. */
  exchange->timed = settings_of(exchange)->access_log != ACCESS_LOG_OFF;
  exchange->started_ns = exchange->timed ? uv_hrtime() : 0;
  /* Heads and trailers of both sides, which double as they grow, and what we make of them. A path can triple when it is
   * normalised, and is then rewritten, sent, and told as prefix. */
  arena_init(&exchange->arena, &sessions->chunks, 18 * settings_of(exchange)->max_header_bytes + 64 * 1024);
}

void exchange_release(struct exchange *exchange) {
  ENSURE(exchange->state == EXCHANGE_DONE);
  proxy_free(&exchange->proxy);
  arena_reset(&exchange->arena);
  snapshot_release(exchange->snapshot);
}

void exchange_discard(struct exchange *exchange, struct loop *loop) {
  deadline_clear(&loop->deadlines, &exchange->proxy.deadline);
}

/* --- answers of our own --- */

void exchange_answer(struct exchange *exchange, struct ending ending, struct str allow) {
  struct wire_down *wire = exchange->wire;
  const struct plan_answer *given = ending.reason == ENDING_COMPLETE ? &exchange->plan.answer : NULL;
  explain(exchange, &ending);
  struct reply reply = {
      .status = given ? given->status : ending_status(ending.reason),
      .detail = detail_of(exchange, ending),
      .allow = allow,
      .date = loop_date(exchange->sessions->loop),
      .request = &exchange->request,
      .given = given,
      .routes_of = ending.reason == ENDING_NO_ROUTE ? exchange->facts->listener : NULL,
  };
  struct wire_sink sink = {.half_closes = false};
  struct head head;
  struct str content;
  struct forward_changes changes;
  struct wire_answer answer = {
      .forward = {.head = &head, .changes = plan_own_changes(&exchange->plan, given != NULL, &changes)},
      .own = true,
  };
  bool built = reply_build(&exchange->arena, &reply, &head, &content) &&
               (!answer.forward.changes || cors_expose(&answer.forward)) && wire->ops->head(wire, &answer, &sink);
  if (!built) {
    wire->ops->last_resort(wire, &sink);
    content = STR("");
    reply.status = 503;
    if (!ending_has_cause(ending.reason)) ending.reason = ENDING_NO_MEMORY;
  }
  int sent = send_answer(exchange, &sink, content);
  if (sent >= 0) {
    exchange->answered = true;
    exchange->status = reply.status;
    exchange->own_bytes = content.len;
    exchange_end(exchange, ending);
  } else {
    exchange->sentence = (struct str){NULL, 0}; /* nobody was told */
    exchange_end(exchange, ending_make(ENDING_CLIENT_LEFT, ENDING_DOWNSTREAM, sent));
  }
}

/* As the wire has it; it has no trailers, so the end needs no memory. */
static void put_content(struct slices *slices, const struct wire_writer *writer, struct str content) {
  static const struct head no_trailers;
  if (writer->ops && content.len) writer->ops->before(writer->message, slices, content.len, false);
  slices_add(slices, content);
  if (!writer->ops) return;
  bool good = writer->ops->end(writer->message, slices, &no_trailers, content.len > 0);
  ENSURE(good);
}

/* As stream_send. */
static int send_answer(struct exchange *exchange, const struct wire_sink *sink, struct str content) {
  struct stream *stream = exchange->wire->stream;
  struct slices slices;
  slices_clear(&slices);
  slices_add(&slices, sink->head);
  put_content(&slices, &sink->writer, content);
  int sent = stream_send(stream, &slices);
  if (sent >= 0 && sink->half_closes) stream_half_close(stream);
  return sent;
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

bool exchange_begin_endless(struct exchange *exchange) {
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
  exchange_set_state(exchange, EXCHANGE_DONE);
  proxy_cancel(&exchange->proxy);
  exchange->outcome = outcome_of(exchange, ending);
  if (ending.reason == ENDING_CLIENT_LEFT && exchange->status == 0) exchange->status = ending_status(ending.reason);
  /* Some endings tell nobody but the log. */
  if (exchange->timed && !exchange->sentence.ptr) explain(exchange, &ending);
  exchange->ending = ending;
  if (exchange->timed) write_record(exchange, ending);
  metrics_count(&sessions->metrics.endings[ending.reason]);
  metrics_uncount(exchange->endless ? &sessions->metrics.endless : &sessions->metrics.busy);
}

static enum exchange_outcome outcome_of(struct exchange *exchange, struct ending ending) {
  if (ending.reason == ENDING_CLIENT_LEFT) return OUTCOME_BROKEN;
  if (exchange->answered || ending.reason == ENDING_COMPLETE || ending.reason == ENDING_UNREAD) return OUTCOME_COMPLETE;
  exchange->unreadable = true; /* the client cannot be told any more, but by an end of the connection */
  if (proxy_response_ended(&exchange->proxy)) return OUTCOME_COMPLETE;
  bool sound = ending.side == ENDING_UPSTREAM && ending.reason != ENDING_NO_MEMORY; /* our own side has no gap */
  return sound ? OUTCOME_CUT : OUTCOME_BROKEN;
}

void exchange_set_state(struct exchange *exchange, enum exchange_state state) {
  ENSURE(exchange->state != EXCHANGE_DONE);
  exchange->state = state;
}

/* The X-Request-Id that its target gets, or would have got. */
static struct str sent_id(const struct exchange *exchange) {
  const struct plan *plan = &exchange->plan;
  const struct rules *rules = plan->decided == PLAN_STEP_COUNT ? plan->forward.rules : NULL;
  struct str name = STR("X-Request-Id");
  for (unsigned i = 0; rules && i < rules->count; i++) {
    if (rules->at[i].change != RULE_ADD && str_eq_nocase(rules->at[i].name, name)) return rules->at[i].value;
  }
  const struct head *request = &exchange->request;
  bool dropped = head_connection_names(request, name) || (rules && rules_take_alias(rules, name));
  for (unsigned i = 0; !dropped && i < request->count; i++) {
    const struct field *field = &request->fields[i];
    if (field->id == FIELD_X_REQUEST_ID && field->value.len) return field->value;
  }
  return plan->fresh_id;
}

/* Path and query as they were sent. */
static struct str upstream_target(struct exchange *exchange) {
  const struct plan *plan = &exchange->plan;
  struct str target = exchange->request.request_target, query = plan->parts.query;
  if (plan->path.ptr == target.ptr && plan->path.len + query.len == target.len) return target;
  struct str sent = arena_printf(&exchange->arena, "%.*s%.*s", STR_ARG(plan->path), STR_ARG(query));
  return sent.ptr ? sent : plan->path;
}

static void write_record(struct exchange *exchange, struct ending ending) {
  const struct sessions *sessions = exchange->sessions;
  struct access_record record = record_of(exchange, ending);
  access_log_write(sessions->log, settings_of(exchange)->access_log, sessions->log_look, &record);
}

/* Who is to be reached by TLS sends others there, whatever else it does. */
static const char *answered_by(const struct plan *plan) {
  return plan->decided == PLAN_SECURE ? "redirect" : action_of(plan->route->config)->name;
}

static struct access_record record_of(struct exchange *exchange, struct ending ending) {
  const struct plan_facts *facts = exchange->facts;
  const struct proxy *proxy = &exchange->proxy;
  const struct snapshot_route *answered = exchange->plan.answer.status ? exchange->plan.route : NULL;
  bool proxied = proxy->state != PROXY_IDLE;
  const struct pool_target *target = proxied ? proxy->connector.target : NULL;
  return (struct access_record){
      .id = exchange->id,
      .request_id = sent_id(exchange),
      .client = str_of(facts->peer.text),
      .method = exchange->request.method.len ? exchange->request.method : STR("-"),
      .host = exchange->plan.parts.host,
      .path = exchange->request.request_target.len ? exchange->request.request_target : STR("-"),
      .status = exchange->status,
      .listener_port = facts->listener_port,
      .socket = facts->listener->config->address.path,
      .named = facts->listener->named,
      .several = exchange->snapshot->listener_count > 1,
      .bytes_in = proxied ? proxy_bytes_in(proxy) : 0,
      .bytes_out = proxied && !exchange->answered ? proxy_bytes_out(proxy) : exchange->own_bytes,
      .duration_us = (uv_hrtime() - exchange->started_ns) / 1000,
      .route = exchange->plan.route ? exchange->plan.route->config->name : (struct str){NULL, 0},
      .target = target ? target->target->text : (struct str){NULL, 0},
      .upstream_path = proxied ? upstream_target(exchange) : STR(""),
      .action = answered ? answered_by(&exchange->plan) : NULL,
      .location = answered ? exchange->plan.answer.location : (struct str){NULL, 0},
      .upstream_us = proxied && proxy->head_ns > proxy->sent_ns ? (proxy->head_ns - proxy->sent_ns) / 1000 : 0,
      .retries = proxy->retries,
      .held_ms = proxied ? proxy->connector.held_ms : 0,
      .ending = ending,
      .sentence = exchange->sentence,
  };
}
