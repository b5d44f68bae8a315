/* The words become the bytes that a client would send, and go through the parser and the plan like those: what is explained
 * is what is served. */
#include "liteginx/cli/explained.h"

#include <uv.h>

#include "liteginx/base/clock.h"
#include "liteginx/base/ip.h"
#include "liteginx/cli/url.h"
#include "liteginx/config/scalar.h"
#include "liteginx/config/share.h"
#include "liteginx/session/reason.h"
#include "liteginx/wire/http1_head.h"

enum { BOUND_BYTES = 64 * 1024 * 1024, COMPARED_BYTES = 128 };

static struct str fresh_id(struct explained *explained);
static bool check_lines(struct explained *explained, const struct explained_request *request);
static bool is_line(struct str text);
static bool read_place(struct explained *explained, struct str text, struct url *url);
static bool find_local(struct explained *explained, struct str text, struct url *url);
static bool find_listener(struct explained *explained, const struct url *url);
static bool is_there(const struct config_address *address, const struct url *url);
static struct str ports_text(struct explained *explained);
static bool read_client(struct explained *explained, struct str from);
static bool shake_hands(struct explained *explained, const struct url *url);
static bool shows(const struct config_tls *tls, struct str name, bool wildcards);
static struct str request_text(struct explained *explained, const struct explained_request *request,
                               const struct url *url);
static bool plan_text(struct explained *explained, struct str text);
static struct str answer_text(struct arena *arena, const struct plan_answer *answer);
static bool refuse(struct explained *explained, struct str sentence);
static struct router_entry entry_of(const struct config_route *route);
static unsigned distance(struct str a, struct str b);

void explained_make(struct explained *explained, const struct snapshot *snapshot,
                    const struct explained_request *request) {
  struct url url;
  *explained = (struct explained){.snapshot = snapshot};
  arena_init(&explained->arena, NULL, BOUND_BYTES);
  plan_init(&explained->plan);
  explained->plan.fresh_id = fresh_id(explained);
  if (!check_lines(explained, request) || !read_place(explained, request->url, &url)) return;
  if (explained_is_tcp(explained) || !read_client(explained, request->from)) return;
  if (url.secure && !shake_hands(explained, &url)) return;
  unsigned port = explained->listener->config->address.port;
  explained->facts.listener = explained->listener;
  plan_facts_port(&explained->facts, port ? port : url.port);
  struct str text = request_text(explained, request, &url);
  if (text.ptr && plan_text(explained, text)) return;
  explained->no_memory = explained->problem.len == 0;
  if (explained->no_memory) explained->problem = STR("out of memory");
}

void explained_free(struct explained *explained) {
  arena_reset(&explained->arena);
}

unsigned explained_status(const struct explained *explained) {
  if (!explained->answered) return 0;
  unsigned given = explained->plan.answer.status;
  return given ? given : ending_status(explained->ending.reason);
}

bool explained_is_tcp(const struct explained *explained) {
  return explained->listener->config->kind == KIND_TCP;
}

const struct snapshot_route *explained_route(const struct explained *explained) {
  return explained_is_tcp(explained) ? &explained->listener->routes[0] : explained->plan.route;
}

struct rank explained_loss(const struct explained *explained, unsigned index) {
  const struct snapshot_route *routes = explained->listener->routes, *winner = explained->plan.route;
  struct router_entry mine = entry_of(routes[index].config), theirs = {.pattern = NULL};
  if (winner) theirs = entry_of(winner->config);
  return rank_loss(&mine, winner ? &theirs : NULL, request_target_host_name(explained->plan.parts.host),
                   explained->plan.normal);
}

