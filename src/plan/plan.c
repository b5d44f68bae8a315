/* Each step asks one thing and ends the plan where the answer is no. The table in the header is the order in which they are
 * called: by name, not by pointer, so that a small request pays for no table. */
#include "liteginx/plan/plan.h"

#include "liteginx/action/table.h"
#include "liteginx/http/cors.h"
#include "liteginx/http/forward.h"
#include "liteginx/route/path.h"

#define PLAN_PROTOTYPE(name, function, question) static bool function(struct plan *plan);
PLAN_STEPS(PLAN_PROTOTYPE)
#undef PLAN_PROTOTYPE
static bool has_several(const struct head *head, enum field_id id);
static bool read_count(struct str digits, uint64_t *count);
static bool counts_forwards(const struct head *request);
ENSURE_APART static void decided_early(struct plan *plan);
ENSURE_APART static bool secure(struct plan *plan);
static bool send_to_https(struct plan *plan);
ENSURE_APART static bool change_answers(struct plan *plan);
ENSURE_APART static bool change_request(struct plan *plan);
static struct str first_host(const struct plan *plan);
ENSURE_APART static bool rewrite(struct plan *plan);
static void relocate(struct plan *plan);
static bool says_origin(const struct config_route *config);
static void set_relocate(struct plan *plan, struct str shown, struct str hidden, bool exact);
static bool came_by_https(const struct plan *plan);
static bool make_rules(struct plan *plan, const struct config_changes *changes, struct rules *rules);
static struct str client_of(const struct plan *plan);
static bool refuse(struct plan *plan, enum cause cause, struct str what);
static bool refuse_and_close(struct plan *plan, enum cause cause, struct str what);
static bool answer_last(struct plan *plan);
static bool answer(struct plan *plan, enum ending_reason reason, struct str allow);

static const struct str all_methods = STR_INIT("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE");
static const struct str methods_here = STR_INIT("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");

static const struct config_settings *settings_of(const struct plan_facts *facts) {
  return &facts->listener->snapshot->config->settings;
}

/* Once for a connection: each of its requests is told of it. */
void plan_facts_port(struct plan_facts *facts, unsigned port) {
  char digits[STR_DECIMAL_BYTES];
  struct str text = port ? str_of_u64(digits, port) : STR("");
  ENSURE(text.len <= sizeof facts->port_text);
  facts->listener_port = (uint16_t)port;
  facts->port_len = (uint8_t)text.len;
  if (text.len) memcpy(facts->port_text, text.ptr, text.len);
}

void plan_init(struct plan *plan) {
  plan->decided = PLAN_METHOD;
  plan->parts = (struct request_target){0};
  plan->normal = plan->path = plan->upgrade = plan->fresh_id = (struct str){NULL, 0};
  plan->route = NULL;
  plan->answer.status = 0;
  plan->changes_answers = false;
}

void plan_make(struct plan *plan, const struct plan_facts *facts, const struct head *request) {
  plan->facts = facts;
  plan->request = request;
#define PLAN_CALL(name, function, question) \
  plan->decided = name;                     \
  if (!function(plan)) goto decided;
  PLAN_STEPS(PLAN_CALL)
#undef PLAN_CALL
  plan->decided = PLAN_STEP_COUNT;
  return;
decided:
  if (plan->decided < PLAN_ROUTE) decided_early(plan);
}

const char *plan_step_name(enum plan_step step) {
#define PLAN_NAME(name, function, question) [name] = #function,
  static const char *const names[PLAN_STEP_COUNT] = {PLAN_STEPS(PLAN_NAME)};
#undef PLAN_NAME
  return names[step] + strlen("plan_");
}

const char *plan_step_question(enum plan_step step) {
#define PLAN_QUESTION(name, function, question) [name] = question,
  static const char *const questions[PLAN_STEP_COUNT] = {PLAN_STEPS(PLAN_QUESTION)};
#undef PLAN_QUESTION
  return questions[step];
}

/* --- the steps, in their order --- */

static bool plan_method(struct plan *plan) {
  if (!str_eq(plan->request->method, STR("CONNECT"))) return true;
  (void)refuse_and_close(plan, CAUSE_CONNECT, (struct str){NULL, 0});
  plan->allow = all_methods;
  return false;
}

