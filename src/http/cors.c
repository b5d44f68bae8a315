/* What a preflight asks for is what it is granted: the answer to the request itself is still the target's. */
#include "liteginx/http/cors.h"

#include "liteginx/http/request_target.h"

static struct str origin_of(const struct head *request);
static struct str value_of(const struct head *head, struct str name);
static bool is_local_name(struct str name);
static struct rule *find(const struct rules *rules, struct str name);

enum { RULES_MOST = 8 };

/* Names with commas between them. */
struct list {
  char *text;
  size_t len, room;
};

static void list_add(struct list *list, struct str name);

static const struct str allow_origin = STR_INIT("Access-Control-Allow-Origin");
static const struct str allow_credentials = STR_INIT("Access-Control-Allow-Credentials");
static const struct str expose_headers = STR_INIT("Access-Control-Expose-Headers");

/* What a browser asks for anew after ten minutes; most of them know no longer time. */
static const struct str max_age = STR_INIT("600");

bool cors_is_preflight(const struct head *request) {
  return str_eq(request->method, STR("OPTIONS")) && origin_of(request).len > 0 &&
         value_of(request, STR("Access-Control-Request-Method")).len > 0;
}

bool cors_is_said(const struct head *response, const struct rules *changes) {
  bool kept = value_of(response, allow_origin).ptr && !rules_take(changes, allow_origin);
  return kept || rules_put(changes, allow_origin);
}

/* Those that go, each once, but not what every page may read or no page at all; and ours. */
bool cors_expose(const struct forward_response *response) {
  const struct head *head = response->head;
  const struct rules *rules = &response->changes->rules, *cors = &response->changes->cors;
  struct rule *exposed = find(cors, expose_headers);
  struct list list = {.len = 0};
  if (!exposed || !find(cors, allow_credentials)) return true;
  list.room = forward_response_bytes(response);
  list.text = arena_alloc(head->arena, list.room);
  if (!list.text) return false;
  for (unsigned i = 0; i < head->count; i++) {
    if (forward_response_goes(response, i)) list_add(&list, head->fields[i].name);
  }
  const struct forward forward = {.response = response};
#define LIST_OWN(id, name, value) \
  if ((value).len && !head_has(head, id) && !rules_take(rules, STR(name))) list_add(&list, STR(name));
  FORWARD_RESPONSE_OWN(LIST_OWN, &forward)
#undef LIST_OWN
  unsigned at = 0;
  for (const struct rule *rule; (rule = forward_next_rule(rules, &at)) != NULL;) list_add(&list, rule->name);
  exposed->value = str_make(list.text, list.len);
  return true;
}

static void list_add(struct list *list, struct str name) {
  struct str rest = str_make(list->text, list->len), one;
  while (str_next(&rest, ',', &one)) {
    if (str_eq_nocase(str_trim(one), name)) return;
  }
  ENSURE(name.len + strlen(", ") <= list->room - list->len);
  if (list->len) list->text[list->len++] = ',';
  if (list->len) list->text[list->len++] = ' ';
  memcpy(list->text + list->len, name.ptr, name.len);
  list->len += name.len;
}

/* The last one that puts such a field; NULL: none does. */
static struct rule *find(const struct rules *rules, struct str name) {
  struct rule *found = NULL;
  for (unsigned i = 0; rules && i < rules->count; i++) {
    if (rules->at[i].change != RULE_REMOVE && str_eq_nocase(rules->at[i].name, name)) found = &rules->at[i];
  }
  return found;
}

bool cors_is_near(struct str origin, struct str host) {
  struct str http = STR("http://"), https = STR("https://");
  if (str_starts_with(origin, http)) {
    origin = str_from(origin, http.len);
  } else if (str_starts_with(origin, https)) {
    origin = str_from(origin, https.len);
  } else {
    return false;
  }
  struct str name = request_target_host_name(origin), port = str_from(origin, name.len);
  for (size_t i = 0; i < port.len; i++) {
    if (i == 0 ? port.ptr[i] != ':' : !str_is_digit(port.ptr[i])) return false;
  }
  return is_local_name(name) || (name.len > 0 && str_eq_nocase(name, request_target_host_name(host)));
}

bool cors_rules(const struct head *request, struct str host, const struct rules *own, struct rules *rules) {
  struct str origin = origin_of(request);
  *rules = (struct rules){NULL, 0};
  struct rule *at = arena_alloc(request->arena, RULES_MOST * sizeof *at);
  if (!at) return false;
  unsigned count = 0;
  const struct rule *said = find(own, allow_origin), *credentials = find(own, allow_credentials);
  bool near = !said && cors_is_near(origin, host), preflight = cors_is_preflight(request);
  struct str fields = value_of(request, STR("Access-Control-Request-Headers"));
#define PUT(name, value)        \
  at[count++] = (struct rule) { \
    RULE_ADD, name, value       \
  }
  if (said) PUT(allow_origin, said->value);
  if (said && credentials) PUT(allow_credentials, credentials->value);
  if (!said && origin.len) PUT(allow_origin, near ? origin : STR("*"));
  if (near) PUT(allow_credentials, STR("true"));
  if (preflight) {
    PUT(STR("Access-Control-Allow-Methods"), value_of(request, STR("Access-Control-Request-Method")));
    if (fields.len) PUT(STR("Access-Control-Allow-Headers"), fields);
    if (value_of(request, STR("Access-Control-Request-Private-Network")).len) {
      PUT(STR("Access-Control-Allow-Private-Network"), STR("true"));
    }
    PUT(STR("Access-Control-Max-Age"), max_age);
    PUT(STR("Vary"), STR("Origin, Access-Control-Request-Method, Access-Control-Request-Headers"));
  } else {
    if (origin.len) PUT(expose_headers, STR("*"));
    PUT(STR("Vary"), STR("Origin"));
  }
#undef PUT
  ENSURE(count <= RULES_MOST);
  *rules = (struct rules){at, count};
  return true;
}

/* Of the one that asks; two of them name none. */
static struct str origin_of(const struct head *request) {
  unsigned count = 0;
  for (unsigned i = 0; i < request->count; i++) count += str_eq_nocase(request->fields[i].name, STR("Origin"));
  return count == 1 ? value_of(request, STR("Origin")) : STR("");
}

/* Of the first field of that name; ptr NULL: there is none. */
static struct str value_of(const struct head *head, struct str name) {
  for (unsigned i = 0; i < head->count; i++) {
    if (str_eq_nocase(head->fields[i].name, name)) return head->fields[i].value;
  }
  return (struct str){NULL, 0};
}

static bool is_local_name(struct str name) {
  struct str dot = STR(".localhost"), loopback = STR("127.");
  ENSURE(name.ptr != NULL);
  bool below = name.len > dot.len && str_eq_nocase(str_from(name, name.len - dot.len), dot);
  bool digits = str_starts_with(name, loopback);
  for (size_t i = 0; digits && i < name.len; i++)
    digits = name.ptr[i] == '.' || (name.ptr[i] >= '0' && name.ptr[i] <= '9');
  return below || digits || str_eq_nocase(name, STR("localhost")) || str_eq(name, STR("[::1]"));
}
