/* Names are told apart by what they would break: each has its own advice. */
#include "liteginx/config/headers_keys.h"

#include "liteginx/config/scalar.h"
#include "liteginx/config/value_hint.h"

static bool take_changes(const struct taking *taking, const struct take_from *from, bool request,
                         const struct config_route *route, struct config_changes *changes, bool *whole);
static bool take_row(const struct taking *taking, const struct take_from *from, unsigned row, bool request,
                     const struct config_route *route, struct config_changes *changes, bool *whole);
static bool check_name(const struct taking *taking, const struct take_from *from, const struct yaml_node *node,
                       struct str name, bool request);
static bool check_twice(const struct taking *taking, const struct take_from *from, const struct yaml_node *node,
                        const struct config_changes *changes, enum schema_changes_row row, struct str name);
static bool take_value(const struct taking *taking, const struct take_field *field, const struct pattern *pattern,
                       bool request, struct value *value, bool *whole);
static bool take_host(const struct taking *taking, const struct take_from *from, struct config_route *route);

/* What cannot be changed, of which messages, and why. */
static const struct {
  const char *names; /* in lower case, a blank behind each */
  bool request, response;
  const char *why;
} fixed[] = {
    {"host ", true, false, "write 'host_header: NAME'"},
    {"content-length transfer-encoding trailer ", true, true, "it frames the message"},
    {"connection keep-alive proxy-connection te upgrade proxy-authenticate proxy-authentication-info "
     "proxy-authorization ",
     true, true, "it is about one connection, and each side has its own"},
    {"expect max-forwards ", true, false, "it is about the way that the request takes"},
    {"via ", true, true, "a circle of proxies is noticed by it"},
};

bool headers_keys_take(const struct taking *taking, const struct take_from *from, struct config_route *route,
                       bool *whole) {
  struct take_from headers = take_inner(from, SPEC_headers);
  *whole &= take_host(taking, from, route);
  route->has_extras = route->cors || route->host_header != HOST_HEADER_PRESERVE;
  if (!headers.node) return true;
  if (headers.node->reported) *whole = false;
  if (headers.node->reported) return true;
  struct take_from request = take_inner(&headers, HEADERS_request), response = take_inner(&headers, HEADERS_response);
  if (request.node && (take_node(from, SPEC_redirect) || take_node(from, SPEC_respond))) {
    *whole = false;
    struct config_place place = {from->file, request.node->key_line, request.node->key_column};
    config_report_add(taking->report, true, place,
                      "'request' does nothing without 'targets' (no request goes up here)");
  }
  bool good = take_changes(taking, &request, true, route, &route->request_changes, whole) &&
              take_changes(taking, &response, false, route, &route->response_changes, whole);
  route->has_extras |= route->request_changes.count > 0 || route->response_changes.count > 0;
  return good;
}

/* False: out of memory. */
static bool take_changes(const struct taking *taking, const struct take_from *from, bool request,
                         const struct config_route *route, struct config_changes *changes, bool *whole) {
  static const enum schema_changes_row rows[] = {CHANGES_set, CHANGES_add, CHANGES_remove};
  if (!from->node) return true;
  if (from->node->reported) *whole = false;
  if (from->node->reported) return true;
  unsigned most = 0;
  for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) most += take_count(from, rows[i]);
  changes->at = arena_alloc(taking->kept, most * sizeof *changes->at);
  if (!changes->at) return false;
  for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (!take_row(taking, from, rows[i], request, route, changes, whole)) return false;
  }
  return true;
}

static bool take_row(const struct taking *taking, const struct take_from *from, unsigned row, bool request,
                     const struct config_route *route, struct config_changes *changes, bool *whole) {
  const struct yaml_node *all = take_node(from, row);
  bool named = row != CHANGES_remove;
  if (!all || all->reported) *whole &= !all;
  if (!all || all->reported) return true;
  struct yaml_node *node = all->first;
  for (unsigned i = 0; i < take_count(from, row); i++, node = node->next) {
    const struct fill_value *values = &from->values[row];
    const char *text = named ? values->pairs[i].value.text : values->texts[i];
    struct take_field field = {from->table->rows[row].name, from->table->rows[row].item, str_of(text), from->file,
                               node};
    struct config_change change = {.change = (enum schema_changes_row)row};
    struct str name = named ? node->key : field.text;
    if (node->reported) *whole = false;
    if (node->reported) continue;
    if (!check_name(taking, from, node, name, request) ||
        !check_twice(taking, from, node, changes, change.change, name)) {
      *whole = false;
      continue;
    }
    change.name = arena_dup(taking->kept, name);
    if (!change.name.ptr) return false;
    if (named) field.name = arena_printf(taking->scratch, "%.*s", STR_ARG(name)).ptr;
    if (named && (!field.name || !take_value(taking, &field, &route->pattern, request, &change.value, whole)))
      return false;
    changes->at[changes->count++] = change;
  }
  return true;
}

