/* A path is turned into ours segment by segment, and what comes out is tried on the pattern's own parser: only what it
 * takes is told. A segment that looks like no habit stays, so that "/wiki/C_(letter)" or "/v1/a:b" hear nothing. */
#include "liteginx/config/path_hint.h"

enum { TEXT_BYTES = 256, NAME_BYTES = 32 };

#define NO_HINT STR("")
#define GENERAL STR("(regular expressions are not known here: '{name}' is one segment, '{*rest}' the rest of a path)")

/* Our path in the making. */
struct draft {
  struct arena *arena;
  char text[TEXT_BYTES];
  size_t len;
  size_t tail_at; /* where a "/{*rest}" begins */
  unsigned params;
  bool changed, exact, has_tail;
  bool failed; /* too long, or beyond what can be told */
};

/* One segment of theirs. */
enum habit { HABIT_NONE, HABIT_REST, HABIT_PARAM, HABIT_NAMED_REST, HABIT_NOTHING, HABIT_UNKNOWN };

static struct str strip(struct str text, struct draft *draft);
static void convert_segment(struct draft *draft, struct str segment, bool last);
static enum habit recognise(struct str segment, struct str *name);
static bool put_star(struct draft *draft, struct str segment, bool last);
static struct str tell(struct draft *draft);

static void put(struct draft *draft, struct str s) {
  draft->failed |= s.len > sizeof draft->text - draft->len;
  if (draft->failed) return;
  if (s.len) memcpy(draft->text + draft->len, s.ptr, s.len);
  draft->len += s.len;
}

static bool contains(struct str text, struct str wanted) {
  for (size_t i = 0; i + wanted.len <= text.len; i++) {
    if (str_starts_with(str_from(text, i), wanted)) return true;
  }
  return false;
}

static bool is_name_char(char c, bool first) {
  char lower = str_lower_char(c);
  return (lower >= 'a' && lower <= 'z') || c == '_' || (!first && str_is_digit(c));
}

/* The name that `text` begins with; may be empty. */
static struct str read_name(struct str text) {
  size_t len = 0;
  while (len < text.len && is_name_char(text.ptr[len], len == 0)) len++;
  return str_upto(text, len);
}

/* The part between `open` and `close`, if that is all of it. */
static bool unwrap(struct str *text, struct str open, struct str close) {
  if (text->len < open.len + close.len || !str_starts_with(*text, open) || !str_ends_with(*text, close)) return false;
  *text = str_make(text->ptr + open.len, text->len - open.len - close.len);
  return true;
}

struct str path_hint(struct arena *arena, struct str text, size_t *offset) {
  struct draft draft = {.arena = arena};
  struct str rest = strip(text, &draft), segment;
  *offset = 0;
  if (rest.len && rest.ptr[0] == '/') rest = str_from(rest, 1);
  bool found = draft.changed;
  draft.failed = contains(rest, STR("(")) && contains(rest, STR("|"));
  while (str_next(&rest, '/', &segment)) {
    bool last = !rest.ptr || rest.len == 0;
    convert_segment(&draft, segment, last);
    if (draft.changed && !found && segment.ptr) *offset = (size_t)(segment.ptr - text.ptr);
    found |= draft.changed;
  }
  return draft.changed ? tell(&draft) : NO_HINT;
}