/* A short list, kept in order: few are wanted of any number of routes. */
unsigned explained_nearest(const struct explained *explained, unsigned *indexes, unsigned most) {
  const struct snapshot_listener *listener = explained->listener;
  struct str host = request_target_host_name(explained->plan.parts.host);
  unsigned count = 0, distances[16];
  ENSURE(most <= sizeof distances / sizeof distances[0]);
  for (unsigned i = 0; i < listener->route_count; i++) {
    const struct config_route *route = listener->routes[i].config;
    unsigned away = distance(route->path, explained->plan.normal) + (route->host.len ? distance(route->host, host) : 0);
    unsigned at = count;
    while (at > 0 && distances[at - 1] > away) at--;
    if (at == most) continue;
    if (count < most) count++;
    for (unsigned moved = count - 1; moved > at; moved--) {
      distances[moved] = distances[moved - 1];
      indexes[moved] = indexes[moved - 1];
    }
    distances[at] = away;
    indexes[at] = i;
  }
  return count;
}

/* As any request would get one. */
static struct str fresh_id(struct explained *explained) {
  struct uuid_source source;
  struct timespec now = clock_now();
  unsigned char seed[16] = {0};
  (void)uv_random(NULL, NULL, seed, sizeof seed, 0, NULL);
  uuid_seed(&source, seed);
  return uuid_make(&source, (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000, explained->fresh_id);
}

/* --- from words to a request --- */

/* False: explained->problem says why not. A line break would end the field, and begin another one. */
static bool check_lines(struct explained *explained, const struct explained_request *request) {
  bool good = is_line(request->method) && is_line(request->url);
  for (unsigned i = 0; i < request->field_count; i++) good = good && is_line(request->fields[i]);
  return good || refuse(explained, STR("the method, the URL and each field are one line, without a NUL byte"));
}

static bool is_line(struct str text) {
  return str_find(text, '\r') == text.len && str_find(text, '\n') == text.len && str_find(text, '\0') == text.len;
}

/* Fills *url and explained->listener. False: explained->problem says why not. */
static bool read_place(struct explained *explained, struct str text, struct url *url) {
  if (find_local(explained, text, url)) return url->target.ptr || refuse(explained, url->target);
  struct str fault = url_read(&explained->arena, text, url);
  if (!fault.ptr || fault.len) return refuse(explained, fault);
  return find_listener(explained, url);
}

/* A Unix socket's listener goes by the name that is written in the configuration, which the path follows at once: of several,
 * the longest name. */
static bool find_local(struct explained *explained, struct str text, struct url *url) {
  const struct snapshot *snapshot = explained->snapshot;
  struct str longest = STR("");
  for (unsigned i = 0; i < snapshot->listener_count; i++) {
    const struct config_address *address = &snapshot->listeners[i].config->address;
    if (address->scope != SCOPE_LOCAL || !str_starts_with(text, address->text)) continue;
    if (address->text.len <= longest.len) continue;
    longest = address->text;
    explained->listener = &snapshot->listeners[i];
  }
  if (longest.len) *url = (struct url){.target = url_target(&explained->arena, str_from(text, longest.len))};
  return longest.len > 0;
}

/* Of several that the URL could mean, as without host and port, the first HTTP one. */
static bool find_listener(struct explained *explained, const struct url *url) {
  const struct snapshot *snapshot = explained->snapshot;
  for (unsigned i = 0; i < snapshot->listener_count; i++) {
    const struct snapshot_listener *listener = &snapshot->listeners[i];
    bool meant = url->port ? is_there(&listener->config->address, url) : listener->config->kind == KIND_HTTP;
    if (meant && !explained->listener) explained->listener = listener;
  }
  if (explained->listener) return true;
  struct str ports = ports_text(explained);
  if (!ports.ptr) return refuse(explained, ports);
  if (url->port == 0) return refuse(explained, STR("there is no HTTP listener"));
  return refuse(explained, arena_printf(&explained->arena, "nothing listens on port %u%s%.*s; there is %.*s", url->port,
                                        url->host.len ? " of " : "", STR_ARG(url->host), STR_ARG(ports)));
}

/* Does the URL lead to this address? A name may lead to any, and so may 0.0.0.0, where clients find their own machine. */
static bool is_there(const struct config_address *address, const struct url *url) {
  static const unsigned char unspecified[16] = {0};
  struct config_network asked;
  struct share shares[SHARE_MOST];
  struct str host = url->host;
  if (address->port != url->port) return false;
  if (str_starts_with(host, STR("["))) host = str_make(host.ptr + 1, str_find(host, ']') - 1);
  if (!scalar_address(host, &asked) || memcmp(asked.bytes, unspecified, sizeof unspecified) == 0) return true;
  unsigned count = share_find(address, shares);
  bool found = false;
  for (unsigned i = 0; i < count; i++) found = found || share_holds(&shares[i], &asked);
  return found;
}

static struct str ports_text(struct explained *explained) {
  const struct snapshot *snapshot = explained->snapshot;
  struct str list = STR("");
  for (unsigned i = 0; i < snapshot->listener_count && list.ptr; i++) {
    const struct config_listener *listener = snapshot->listeners[i].config;
    list = arena_printf(&explained->arena, "%.*s%s%.*s%s", STR_ARG(list), i ? ", " : "",
                        STR_ARG(listener->address.text), listener->kind == KIND_TCP ? " (TCP)" : "");
  }
  return list;
}

/* Over a Unix socket it has no address, unless one is asked for. */
static bool read_client(struct explained *explained, struct str from) {
  struct peer *peer = &explained->facts.peer;
  bool local = from.len == 0 && explained->listener->config->address.scope == SCOPE_LOCAL;
  struct str address = local ? STR("unix:") : from.len ? from : STR("127.0.0.1");
  if (local) {
    peer->family = PEER_LOCAL;
  } else if (ip_read_v4(address, peer->bytes)) {
    peer->family = PEER_IPV4;
  } else if (ip_read_v6(address, peer->bytes)) {
    peer->family = PEER_IPV6;
  }
  if (!peer->family || address.len >= sizeof peer->text) {
    return refuse(explained, arena_printf(&explained->arena, "'%.*s' is no address of a client", STR_ARG(from)));
  }
  memcpy(peer->text, address.ptr, address.len);
  return true;
}

/* What TLS would have chosen by the name in the URL. */
static bool shake_hands(struct explained *explained, const struct url *url) {
  const struct config_listener *listener = explained->listener->config;
  struct peer_tls *tls = &explained->tls;
  if (listener->tls_count == 0) {
    return refuse(explained, arena_printf(&explained->arena, "%.*s speaks no TLS: ask for http://",
                                          STR_ARG(listener->address.text)));
  }
  *tls = (struct peer_tls){.version = "TLSv1.3", .subject = ""};
  for (int wildcards = 0; wildcards <= 1; wildcards++) {
    for (unsigned i = 0; i < listener->tls_count; i++) {
      if (!shows(listener->tls[i], url->host, wildcards)) continue;
      tls->chosen = i;
      wildcards = 1;
      break;
    }
  }
  explained->facts.peer.tls = tls;
  return true;
}

static bool shows(const struct config_tls *tls, struct str name, bool wildcards) {
  for (unsigned i = 0; i < tls->host_count; i++) {
    struct str host = tls->hosts[i];
    bool wild = str_starts_with(host, STR("*."));
    if (!wild && str_eq_nocase(host, name)) return true;
    if (wild && wildcards && name.len > host.len - 1 &&
        str_eq_nocase(str_from(name, name.len - host.len + 1), str_from(host, 1))) {
      return true;
    }
  }
  return false;
}

/* A field Host of the user's own goes before that of the URL. ptr NULL: out of memory. */
static struct str request_text(struct explained *explained, const struct explained_request *request,
                               const struct url *url) {
  struct arena *arena = &explained->arena;
  struct str fields = STR(""), method = request->method.len ? request->method : STR("GET");
  bool host = false;
  for (unsigned i = 0; i < request->field_count && fields.ptr; i++) {
    struct str field = request->fields[i];
    host |= str_eq_nocase(str_upto(field, str_find(field, ':')), STR("Host"));
    fields = arena_printf(arena, "%.*s%.*s\r\n", STR_ARG(fields), STR_ARG(field));
  }
  struct str authority = url->authority;
  if (url->host.len == 0 && url->port) authority = arena_printf(arena, "localhost:%u", url->port);
  unsigned port = explained->facts.listener_port;
  if (authority.len == 0) authority = port ? arena_printf(arena, "localhost:%u", port) : STR("localhost");
  if (!fields.ptr || !authority.ptr) return (struct str){NULL, 0};
  return arena_printf(arena, "%.*s %.*s HTTP/1.1\r\n%s%.*s%s%.*s\r\n", STR_ARG(method), STR_ARG(url->target),
                      host ? "" : "Host: ", STR_ARG(host ? STR("") : authority), host ? "" : "\r\n", STR_ARG(fields));
}

/* --- from the request to what becomes of it --- */

/* False: out of memory. */
static bool plan_text(struct explained *explained, struct str text) {
  const struct config_settings *settings = &explained->snapshot->config->settings;
  const struct wire_limits limits = {settings->max_header_bytes, settings->max_header_fields};
  struct plan *plan = &explained->plan;
  struct str culprit;
  enum cause cause = http1_read_request(text, &limits, &explained->head, &explained->arena, &culprit);
  if (cause != CAUSE_NONE) {
    explained->ending =
        (struct ending){.reason = ending_reason_of(cause), .side = ENDING_DOWNSTREAM, .cause = cause, .what = culprit};
    explained->answered = true;
  } else {
    plan_make(plan, &explained->facts, &explained->head);
    explained->planned = true;
    explained->ending = plan->ending;
    explained->answered = plan->decided != PLAN_STEP_COUNT;
    explained->routed = plan->decided >= PLAN_ROUTE;
    if (!explained->answered) explained->sent = http1_write_request(&plan->forward);
  }
  if (!explained->answered) return explained->sent.ptr != NULL;
  if (plan->answer.status) {
    explained->sentence = answer_text(&explained->arena, &plan->answer);
    return explained->sentence.ptr != NULL;
  }
  if (!ending_has_cause(explained->ending.reason)) {
    explained->sentence = str_of(ending_sentence(explained->ending.reason));
    return true;
  }
  struct reason reason = {
      .ending = explained->ending,
      .settings = settings,
      .route = plan->route ? plan->route->config : NULL,
      .host = plan->parts.host,
      .path = plan->path,
      .passes = PLAN_MOST_PASSES,
  };
  explained->ending.cause = reason_cause(&reason);
  explained->sentence = reason_text(&explained->arena, &reason);
  return true;
}

/* What an action answers, behind its status. */
static struct str answer_text(struct arena *arena, const struct plan_answer *answer) {
  size_t bytes = answer->body.len;
  if (answer->location.len) return arena_printf(arena, "to %.*s", STR_ARG(answer->location));
  return arena_printf(arena, "%.*s%s%zu byte%s", STR_ARG(answer->type), answer->type.len ? ", " : "", bytes,
                      bytes == 1 ? "" : "s");
}

/* False. A sentence without ptr: out of memory. */
static bool refuse(struct explained *explained, struct str sentence) {
  explained->no_memory = !sentence.ptr;
  explained->problem = sentence.ptr ? sentence : STR("out of memory");
  return false;
}

/* --- other routes --- */

static struct router_entry entry_of(const struct config_route *route) {
  return (struct router_entry){route->host, &route->pattern};
}

/* How many letters have to be changed, added or left out (Levenshtein); of long texts the beginning. */
static unsigned distance(struct str a, struct str b) {
  unsigned row[COMPARED_BYTES + 1];
  a = str_upto(a, COMPARED_BYTES);
  b = str_upto(b, COMPARED_BYTES);
  for (unsigned i = 0; i <= a.len; i++) row[i] = i;
  for (unsigned j = 1; j <= b.len; j++) {
    unsigned diagonal = row[0];
    row[0] = j;
    for (unsigned i = 1; i <= a.len; i++) {
      unsigned changed = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
      unsigned shifted = (row[i] < row[i - 1] ? row[i] : row[i - 1]) + 1;
      diagonal = row[i];
      row[i] = changed < shifted ? changed : shifted;
    }
  }
  return row[a.len];
}