/* What nobody behind us should have to make sense of. */
static bool plan_target(struct plan *plan) {
  struct str what = {NULL, 0};
  enum cause cause = request_target_parse(plan->request, &plan->parts, &what);
  enum request_scheme other = plan->facts->peer.tls ? SCHEME_HTTP : SCHEME_HTTPS;
  if (cause == CAUSE_NONE && plan->parts.scheme == other) {
    what = plan->request->request_target;
    cause = CAUSE_SCHEME;
  }
  return cause == CAUSE_NONE || refuse_and_close(plan, cause, what);
}

static bool plan_connection(struct plan *plan) {
  struct str what = {NULL, 0};
  return !forward_connection_forbidden(plan->request, &what) || refuse_and_close(plan, CAUSE_CONNECTION_NAMES, what);
}

/* RFC 9110 §9.3.8: none may be sent, and so none passed on. */
static bool plan_trace(struct plan *plan) {
  const struct head *request = plan->request;
  bool body =
      request->framing == FRAMING_CHUNKED || (request->framing == FRAMING_LENGTH && request->content_length > 0);
  if (!body || !str_eq(request->method, STR("TRACE"))) return true;
  return refuse_and_close(plan, CAUSE_TRACE_BODY, (struct str){NULL, 0});
}

static bool plan_loop(struct plan *plan) {
  return forward_passes(plan->request) < PLAN_MOST_PASSES || refuse(plan, CAUSE_LOOP, (struct str){NULL, 0});
}

/* What is sent in chunks is counted as it comes. */
static bool plan_length(struct plan *plan) {
  uint64_t most = settings_of(plan->facts)->max_body_bytes;
  const struct head *request = plan->request;
  if (most == 0 || request->framing != FRAMING_LENGTH || request->content_length <= most) return true;
  return refuse_and_close(plan, CAUSE_BODY_TOO_LARGE, (struct str){NULL, 0});
}

/* Before anything is answered here: what is no path is refused, whoever would have to answer. */
static bool plan_path(struct plan *plan) {
  struct str path = plan->parts.path;
  if (plan->parts.form == FORM_ASTERISK) return true;
  enum path_status status = path_normalise(plan->request->arena, path, &plan->path);
  plan->normal = plan->path;
  if (status == PATH_OK) return true;
  if (status == PATH_NO_MEMORY) return answer(plan, ENDING_NO_MEMORY, (struct str){NULL, 0});
  if (status == PATH_ABOVE_ROOT) return refuse_and_close(plan, CAUSE_CLIMBS, path);
  struct str wrong = str_upto(str_from(path, path_fault(path)), strlen("%00"));
  return refuse_and_close(plan, str_eq(wrong, STR("%00")) ? CAUSE_PERCENT_NUL : CAUSE_PERCENT, wrong);
}

/* RFC 9110 §7.6.2: at 0 the answer is ours. An unreadable number, or two of them, is no count: malformed. */
static bool plan_forwards(struct plan *plan) {
  const struct head *request = plan->request;
  uint64_t count;
  plan->forward.max_forwards = counts_forwards(request);
  plan->forward.max_forwards_left = 0;
  if (!plan->forward.max_forwards) return true;
  const struct field *field = head_find(request, FIELD_MAX_FORWARDS);
  bool twice = has_several(request, FIELD_MAX_FORWARDS);
  if (twice || !read_count(field->value, &count)) {
    return refuse_and_close(plan, twice ? CAUSE_MAX_FORWARDS_TWICE : CAUSE_MAX_FORWARDS, field->value);
  }
  if (count == 0) return answer_last(plan);
  plan->forward.max_forwards_left = count - 1;
  return true;
}

static bool plan_asterisk(struct plan *plan) {
  return plan->parts.form != FORM_ASTERISK || answer(plan, ENDING_LOCAL_OPTIONS, all_methods);
}

static bool plan_route(struct plan *plan) {
  const struct snapshot_listener *listener = plan->facts->listener;
  struct str host = request_target_host_name(plan->parts.host);
  if (!router_find(listener->router, host, plan->path, &plan->match)) return refuse(plan, CAUSE_NO_ROUTE, plan->path);
  plan->route = &listener->routes[plan->match.route];
  return true;
}

static bool plan_secure(struct plan *plan) {
  return !plan->route->config->tls || secure(plan);
}

