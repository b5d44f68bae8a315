/* What a preflight asks for is what it is granted: the answer to the request itself is still the target's. */
#include "liteginx/http/cors.h"

static struct str value_of(const struct head *head, struct str name);
static bool is_local_name(struct str name);
static struct str name_of(struct str authority);

enum { RULES_MOST = 8 };

/* What a browser asks for anew after ten minutes; most of them know no longer time. */
static const struct str max_age = STR_INIT("600");

bool cors_is_preflight(const struct head *request) {
  return str_eq(request->method, STR("OPTIONS")) && value_of(request, STR("Origin")).len > 0 &&
         value_of(request, STR("Access-Control-Request-Method")).len > 0;
}

bool cors_is_said(const struct head *response) {
  return value_of(response, STR("Access-Control-Allow-Origin")).ptr != NULL;
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
  struct str name = name_of(origin);
  return is_local_name(name) || (name.len > 0 && str_eq_nocase(name, name_of(host)));
}

bool cors_rules(const struct head *request, struct str host, struct rules *rules) {
  struct str origin = value_of(request, STR("Origin"));
  *rules = (struct rules){NULL, 0};
  if (origin.len == 0) return true;
  struct rule *at = arena_alloc(request->arena, RULES_MOST * sizeof *at);
  if (!at) return false;
  unsigned count = 0;
  bool near = cors_is_near(origin, host), preflight = cors_is_preflight(request);
  struct str fields = value_of(request, STR("Access-Control-Request-Headers"));
#define PUT(name, value) at[count++] = (struct rule){RULE_ADD, STR(name), value}
  PUT("Access-Control-Allow-Origin", near ? origin : STR("*"));
  if (near) PUT("Access-Control-Allow-Credentials", STR("true"));
  if (preflight) {
    PUT("Access-Control-Allow-Methods", value_of(request, STR("Access-Control-Request-Method")));
    if (fields.len) PUT("Access-Control-Allow-Headers", fields);
    if (value_of(request, STR("Access-Control-Request-Private-Network")).len) {
      PUT("Access-Control-Allow-Private-Network", STR("true"));
    }
    PUT("Access-Control-Max-Age", max_age);
    PUT("Vary", STR("Origin, Access-Control-Request-Method, Access-Control-Request-Headers"));
  } else {
    PUT("Access-Control-Expose-Headers", STR("*"));
    PUT("Vary", STR("Origin"));
  }
#undef PUT
  ENSURE(count <= RULES_MOST);
  *rules = (struct rules){at, count};
  return true;
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

static struct str name_of(struct str authority) {
  if (str_starts_with(authority, STR("["))) return str_upto(authority, str_find(authority, ']') + 1);
  return str_upto(authority, str_find(authority, ':'));
}
