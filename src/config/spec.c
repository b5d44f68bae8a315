/* The rows say most of it. What is left is what they cannot: an address depends on the settings, a path and its rewrite are
 * read together, and which keys may be there depends on the kind. A wrong value never ends a spec: the others are looked at,
 * too. */
#include "liteginx/config/spec.h"

#include "liteginx/base/socket_path.h"
#include "liteginx/config/choice.h"
#include "liteginx/config/headers_keys.h"
#include "liteginx/config/hint.h"
#include "liteginx/config/path_hint.h"
#include "liteginx/config/redirect_keys.h"
#include "liteginx/config/respond_keys.h"
#include "liteginx/config/rewrite_hint.h"
#include "liteginx/config/scalar.h"
#include "liteginx/config/tables.h"

static bool take_listen(const struct taking *taking, const struct take_field *field, enum config_bind bind,
                        struct config_address *address);
static void warn_of_host(const struct taking *taking, const struct take_from *from, struct str host);
static bool take_path(const struct taking *taking, const struct take_from *from, struct config_route *route,
                      bool *whole);
static bool take_rewrite(const struct taking *taking, const struct take_field *field,
                         const struct rewrite_hint_path *path, struct config_route *route, bool *whole);
static bool check_lone_rewrite(const struct taking *taking, const struct take_field *field,
                               const struct rewrite_hint_path *path);
static void refuse_http_keys(const struct taking *taking, const struct take_from *from, bool *whole);
static bool take_action(const struct taking *taking, const struct take_from *from, struct config_route *route,
                        bool *whole);
static bool take_targets(const struct taking *taking, const struct take_from *from, const struct config_target *blank,
                         struct config_route *route, bool *whole);
static bool take_target(const struct taking *taking, const struct take_from *from, struct config_target *target,
                        bool *whole);
static void check_target_keys(const struct taking *taking, const struct take_from *from, const char *sort, bool *whole);
static bool take_socket(const struct taking *taking, const struct take_field *field, struct str named,
                        struct str *path);

/* What an http spec may do instead of having targets. */
static const struct {
  enum schema_spec_row row;
  bool (*take)(const struct taking *taking, const struct take_from *from, struct config_route *route, bool *whole);
} actions[] = {{SPEC_redirect, redirect_keys_take}, {SPEC_respond, respond_keys_take}};

void spec_start_init(struct spec_start *start, const struct config_settings *settings) {
  *start = (struct spec_start){.bind = settings->bind,
                               .route = {.host = STR_INIT(""), .action = SPEC_targets},
                               .target = {.host = STR_INIT("")}};
  key_defaults(&schema_spec, &start->route);
  key_defaults(&schema_target, &start->target);
  start->route.hold_ms = settings->hold_ms;
}

bool spec_take(const struct taking *taking, const struct spec_start *start, const struct take_from *from,
               struct str name, struct merge_spec *spec, bool *usable) {
  struct config_place place = {from->file, from->node->line, from->node->column};
  struct take_field kind_field = take_field(from, SPEC_kind), listen = take_field(from, SPEC_listen);
  struct take_field hold = take_field(from, SPEC_hold);
  const struct yaml_node *timeouts = take_node(from, SPEC_timeouts);
  struct config_route *route = &spec->route;
  uint64_t kind = KIND_HTTP;
  *spec = (struct merge_spec){.hold_place = place, .timeouts_place = place, .whole = true, .route = start->route};
  route->name = name;
  route->place = place;
  bool known = take_number(taking, &kind_field, &kind);
  bool http = known ? kind == KIND_HTTP : take_node(from, SPEC_path) != NULL;
  *usable = take_listen(taking, &listen, start->bind, &spec->address) && known;
  spec->whole &= take_all(taking, from, http ? "http" : NULL, route);
  if (http && !take_path(taking, from, route, &spec->whole)) return false;
  if (http) warn_of_host(taking, from, route->host);
  if (known && !http) refuse_http_keys(taking, from, &spec->whole);
  spec->whole &= choice_check(taking, from, http ? "http" : NULL);
  if (http && !headers_keys_take(taking, from, route, &spec->whole)) return false;
  if (http && !take_action(taking, from, route, &spec->whole)) return false;
  if (!take_targets(taking, from, &start->target, route, &spec->whole)) return false;
  if (timeouts) spec->timeouts_place = (struct config_place){from->file, timeouts->key_line, timeouts->key_column};
  if (hold.node) spec->hold_place = take_key_place(&hold);
  if (!*usable) return true;
  spec->kind = (enum config_kind)kind;
  spec->listen_place = take_place(&listen);
  return true;
}