/* Without what stands around a path elsewhere: nginx' modifiers, a regular expression's anchors, a URL's host. */
static struct str strip(struct str text, struct draft *draft) {
  static const struct str modifiers[] = {STR_INIT("~*"), STR_INIT("^~"), STR_INIT("~"), STR_INIT("=")};
  struct str rest = text;
  for (size_t i = 0; i < sizeof modifiers / sizeof modifiers[0]; i++) {
    if (!str_starts_with(rest, modifiers[i])) continue;
    draft->exact = i == 3;
    rest = str_from(rest, modifiers[i].len);
    break;
  }
  rest = str_trim(rest);
  if (str_starts_with(rest, STR("^"))) rest = str_from(rest, 1);
  if (str_starts_with(rest, STR("http://")) || str_starts_with(rest, STR("https://"))) {
    rest = str_from(rest, str_find(rest, ':') + 3);
    rest = str_from(rest, str_find(rest, '/'));
  }
  bool anchored = rest.len > 1 && str_ends_with(rest, STR("$"));
  if (anchored) rest = str_upto(rest, rest.len - 1);
  draft->exact |= anchored;
  if (str_ends_with(rest, STR("/?"))) rest = str_upto(rest, rest.len - 2);
  draft->changed = rest.len != text.len || rest.len == 0 || rest.ptr[0] != '/';
  return rest;
}

/* A parameter of this name, or of the next that is free. */
static void put_param(struct draft *draft, struct str name, bool tail) {
  static const char *const others[] = {"any", "any2", "any3", "any4"};
  char wrapped[NAME_BYTES + 4];
  bool usable = name.len > 0 && name.len <= NAME_BYTES && read_name(name).len == name.len;
  if (!usable) name = tail ? STR("rest") : str_of(others[draft->params < 4 ? draft->params : 3]);
  if (tail) draft->tail_at = draft->len - 1; /* in front of the '/' */
  draft->has_tail |= tail;
  size_t len = 0;
  wrapped[len++] = '{';
  if (tail) wrapped[len++] = '*';
  memcpy(wrapped + len, name.ptr, name.len);
  len += name.len;
  wrapped[len++] = '}';
  put(draft, str_make(wrapped, len));
  draft->params++;
}

static void convert_segment(struct draft *draft, struct str segment, bool last) {
  struct str name = STR("");
  enum habit habit = recognise(segment, &name);
  if (habit == HABIT_NOTHING && last) {
    draft->changed = draft->exact = true;
    if (draft->len == 0) put(draft, STR("/"));
    return;
  }
  put(draft, STR("/"));
  draft->changed |= habit != HABIT_NONE;
  switch (habit) {
  case HABIT_NONE:
  case HABIT_NOTHING:
    if (!put_star(draft, segment, last)) put(draft, segment);
    return;
  case HABIT_REST:
  case HABIT_NAMED_REST:
    put_param(draft, name, last);
    return;
  case HABIT_PARAM:
    put_param(draft, name, false);
    return;
  case HABIT_UNKNOWN:
    draft->failed = true;
    return;
  }
}

static bool is_any(struct str s) {
  static const char *const all[] = {"*", "**", "***", ".*", ".+", "(.*)", "(.+)", "(.*?)", "(?:.*)", "(?:.+)", NULL};
  for (size_t i = 0; all[i]; i++) {
    if (str_eq(s, str_of(all[i]))) return true;
  }
  return false;
}

/* ":id" of Express, with "?", "*", "+" or an expression behind it. */
static enum habit recognise_colon(struct str segment, struct str *name) {
  *name = read_name(str_from(segment, 1));
  struct str behind = str_from(segment, 1 + name->len);
  if (name->len == 0) return HABIT_NONE;
  if (behind.len == 0 || str_eq(behind, STR("?"))) return HABIT_PARAM;
  if (str_eq(behind, STR("*")) || str_eq(behind, STR("+")) || is_any(behind)) return HABIT_NAMED_REST;
  return behind.ptr[0] == '(' ? HABIT_PARAM : HABIT_UNKNOWN;
}