/* False: it is told. */
static bool check_name(const struct taking *taking, const struct take_from *from, const struct yaml_node *node,
                       struct str name, bool request) {
  struct config_place place = {from->file, node->key.ptr ? node->key_line : node->line,
                               node->key.ptr ? node->key_column : node->column};
  struct str kept;
  if (!scalar_field_name(taking->scratch, name, &kept)) {
    config_report_add(taking->report, true, place, "'%s' is no name of a field (such as X-Api-Key)",
                      config_quote(name).text);
    return false;
  }
  for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
    if (request ? !fixed[i].request : !fixed[i].response) continue;
    struct str rest = str_of(fixed[i].names), one;
    while (str_next(&rest, ' ', &one)) {
      if (!str_eq_nocase(one, name)) continue;
      config_report_add(taking->report, true, place, "the field '%s' cannot be changed here (%s)",
                        config_quote(name).text, fixed[i].why);
      return false;
    }
  }
  return true;
}

/* YAML tells small letters from capitals, HTTP does not. */
static bool check_twice(const struct taking *taking, const struct take_from *from, const struct yaml_node *node,
                        const struct config_changes *changes, enum schema_changes_row row, struct str name) {
  for (unsigned i = 0; i < changes->count; i++) {
    const struct config_change *other = &changes->at[i];
    bool both = other->change == row || (row == CHANGES_remove && other->change == CHANGES_set);
    if (!both || !str_eq_nocase(other->name, name)) continue;
    struct config_place place = {from->file, node->key.ptr ? node->key_line : node->line,
                                 node->key.ptr ? node->key_column : node->column};
    config_report_add(taking->report, true, place, "the field '%s' is here twice (names of fields have no case%s)",
                      config_quote(name).text, other->change == row ? "" : "; 'set' takes away what was there");
    return false;
  }
  return true;
}

/* False: out of memory. */
static bool take_value(const struct taking *taking, const struct take_field *field, const struct pattern *pattern,
                       bool request, struct value *value, bool *whole) {
  static const struct pattern none = {.segments = NULL};
  struct template_fault fault;
  size_t offset;
  struct str kept = arena_dup(taking->kept, field->text);
  if (!kept.ptr) return false;
  struct str hint = value_hint(taking->scratch, field->text, field->node->plain_dollar, request, &offset);
  if (value_parse(taking->kept, kept, pattern->segments ? pattern : &none, value, &fault)) {
    if (offset < kept.len && kept.ptr[offset] != '$') hint = STR(""); /* a parameter of the path */
    take_warn(taking, field, take_place_in(field, offset), "this '$' stands for itself", hint);
    return true;
  }
  *whole = false;
  /* Without its path nobody knows which parameters there are. */
  if (fault.what && pattern->segments) {
    if (offset != fault.offset) hint = STR("");
    take_fault(taking, field, take_place_in(field, fault.offset), fault.what, hint);
  }
  return fault.what != NULL;
}

/* False: it is told. */
static bool take_host(const struct taking *taking, const struct take_from *from, struct config_route *route) {
  struct take_field field = take_field(from, SPEC_host_header);
  struct str text = STR("preserve");
  if (!take_text(taking, &field, &text)) return false;
  route->host_header = HOST_HEADER_NAME;
  if (str_eq_nocase(text, STR("preserve"))) route->host_header = HOST_HEADER_PRESERVE;
  if (str_eq_nocase(text, STR("target"))) route->host_header = HOST_HEADER_TARGET;
  route->host_name = text;
  const char *word = route->host_header == HOST_HEADER_NAME ? value_hint_host_word(text) : NULL;
  if (word) {
    config_report_add(taking->report, false, take_place(&field), "targets are told the host '%s' (did you mean '%s'?)",
                      config_quote(text).text, word);
  }
  return true;
}