static bool take_listen(const struct taking *taking, const struct take_field *field, enum config_bind bind,
                        struct config_address *address) {
  if (take_state(field) != TAKE_THERE) return false;
  if (scalar_listen(field->text, bind == BIND_ALL ? SCOPE_ALL : SCOPE_LOOPBACK, address)) {
    return address->scope != SCOPE_LOCAL || take_socket(taking, field, address->path, &address->path);
  }
  size_t colon = str_find(field->text, ':');
  bool digits = field->text.len && colon == field->text.len && str_find(field->text, '.') == colon;
  return take_refuse(taking, field,
                     digits ? STR("a port 0..65535, or ADDRESS:PORT") : str_of(field->key->text->expected),
                     hint_listen(taking->scratch, field->text));
}

static void warn_of_host(const struct taking *taking, const struct take_from *from, struct str host) {
  struct take_field field = take_field(from, SPEC_host);
  if (take_state(&field) != TAKE_THERE) return;
  take_warn(taking, &field, take_place(&field), "only a request for this very name matches it",
            hint_taken_host(taking->scratch, host));
}

/* Everything that makes an http spec's path. False: out of memory. */
static bool take_path(const struct taking *taking, const struct take_from *from, struct config_route *route,
                      bool *whole) {
  struct take_field path = take_field(from, SPEC_path), rewrite = take_field(from, SPEC_rewrite);
  struct take_field match_field = take_field(from, SPEC_match);
  struct template_fault fault = {.what = NULL};
  uint64_t match = PATTERN_PREFIX;
  size_t offset;
  if (!take_number(taking, &match_field, &match)) *whole = false;
  if (take_state(&path) != TAKE_THERE || take_state(&rewrite) == TAKE_REPORTED) *whole = false;
  if (take_state(&path) == TAKE_ABSENT && !from->node->merged) {
    config_report_add(taking->report, true, route->place, "missing key 'path'");
  }
  if (take_state(&path) != TAKE_THERE) return true;
  route->path = arena_dup(taking->kept, path.text);
  if (!route->path.ptr) return false;
  struct rewrite_hint_path written = {route->path, (enum pattern_match)match};
  struct str hint = path_hint(taking->scratch, path.text, &offset);
  if (!pattern_parse(taking->kept, route->path, (enum pattern_match)match, &route->pattern, &fault)) {
    if (fault.what) take_fault(taking, &path, take_place_in(&path, fault.offset), fault.what, hint);
    route->pattern = (struct pattern){.segments = NULL};
    *whole = false;
    return fault.what != NULL && check_lone_rewrite(taking, &rewrite, &written);
  }
  take_warn(taking, &path, take_place_in(&path, offset), "this is matched letter by letter", hint);
  return take_state(&rewrite) != TAKE_THERE || take_rewrite(taking, &rewrite, &written, route, whole);
}

static struct str hint_rewrite(const struct taking *taking, const struct take_field *field,
                               const struct rewrite_hint_path *path, size_t *offset) {
  return rewrite_hint(taking->scratch, field->text, path, field->node->plain_dollar, offset);
}

static bool take_rewrite(const struct taking *taking, const struct take_field *field,
                         const struct rewrite_hint_path *path, struct config_route *route, bool *whole) {
  struct template_fault fault = {.what = NULL};
  size_t offset;
  route->has_rewrite = true;
  route->rewrite_text = arena_dup(taking->kept, field->text);
  if (!route->rewrite_text.ptr) return false;
  struct str hint = hint_rewrite(taking, field, path, &offset);
  if (!rewrite_parse(taking->kept, route->rewrite_text, &route->pattern, &route->rewrite, &fault)) {
    if (fault.what) take_fault(taking, field, take_place_in(field, fault.offset), fault.what, hint);
    *whole = false;
    return fault.what != NULL;
  }
  take_warn(taking, field, take_place_in(field, offset), "this is sent letter by letter", hint);
  return true;
}

/* Without a pattern to hold it against, a rewrite's own mistakes can still be told. False: out of memory. */
static bool check_lone_rewrite(const struct taking *taking, const struct take_field *field,
                               const struct rewrite_hint_path *path) {
  struct template_fault fault = {.what = NULL};
  struct template parsed;
  size_t offset;
  if (take_state(field) != TAKE_THERE) return true;
  if (template_parse(taking->kept, field->text, &parsed, &fault)) return true;
  if (fault.what) {
    struct str hint = hint_rewrite(taking, field, path, &offset);
    take_fault(taking, field, take_place_in(field, fault.offset), fault.what, hint);
  }
  return fault.what != NULL;
}