/* What is in "{…}" or "<…>" and not ours: "id:int", "path:path", "int:id", "rest...", "...rest", "proxy+", "$". */
static enum habit recognise_braces(struct str inner, bool type_first, struct str *name) {
  size_t colon = str_find(inner, ':');
  struct str type = type_first ? str_upto(inner, colon) : str_from(inner, colon + 1);
  bool typed = colon < inner.len;
  if (str_eq(inner, STR("$"))) return HABIT_NOTHING;
  if (str_starts_with(inner, STR("..."))) {
    *name = str_from(inner, 3);
    return HABIT_NAMED_REST;
  }
  *name = read_name(typed && type_first ? str_from(inner, colon + 1) : inner);
  if (name->len == 0) return HABIT_NONE;
  if (typed) return str_eq(type, STR("path")) || is_any(type) ? HABIT_NAMED_REST : HABIT_PARAM;
  struct str behind = str_from(inner, name->len);
  if (str_eq(behind, STR("...")) || str_eq(behind, STR("+")) || str_eq(behind, STR("*"))) return HABIT_NAMED_REST;
  return behind.len == 0 && type_first ? HABIT_PARAM : HABIT_NONE;
}

static bool is_expression(struct str s) {
  return contains(s, STR("\\")) || contains(s, STR("(?")) || contains(s, STR("[^")) || contains(s, STR(".*")) ||
         contains(s, STR(".+")) || contains(s, STR("]+")) || contains(s, STR("]*")) ||
         (contains(s, STR("(")) && contains(s, STR("|")));
}

static enum habit recognise(struct str segment, struct str *name) {
  struct str inner = segment;
  if (is_any(segment)) return HABIT_REST;
  if (segment.len && segment.ptr[0] == ':') return recognise_colon(segment, name);
  if (contains(segment, STR("{{"))) return HABIT_NONE;
  if (unwrap(&inner, STR("{"), STR("}"))) return recognise_braces(inner, false, name);
  if (unwrap(&inner, STR("<"), STR(">"))) return recognise_braces(inner, true, name);
  if (unwrap(&inner, STR("[["), STR("]]")) || unwrap(&inner, STR("["), STR("]"))) {
    bool rest = str_starts_with(inner, STR("..."));
    *name = rest ? str_from(inner, 3) : inner;
    if (read_name(*name).len != name->len) return is_expression(segment) ? HABIT_PARAM : HABIT_NONE;
    return rest ? HABIT_NAMED_REST : HABIT_PARAM;
  }
  if (segment.len > 1 && segment.ptr[0] == '*') {
    *name = str_from(segment, 1);
    if (read_name(*name).len == name->len) return HABIT_NAMED_REST;
  }
  if (!is_expression(segment)) return HABIT_NONE;
  bool group = unwrap(&inner, STR("("), STR(")")) || segment.ptr[0] == '[' || str_starts_with(segment, STR("\\d")) ||
               str_starts_with(segment, STR("\\w"));
  *name = STR("id");
  return group && str_find(inner, '|') == inner.len ? HABIT_PARAM : HABIT_UNKNOWN;
}

/* A segment with one '*' between literal text: "img-*.png", "api*". False: it is none. */
static bool put_star(struct draft *draft, struct str segment, bool last) {
  size_t star = str_find(segment, '*');
  struct str behind = str_from(segment, star + 1);
  if (star == segment.len || str_find(behind, '*') < behind.len || str_find(segment, '{') < segment.len) return false;
  draft->changed = true;
  put(draft, str_upto(segment, star));
  if (behind.len == 0 && last) return true; /* a prefix needs no star */
  put_param(draft, STR("name"), false);
  put(draft, behind);
  return true;
}

static struct str tell(struct draft *draft) {
  struct pattern pattern;
  struct template_fault fault;
  struct str whole = draft->len ? str_make(draft->text, draft->len) : STR("/");
  if (draft->failed) return GENERAL;
  if (!pattern_parse(draft->arena, whole, PATTERN_PREFIX, &pattern, &fault)) {
    return fault.what ? GENERAL : (struct str){NULL, 0};
  }
  if (draft->has_tail) {
    struct str front = draft->tail_at ? str_upto(whole, draft->tail_at) : STR("/");
    return arena_printf(draft->arena, "(write '%.*s', or '%.*s' where a rewrite uses the rest)", STR_ARG(front),
                        STR_ARG(whole));
  }
  return arena_printf(draft->arena, "(write '%.*s'%s)", STR_ARG(whole), draft->exact ? " with 'match: exact'" : "");
}

