/* Read from the left: NAME(`VALUE`), joined by &&. What is more than one host and one path is told to be too much. */
#include "liteginx/config/rule_hint.h"

#include "liteginx/config/path_habit.h"
#include "liteginx/config/scalar.h"
#include "liteginx/route/pattern.h"

#define TOO_MUCH STR("(a rule of Traefik cannot stand here: 'host' takes a name, 'path' a path such as '/api')")

/* One matcher and its only value. */
struct matcher {
  struct str name, value;
};

/* False: it is none, or has several values. */
static bool take_matcher(struct str *rest, struct matcher *matcher) {
  struct str text = str_trim(*rest);
  matcher->name = path_habit_name(text);
  text = str_from(text, matcher->name.len);
  if (matcher->name.len == 0 || text.len < 4 || text.ptr[0] != '(' || !strchr("`\"'", text.ptr[1])) return false;
  char quote = text.ptr[1];
  text = str_from(text, 2);
  matcher->value = str_upto(text, str_find(text, quote));
  text = str_from(text, matcher->value.len + 1);
  if (!str_starts_with(text, STR(")"))) return false;
  *rest = str_trim(str_from(text, 1));
  return true;
}

static bool looks_like_one(struct str text) {
  struct str rest = str_trim(text);
  while (rest.len && (rest.ptr[0] == '!' || rest.ptr[0] == '(')) rest = str_trim(str_from(rest, 1));
  rest = str_from(rest, path_habit_name(rest).len);
  return rest.ptr != text.ptr && rest.len > 1 && rest.ptr[0] == '(' && strchr("`\"'", rest.ptr[1]) && rest.ptr[1];
}

/* What the matchers come to. */
struct rule {
  struct str host, path;
  struct path_habit habit; /* holds the path where it is not as it was written */
  bool exact;
};

/* The path of ours that it stands for; empty: none is certain; ptr NULL: out of memory. */
static struct str convert(struct arena *arena, struct str value, struct path_habit *habit) {
  struct pattern pattern;
  struct template_fault fault;
  path_habit_read(value, habit);
  struct str path = habit->changed ? str_make(habit->text, habit->len) : value;
  if (habit->changed && (habit->failed || habit->several)) return STR("");
  if (pattern_parse(arena, path, PATTERN_PREFIX, &pattern, &fault)) return path;
  return fault.what ? STR("") : str_make(NULL, 0);
}

/* False: it is too much, or, with *no_memory, out of memory. */
static bool add(struct arena *arena, struct rule *rule, const struct matcher *matcher, bool *no_memory) {
  bool whole = str_eq(matcher->name, STR("Path")), prefix = str_eq(matcher->name, STR("PathPrefix"));
  bool host = str_eq(matcher->name, STR("Host")) || str_eq(matcher->name, STR("HostSNI"));
  struct str checked = STR("");
  if (host && rule->host.len == 0) {
    if (scalar_route_host(arena, matcher->value, &checked)) rule->host = matcher->value;
    *no_memory = !checked.ptr;
    return rule->host.len > 0;
  }
  if ((!whole && !prefix) || rule->path.len) return false;
  rule->exact = whole;
  rule->path = convert(arena, matcher->value, &rule->habit);
  *no_memory = !rule->path.ptr;
  return rule->path.len > 0;
}

struct str rule_hint(struct arena *arena, struct str text) {
  struct rule rule = {.host = STR_INIT(""), .path = STR_INIT("")};
  struct str rest = text;
  bool no_memory = false;
  if (!looks_like_one(text)) return STR("");
  do {
    struct matcher matcher;
    bool good = take_matcher(&rest, &matcher) && add(arena, &rule, &matcher, &no_memory);
    if (no_memory) return str_make(NULL, 0);
    if (!good || (rest.len && !str_starts_with(rest, STR("&&")))) return TOO_MUCH;
    if (rest.len == 2) return TOO_MUCH; /* nothing follows */
    rest = str_from(rest, 2);
  } while (rest.len);
  bool quoted = rule.host.len && strchr("*[", rule.host.ptr[0]);
  const char *quotes = quoted ? "\"" : "", *suffix = rule.exact ? " with 'match: exact'" : "";
  if (rule.host.len && rule.path.len) {
    return arena_printf(arena, "(write 'host: %s%.*s%s' and 'path: %.*s'%s)", quotes, STR_ARG(rule.host), quotes,
                        STR_ARG(rule.path), suffix);
  }
  if (rule.host.len) return arena_printf(arena, "(write 'host: %s%.*s%s')", quotes, STR_ARG(rule.host), quotes);
  return arena_printf(arena, "(write 'path: %.*s'%s)", STR_ARG(rule.path), suffix);
}