/* What its own name's handshake would have asked of the client was not asked, where another one was named then. */
static bool secure(struct plan *plan) {
  const struct config_tls *wanted = plan->route->config->tls;
  const struct peer_tls *tls = plan->facts->peer.tls;
  /* What a proxy in front has asked of its clients nobody here knows. */
  if (!tls) return (wanted->client_ca.len == 0 && came_by_https(plan)) || send_to_https(plan);
  const struct config_tls *shown = plan->facts->listener->config->tls[tls->chosen];
  bool asks = wanted->client_ca.len > 0 || wanted->min_version > shown->min_version;
  return shown == wanted || !asks || refuse(plan, CAUSE_MISDIRECTED, (struct str){NULL, 0});
}

/* By 307: neither for good, nor with another method. */
static bool send_to_https(struct plan *plan) {
  struct plan_answer answer = {.status = 307, .type = STR_INIT(""), .body = STR_INIT("")};
  struct str host = plan->parts.host;
  if (host.len == 0) return refuse_and_close(plan, CAUSE_TLS_ONLY, (struct str){NULL, 0});
  answer.location = location_of(plan->request->arena, STR("https://"), host, plan->path, plan->parts.query);
  return answer.location.ptr ? plan_answer(plan, &answer) : plan_lacks_memory(plan);
}

static bool plan_origin(struct plan *plan) {
  return !plan->route->config->has_extras || change_answers(plan);
}

/* What was refused before its route was asked for may be read by pages of other origins where that route allows it to all of
 * them: what it says of its own has no parameters yet. */
static void decided_early(struct plan *plan) {
  const struct snapshot_listener *listener = plan->facts->listener;
  struct router_match match;
  struct str path = plan->parts.path;
  bool sound = plan->decided > PLAN_TARGET && plan->parts.form != FORM_ASTERISK;
  if (!sound || path_normalise(plan->request->arena, path, &path) != PATH_OK) return;
  if (!router_find(listener->router, request_target_host_name(plan->parts.host), path, &match)) return;
  const struct config_route *config = listener->routes[match.route].config;
  if (!config->cors || says_origin(config)) return;
  plan->changes = (struct forward_changes){.relocate = NULL};
  plan->changes_answers = cors_rules(plan->request, plan->parts.host, NULL, &plan->changes.cors);
}

static bool says_origin(const struct config_route *config) {
  for (unsigned i = 0; i < config->response_changes.count; i++) {
    const struct config_change *change = &config->response_changes.at[i];
    if (change->change != CHANGES_remove && str_eq_nocase(change->name, STR("Access-Control-Allow-Origin")))
      return true;
  }
  return false;
}

static bool change_answers(struct plan *plan) {
  const struct config_route *config = plan->route->config;
  struct forward_changes *changes = &plan->changes;
  if (!config->cors && config->response_changes.count == 0) return true;
  *changes = (struct forward_changes){.relocate = NULL};
  plan->changes_answers = true;
  if (!make_rules(plan, &config->response_changes, &changes->rules)) return plan_lacks_memory(plan);
  if (!config->cors) return true;
  if (!cors_rules(plan->request, plan->parts.host, &changes->rules, &changes->cors)) return plan_lacks_memory(plan);
  return !cors_is_preflight(plan->request) || answer(plan, ENDING_PREFLIGHT, (struct str){NULL, 0});
}

static bool plan_action(struct plan *plan) {
  bool (*decide)(struct plan * plan) = action_of(plan->route->config)->decide;
  return !decide || decide(plan);
}

static bool plan_rewrite(struct plan *plan) {
  const struct config_route *config = plan->route->config;
  plan->forward.prefix = (struct str){NULL, 0};
  return !config->has_rewrite || rewrite(plan);
}

/* Apart, since few ask for it: within, it takes the registers that all others need. */
static bool rewrite(struct plan *plan) {
  const struct config_route *config = plan->route->config;
  const struct router_match *match = &plan->match;
  if (str_eq(config->rewrite_text, STR("/"))) plan->forward.prefix = match->matched;
  switch (rewrite_apply(plan->request->arena, &config->rewrite, match->params, match->rest, &plan->path)) {
  case REWRITE_OK:
    if (config->rewrite_response) relocate(plan);
    return true;
  case REWRITE_DOT_SEGMENT:
    return refuse_and_close(plan, CAUSE_REWRITE_DOTS, plan->path);
  case REWRITE_NO_MEMORY:
    return answer(plan, ENDING_NO_MEMORY, (struct str){NULL, 0});
  }
  ENSURE_UNREACHABLE();
}