/* The name of the pattern's parameter `number`, from 1; empty: there is none. */
static struct str param_name(const struct pattern *pattern, unsigned number) {
  for (unsigned i = 0; i < pattern->count; i++) {
    if (pattern->segments[i].kind != SEGMENT_STATIC && --number == 0) return pattern->segments[i].name;
  }
  return STR("");
}

/* A reference to a part of the path, in the words of others; returns its bytes, 0: there is none. *name is our
 * parameter, empty where none is needed. */
static size_t read_reference(struct str text, const struct pattern *pattern, bool begins, struct str *name) {
  char sign = text.ptr[0];
  *name = STR("");
  if (sign == '*' && text.len == 1) return 1;
  if (sign != '$' && sign != '\\' && sign != ':') return 0;
  struct str word = read_name(str_from(text, 1));
  if ((sign == '$' || sign == '\\') && text.len > 1 && str_is_digit(text.ptr[1])) {
    unsigned number = (unsigned)(text.ptr[1] - '0');
    if (number > 0) *name = param_name(pattern, number);
    return 2;
  }
  if (sign == '$' && (str_eq(word, STR("uri")) || str_eq(word, STR("request_uri")) || str_eq(word, STR("path")))) {
    return 1 + word.len;
  }
  if (sign != ':' || !begins || word.len == 0) return 0;
  *name = word;
  return 1 + word.len;
}

/* Of "^/api/(.*)$ /$1 break" the part that is the new path, of a URL its path. */
static struct str rewrite_path(struct str text) {
  struct str rest = str_trim(text), word;
  size_t blank = str_find(rest, ' ');
  if (blank < rest.len) {
    rest = str_trim(str_from(rest, blank));
    return str_upto(rest, str_find(rest, ' '));
  }
  for (size_t i = 0; i + 3 <= rest.len; i++) {
    if (!str_starts_with(str_from(rest, i), STR("://"))) continue;
    word = str_from(rest, i + 3);
    return str_from(word, str_find(word, '/'));
  }
  return rest;
}

struct str path_hint_rewrite(struct arena *arena, struct str text, const struct pattern *pattern, size_t *offset) {
  struct draft draft = {.arena = arena};
  struct str path = rewrite_path(text), name;
  bool follows = false; /* what was dropped at the end comes by itself */
  draft.changed = path.len != text.len || path.len == 0 || path.ptr[0] != '/';
  bool found = draft.changed;
  *offset = 0;
  if (path.len == 0 || path.ptr[0] != '/') put(&draft, STR("/"));
  for (size_t i = 0, taken; i < path.len; i += taken) {
    taken = read_reference(str_from(path, i), pattern, i == 0 || path.ptr[i - 1] == '/', &name);
    if (taken && !found) *offset = (size_t)(path.ptr - text.ptr) + i;
    found |= taken > 0;
    if (taken && name.len) put_param(&draft, name, false);
    follows |= taken && name.len == 0;
    if (taken == 0) put(&draft, str_make(path.ptr + i, 1));
    taken += taken == 0;
  }
  if (!found) return NO_HINT;
  struct template parsed;
  struct template_fault fault;
  struct str whole = str_make(draft.text, draft.len);
  while (follows && whole.len > 1 && whole.ptr[whole.len - 1] == '/') whole.len--;
  bool fits = !draft.failed && template_parse(arena, whole, &parsed, &fault);
  if (!draft.failed && !fits && !fault.what) return (struct str){NULL, 0};
  if (!fits)
    return STR("(write the new path; a parameter of 'path' is used as '{name}', what stands behind it follows)");
  return arena_printf(arena, "(write '%.*s'%s)", STR_ARG(whole),
                      follows ? ": what stands behind the matched path follows by itself" : "");
}
