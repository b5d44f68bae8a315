/* What comes out is tried on the pattern's own parser: only what it takes is told. */
#include "liteginx/config/path_hint.h"

#include "liteginx/config/path_habit.h"
#include "liteginx/config/rule_hint.h"
#include "liteginx/config/scalar.h"
#include "liteginx/route/pattern.h"

#define NO_HINT STR("")
#define GENERAL STR("(regular expressions are not known here: '{name}' is one segment, '{*rest}' the rest of a path)")
#define ALONE   STR("(only a path can stand here, such as '/api' or '/users/{id}')")

static struct str tell(struct arena *arena, struct str text, const struct path_habit *habit);

/* "example.com/x", "localhost:3000/x": what is in front of the '/' is no segment. */
static struct str hint_host(struct arena *arena, struct str text) {
  size_t slash = str_find(text, '/');
  struct str front = str_upto(text, slash), path = str_from(text, slash), host = STR("");
  struct pattern pattern;
  struct template_fault fault;
  bool dotted = str_find(front, '.') < front.len || str_find(front, ':') < front.len;
  if (!path.len || (!dotted && !str_eq(front, STR("localhost")))) return NO_HINT;
  if (!scalar_route_host(arena, front, &host)) return host.ptr ? NO_HINT : host;
  if (!pattern_parse(arena, path, PATTERN_PREFIX, &pattern, &fault)) return fault.what ? NO_HINT : str_make(NULL, 0);
  const char *quotes = strchr("*[", host.ptr[0]) ? "\"" : "";
  return arena_printf(arena, "(write 'host: %s%.*s%s' and 'path: %.*s')", quotes, STR_ARG(host), quotes, STR_ARG(path));
}

struct str path_hint(struct arena *arena, struct str text, size_t *offset) {
  struct path_habit habit;
  *offset = 0;
  if (str_starts_with(text, STR("$"))) return NO_HINT; /* a variable that is none, which others tell about */
  struct str hint = text.len && text.ptr[0] == '/' ? NO_HINT : rule_hint(arena, text);
  if (hint.ptr && hint.len == 0) hint = hint_host(arena, text);
  if (!hint.ptr || hint.len) return hint;
  path_habit_read(text, &habit);
  *offset = habit.offset;
  return habit.changed ? tell(arena, text, &habit) : NO_HINT;
}

static struct str tell(struct arena *arena, struct str text, const struct path_habit *habit) {
  struct pattern pattern;
  struct template_fault fault;
  struct str whole = str_make(habit->text, habit->len);
  if (habit->several) return STR("(make a spec of its own for each path)");
  if (habit->failed) return habit->no_path ? ALONE : GENERAL;
  if (!pattern_parse(arena, whole, PATTERN_PREFIX, &pattern, &fault)) {
    bool signs = text.len && strchr("/^~=*", text.ptr[0]);
    return !fault.what ? str_make(NULL, 0) : signs ? GENERAL : ALONE;
  }
  struct path_habit again;
  path_habit_read(whole, &again);
  if (again.changed) return GENERAL;
  const char *methods = habit->any_method ? ": every method passes" : "";
  if (habit->has_tail) {
    struct str front = habit->tail_at ? str_upto(whole, habit->tail_at) : STR("/");
    return arena_printf(arena, "(write '%.*s', or '%.*s' where a rewrite uses the rest%s)", STR_ARG(front),
                        STR_ARG(whole), methods);
  }
  return arena_printf(arena, "(write '%.*s'%s%s)", STR_ARG(whole), habit->exact ? " with 'match: exact'" : "", methods);
}