/* What the client calls so is called otherwise by the target. A parameter at the end of both is the same in both. */
static void relocate(struct plan *plan) {
  const struct router_match *match = &plan->match;
  const struct pattern *pattern = &plan->route->config->pattern;
  struct str shown = match->matched, hidden = str_upto(plan->path, plan->path.len - match->rest.len);
  bool tail = pattern->count > 0 && pattern->segments[pattern->count - 1].kind == SEGMENT_CATCH_ALL;
  struct str last = tail ? match->params[match->count - 1] : STR("");
  if (tail && str_ends_with(shown, last) && str_ends_with(hidden, last)) {
    shown = str_upto(shown, shown.len - last.len);
    hidden = str_upto(hidden, hidden.len - last.len);
  }
  set_relocate(plan, shown, hidden, pattern->match == PATTERN_EXACT && !tail);
}

static void set_relocate(struct plan *plan, struct str shown, struct str hidden, bool exact) {
  if (!plan->changes_answers) plan->changes = (struct forward_changes){.relocate = NULL};
  plan->changes_answers = true;
  plan->relocate = (struct relocate){.shown = shown,
                                     .hidden = hidden,
                                     .exact = exact,
                                     .secure = came_by_https(plan),
                                     .host = plan->parts.host,
                                     .target = STR_INIT(""),
                                     .sent = STR_INIT("")};
  plan->changes.relocate = &plan->relocate;
}

static bool plan_forward(struct plan *plan) {
  const struct head *request = plan->request;
  struct forward_request *forward = &plan->forward;
  struct str host = plan->parts.host;
  plan->upgrade = forward_upgrade(request);
  if (!plan->upgrade.ptr) return answer(plan, ENDING_NO_MEMORY, (struct str){NULL, 0});
  forward->head = request;
  forward->parts = &plan->parts;
  forward->path = plan->path;
  /* HTTP/1.0 without Host: the target is the best name that we have. Until it is known, the first one stands for it. */
  forward->host = host.ptr ? host : first_host(plan);
  forward->host_of_target = !host.ptr;
  forward->client = client_of(plan);
  const struct peer_tls *tls = plan->facts->peer.tls;
  forward->proto = tls ? STR("https") : STR("http");
  forward->client_cert = tls ? str_of(tls->subject) : STR("");
  forward->listener_port = str_make(plan->facts->port_text, plan->facts->port_len);
  forward->trusted = plan_trusts(plan->facts);
  forward->request_id = plan->fresh_id;
  forward->rules = NULL;
  forward->close = settings_of(plan->facts)->upstream_idle == 0;
  return !plan->route->config->has_extras || change_request(plan);
}

static struct str first_host(const struct plan *plan) {
  return target_host_field(plan->route->targets[0]);
}

static bool change_request(struct plan *plan) {
  const struct config_route *config = plan->route->config;
  struct forward_request *forward = &plan->forward;
  if (config->host_header != HOST_HEADER_PRESERVE) forward->host_of_target = config->host_header == HOST_HEADER_TARGET;
  if (forward->host_of_target) forward->host = first_host(plan);
  if (config->host_header == HOST_HEADER_NAME) forward->host = config->host_name;
  /* A target that is told another name says that in its addresses. */
  bool addresses = config->rewrite_response && config->host_header != HOST_HEADER_PRESERVE;
  if (addresses && !config->has_rewrite) set_relocate(plan, STR(""), STR(""), false);
  if (config->request_changes.count == 0) return true;
  forward->rules = &plan->request_rules;
  return make_rules(plan, &config->request_changes, &plan->request_rules) || plan_lacks_memory(plan);
}

/* --- what they need --- */

/* To us, or to a proxy that we trust. */
static bool came_by_https(const struct plan *plan) {
  if (plan->facts->peer.tls) return true;
  const struct field *proto = head_find(plan->request, FIELD_X_FORWARDED_PROTO);
  return proto && plan_trusts(plan->facts) && str_eq_nocase(proto->value, STR("https"));
}

static struct str client_of(const struct plan *plan) {
  const struct peer *peer = &plan->facts->peer;
  return peer_has_address(peer) ? str_of(peer->text) : STR("");
}