static void refuse_http_keys(const struct taking *taking, const struct take_from *from, bool *whole) {
  for (const struct yaml_node *found = from->node->first; found; found = found->next) {
    const struct key *key = &from->table->rows[found->row];
    if (!key->only) continue;
    *whole = false;
    if (found->reported) continue;
    config_report_add(taking->report, true, (struct config_place){from->file, found->key_line, found->key_column},
                      "'%s' is for kind %s (tcp has no paths and hosts)", key->name, key->only);
  }
}

/* False: out of memory. */
static bool take_action(const struct taking *taking, const struct take_from *from, struct config_route *route,
                        bool *whole) {
  for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
    struct take_from inner = take_inner(from, actions[i].row);
    if (!inner.node) continue;
    route->action = actions[i].row;
    if (inner.node->reported) *whole = false;
    if (!inner.node->reported && !actions[i].take(taking, &inner, route, whole)) return false;
  }
  return true;
}

/* False: out of memory. */
static bool take_targets(const struct taking *taking, const struct take_from *from, const struct config_target *blank,
                         struct config_route *route, bool *whole) {
  const struct yaml_node *list = take_node(from, SPEC_targets);
  unsigned count = take_count(from, SPEC_targets);
  if (list && list->reported) *whole = false;
  if (!list || list->reported) return true;
  route->targets = arena_alloc(taking->kept, count * sizeof *route->targets);
  if (!route->targets) return false;
  struct yaml_node *item = list->first;
  for (; route->target_count < count; route->target_count++, item = item->next) {
    struct config_target *target = &route->targets[route->target_count];
    struct take_from inner = take_item(from, SPEC_targets, route->target_count, item);
    *target = *blank;
    if (!take_target(taking, &inner, target, whole)) return false;
  }
  return true;
}

/* It has a host and a port, or a socket. False: out of memory. */
static bool take_target(const struct taking *taking, const struct take_from *from, struct config_target *target,
                        bool *whole) {
  struct take_field socket = take_field(from, TARGET_unix);
  const char *sort = socket.node ? "unix" : "host";
  *whole &= take_all(taking, from, sort, target);
  check_target_keys(taking, from, sort, whole);
  if (!socket.node) return true;
  struct str path = STR(""), named = socket.text;
  if (str_starts_with(named, STR("unix:"))) named = str_from(named, strlen("unix:"));
  if (take_state(&socket) != TAKE_THERE || !take_socket(taking, &socket, named, &path)) *whole = false;
  target->host = arena_printf(taking->kept, "unix:%.*s", STR_ARG(path.ptr ? path : STR("")));
  return target->host.ptr != NULL;
}

/* What the table leaves to us, since it depends on the sort: which keys must be there, and which may not. */
static void check_target_keys(const struct taking *taking, const struct take_from *from, const char *sort,
                              bool *whole) {
  for (unsigned i = 0; i < from->table->count; i++) {
    const struct key *key = &from->table->rows[i];
    const struct yaml_node *found = yaml_find_row(from->node, i);
    bool mine = !key->only || strcmp(key->only, sort) == 0;
    if (mine ? found || !key->required : !found) continue;
    *whole = false;
    if (mine && !from->node->merged && !from->node->reported) {
      config_report_add(taking->report, true, (struct config_place){from->file, from->node->line, from->node->column},
                        "missing key '%s'", key->name);
    } else if (!mine && !found->reported) {
      config_report_add(taking->report, true, (struct config_place){from->file, found->key_line, found->key_column},
                        "'%s' does not go with 'unix' (a target has either a port or a socket)", key->name);
    }
  }
}

/* *path is what `named`, the field's text without its scheme, names, relative to the field's file. */
static bool take_socket(const struct taking *taking, const struct take_field *field, struct str named,
                        struct str *path) {
  size_t most = socket_path_max();
  *path = scalar_path(taking->kept, field->file, named);
  if (most == 0) return take_refuse(taking, field, STR("an address: this system has no Unix sockets"), STR(""));
  if (!path->ptr) config_report_no_memory(taking->report);
  if (!path->ptr || (path->len && path->len <= most && path->ptr[path->len - 1] != '/')) return path->ptr != NULL;
  if (path->len <= most) {
    return take_refuse(taking, field, STR("the path of a Unix socket, such as unix:./app.sock"), STR(""));
  }
  return take_refuse(taking, field, arena_printf(taking->scratch, "a path of at most %u bytes", (unsigned)most),
                     arena_printf(taking->scratch, "(it has %u: the system takes no longer ones for sockets)",
                                  (unsigned)path->len));
}