/* False: out of memory. */
static bool make_rules(struct plan *plan, const struct config_changes *changes, struct rules *rules) {
  static const enum rule_change made[] = {
      [CHANGES_set] = RULE_SET, [CHANGES_add] = RULE_ADD, [CHANGES_remove] = RULE_REMOVE};
  struct arena *arena = plan->request->arena;
  const struct value_facts facts = {plan->match.params, client_of(plan), plan->parts.host, plan->normal};
  struct rule *at = arena_alloc(arena, changes->count * sizeof *at);
  *rules = (struct rules){at, 0};
  if (!at) return false;
  for (; rules->count < changes->count; rules->count++) {
    const struct config_change *change = &changes->at[rules->count];
    struct rule *rule = &at[rules->count];
    *rule = (struct rule){made[change->change], change->name, STR_INIT("")};
    if (rule->change != RULE_REMOVE) rule->value = value_apply(arena, &change->value, &facts);
    if (!rule->value.ptr) return false;
  }
  return true;
}

const struct forward_changes *plan_own_changes(const struct plan *plan, bool of_action,
                                               struct forward_changes *changes) {
  if (!plan->changes_answers) return NULL;
  *changes = plan->changes;
  changes->relocate = NULL;
  if (!of_action) changes->rules = (struct rules){NULL, 0};
  return changes;
}

bool plan_trusts(const struct plan_facts *facts) {
  const struct config_settings *settings = settings_of(facts);
  const struct peer *peer = &facts->peer;
  for (unsigned i = 0; i < settings->trusted_count; i++) {
    const struct config_network *network = &settings->trusted_proxies[i];
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    if (network->family != peer->family || memcmp(network->bytes, peer->bytes, whole) != 0) continue;
    if (rest == 0 || ((network->bytes[whole] ^ peer->bytes[whole]) >> (8 - rest)) == 0) return true;
  }
  return false;
}

static bool counts_forwards(const struct head *request) {
  if (!head_has(request, FIELD_MAX_FORWARDS)) return false;
  return str_eq(request->method, STR("OPTIONS")) || str_eq(request->method, STR("TRACE"));
}

static bool has_several(const struct head *head, enum field_id id) {
  unsigned found = 0;
  for (unsigned i = 0; i < head->count; i++) found += head->fields[i].id == id;
  return found > 1;
}

/* More than can be counted is the most that can. */
static bool read_count(struct str digits, uint64_t *count) {
  *count = UINT64_MAX;
  if (str_to_u64(digits, count)) return true;
  for (size_t i = 0; i < digits.len; i++) {
    if (digits.ptr[i] < '0' || digits.ptr[i] > '9') return false;
  }
  return digits.len > 0;
}

/* --- the end of a plan; each returns false --- */

static bool refuse(struct plan *plan, enum cause cause, struct str what) {
  plan->ending =
      (struct ending){.reason = ending_reason_of(cause), .side = ENDING_DOWNSTREAM, .cause = cause, .what = what};
  plan->allow = (struct str){NULL, 0};
  plan->close = false;
  return false;
}

/* Of a request that is wrong in itself: what its client says next may be no request, or a body that nobody wants. */
static bool refuse_and_close(struct plan *plan, enum cause cause, struct str what) {
  (void)refuse(plan, cause, what);
  plan->close = true;
  return false;
}

bool plan_answer(struct plan *plan, const struct plan_answer *given) {
  plan->answer = *given;
  return answer(plan, ENDING_COMPLETE, (struct str){NULL, 0});
}

bool plan_refuse(struct plan *plan, enum cause cause, struct str what) {
  return refuse_and_close(plan, cause, what);
}

bool plan_lacks_memory(struct plan *plan) {
  return answer(plan, ENDING_NO_MEMORY, (struct str){NULL, 0});
}

/* Of a request that may not be forwarded once more. */
static bool answer_last(struct plan *plan) {
  if (str_eq(plan->request->method, STR("OPTIONS"))) return answer(plan, ENDING_LOCAL_OPTIONS, methods_here);
  (void)refuse(plan, CAUSE_TRACE, (struct str){NULL, 0});
  plan->allow = methods_here;
  return false;
}

static bool answer(struct plan *plan, enum ending_reason reason, struct str allow) {
  plan->ending = ending_make(reason, ENDING_DOWNSTREAM, 0);
  plan->allow = allow;
  plan->close = false;
  return false;
}
