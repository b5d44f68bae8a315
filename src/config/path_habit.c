/* A path is turned into ours segment by segment. A segment that looks like no habit stays, so that "/wiki/C_(letter)" or
 * "/v1/a:b" are nobody's. What would lose a part of its text on the way fails. */
#include "liteginx/config/path_habit.h"

enum { NAME_BYTES = 32, LONGEST = 4 * PATH_HABIT_BYTES };

static bool unwrap(struct str *text, struct str open, struct str close);
static void recognise_colon(struct str segment, struct path_habit_segment *found);
static bool recognise_wrapped(struct str segment, char open, char close, struct path_habit_segment *found);
static void recognise_expression(struct str segment, struct path_habit_segment *found);
static struct str strip(struct str text, struct path_habit *habit);
static struct str next_segment(struct str *rest);
static void convert(struct path_habit *habit, struct str segment, bool last);
static bool put_star(struct path_habit *habit, struct str segment, bool last);

bool path_habit_contains(struct str text, struct str wanted) {
  for (size_t i = 0; i + wanted.len <= text.len; i++) {
    if (str_starts_with(str_from(text, i), wanted)) return true;
  }
  return false;
}

struct str path_habit_name(struct str text) {
  size_t len = 0;
  for (; len < text.len; len++) {
    char c = str_lower_char(text.ptr[len]);
    if (!(c >= 'a' && c <= 'z') && c != '_' && !(len > 0 && str_is_digit(c))) break;
  }
  return str_upto(text, len);
}

bool path_habit_is_any(struct str text) {
  static const char *const all[] = {"*", "**", "***", ".*", ".+", "(.*)", "(.+)", "(.*?)", "(?:.*)", "(?:.+)", NULL};
  for (size_t i = 0; all[i]; i++) {
    if (str_eq(text, str_of(all[i]))) return true;
  }
  return false;
}

/* Letters, digits and what stands beside them in names of files. */
static bool is_plain(struct str text) {
  for (size_t i = 0; i < text.len; i++) {
    char c = str_lower_char(text.ptr[i]);
    if (!(c >= 'a' && c <= 'z') && !str_is_digit(c) && !(c && strchr("-._~", c))) return false;
  }
  return true;
}

/* Most text is plain, and each of the signs holds something that is not. */
static bool is_expression(struct str s) {
  static const char *const signs[] = {"\\", "(?", "[^", ".*", ".+", "]+", "]*", "]{", NULL};
  if (is_plain(s)) return false;
  bool found = path_habit_contains(s, STR("(")) && path_habit_contains(s, STR("|"));
  for (size_t i = 0; signs[i]; i++) found |= path_habit_contains(s, str_of(signs[i]));
  return found;
}

/* A parameter between two texts. */
static bool put_around(struct path_habit_segment *found, struct str before, struct str behind) {
  struct expression *around = &found->around;
  if (before.len + behind.len > sizeof around->text) return false;
  memcpy(around->text, before.ptr, before.len);
  if (behind.len) memcpy(around->text + before.len, behind.ptr, behind.len);
  around->before = before.len;
  around->len = before.len + behind.len;
  return true;
}

void path_habit_segment(struct str segment, struct path_habit_segment *found) {
  struct str inner = segment;
  *found = (struct path_habit_segment){.kind = HABIT_NONE, .name = STR_INIT("")};
  if (path_habit_is_any(segment)) {
    found->kind = HABIT_REST;
    return;
  }
  if (segment.len && segment.ptr[0] == ':') {
    recognise_colon(segment, found);
    return;
  }
  if (path_habit_contains(segment, STR("{{"))) return;
  if (recognise_wrapped(segment, '{', '}', found) || recognise_wrapped(segment, '<', '>', found)) return;
  if (unwrap(&inner, STR("[["), STR("]]")) || unwrap(&inner, STR("["), STR("]"))) {
    bool rest = str_starts_with(inner, STR("..."));
    found->name = rest ? str_from(inner, 3) : inner;
    if (path_habit_name(found->name).len == found->name.len) {
      found->kind = rest ? HABIT_NAMED_REST : HABIT_PARAM;
      return;
    }
  }
  found->name = str_from(segment, 1);
  if (segment.len > 1 && segment.ptr[0] == '*' && path_habit_name(found->name).len == found->name.len) {
    found->kind = HABIT_NAMED_REST;
    return;
  }
  found->name = STR("");
  if (is_expression(segment)) recognise_expression(segment, found);
}

/* The part between `open` and `close`, if that is all of it. */
static bool unwrap(struct str *text, struct str open, struct str close) {
  if (text->len < open.len + close.len || !str_starts_with(*text, open) || !str_ends_with(*text, close)) return false;
  *text = str_make(text->ptr + open.len, text->len - open.len - close.len);
  return true;
}

/* An expression that a parameter has to fit: what it may hold is dropped, but no text. */
static enum path_habit_kind kind_of_condition(struct str text) {
  struct expression expression;
  if (!expression_read(text, &expression) || !expression.varies || expression.len) return HABIT_UNKNOWN;
  return expression.crosses ? HABIT_NAMED_REST : HABIT_PARAM;
}

/* ":id" of Express, with "?", "*", "+", an expression or a text behind it. */
static void recognise_colon(struct str segment, struct path_habit_segment *found) {
  struct str name = path_habit_name(str_from(segment, 1)), behind = str_from(segment, 1 + name.len);
  if (name.len == 0) return;
  found->name = name;
  bool optional = str_ends_with(behind, STR("?"));
  if (optional) behind = str_upto(behind, behind.len - 1);
  if (behind.len == 0) {
    found->kind = HABIT_PARAM;
  } else if (str_eq(behind, STR("+")) || path_habit_is_any(behind)) {
    found->kind = HABIT_NAMED_REST;
  } else if (behind.ptr[0] == '(') {
    found->kind = kind_of_condition(behind);
  } else {
    bool good = !optional && is_plain(behind) && put_around(found, STR(""), behind);
    found->kind = good ? HABIT_PARAM : HABIT_UNKNOWN;
  }
}

/* The kind of "id:TYPE": "int", "path", "[0-9]+", "length(3)". */
static enum path_habit_kind kind_of_type(struct str type) {
  static const char *const choices[] = {"regex", "re", "any", "enum", NULL};
  struct str word = path_habit_name(type), behind = str_from(type, word.len);
  if (str_eq(word, STR("path")) && behind.len == 0) return HABIT_NAMED_REST;
  if (word.len == 0 || (behind.len && behind.ptr[0] != '(' && !str_eq(behind, STR("?"))))
    return kind_of_condition(type);
  for (size_t i = 0; choices[i]; i++) {
    if (str_eq_nocase(word, str_of(choices[i]))) return HABIT_UNKNOWN;
  }
  return HABIT_PARAM;
}

/* What is in "{…}" or "<…>" and not ours: "id:int", "path:path", "int:id", "rest...", "...rest", "proxy+", "$". */
static enum path_habit_kind recognise_inner(struct str inner, bool type_first, struct str *name) {
  size_t colon = str_find(inner, ':');
  if (str_eq(inner, STR("$"))) return HABIT_END;
  if (str_starts_with(inner, STR("...")) || str_starts_with(inner, STR("**"))) {
    *name = str_from(inner, inner.ptr[0] == '.' ? 3 : 2);
    return HABIT_NAMED_REST;
  }
  if (colon < inner.len) {
    struct str front = str_upto(inner, colon), back = str_from(inner, colon + 1);
    *name = type_first ? back : front;
    if (name->len == 0 || path_habit_name(*name).len != name->len) return type_first ? HABIT_UNKNOWN : HABIT_NONE;
    return kind_of_type(type_first ? front : back);
  }
  *name = path_habit_name(inner);
  if (name->len == 0) return HABIT_NONE;
  struct str behind = str_from(inner, name->len);
  if (str_eq(behind, STR("...")) || str_eq(behind, STR("+")) || str_eq(behind, STR("*"))) return HABIT_NAMED_REST;
  if (str_eq(behind, STR("?"))) return HABIT_PARAM;
  return behind.len == 0 && type_first ? HABIT_PARAM : HABIT_NONE;
}

/* Where what begins at text.ptr[0] is closed; text.len: nowhere. */
static size_t find_close(struct str text, char open, char close) {
  size_t depth = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] == '\\')
      i++;
    else if (text.ptr[i] == open)
      depth++;
    else if (text.ptr[i] == close && --depth == 0)
      return i;
  }
  return text.len;
}

static bool recognise_wrapped(struct str segment, char open, char close, struct path_habit_segment *found) {
  size_t begin = str_find(segment, open), end = find_close(str_from(segment, begin), open, close) + begin;
  if (begin == segment.len || end >= segment.len) return false;
  struct str before = str_upto(segment, begin), behind = str_from(segment, end + 1), name = STR("");
  if (!is_plain(before) || !is_plain(behind)) return false;
  struct str inner = str_make(segment.ptr + begin + 1, end - begin - 1);
  enum path_habit_kind kind = recognise_inner(inner, open == '<', &name);
  if (kind == HABIT_NONE) return false;
  bool whole = before.len == 0 && behind.len == 0;
  found->name = name;
  found->kind = !whole && (kind != HABIT_PARAM || !put_around(found, before, behind)) ? HABIT_UNKNOWN : kind;
  return true;
}

/* "{name}" is less than ".*" beside a text, which may reach over several segments. */
static void recognise_expression(struct str segment, struct path_habit_segment *found) {
  found->kind = HABIT_UNKNOWN;
  if (!expression_read(segment, &found->around)) return;
  found->name = found->around.name.len ? found->around.name : STR("id");
  if (!found->around.varies) {
    found->kind = HABIT_TEXT;
  } else if (!found->around.crosses) {
    found->kind = HABIT_PARAM;
  } else if (found->around.len == 0) {
    found->kind = HABIT_REST;
    found->name = found->around.name;
  }
}

static void put(struct path_habit *habit, struct str s) {
  habit->failed |= s.len > sizeof habit->text - habit->len;
  if (habit->failed) return;
  if (s.len) memcpy(habit->text + habit->len, s.ptr, s.len);
  habit->len += s.len;
}

void path_habit_read(struct str text, struct path_habit *habit) {
  *habit = (struct path_habit){.len = 0};
  struct str rest = strip(text, habit), segment;
  bool found = habit->changed, rooted = rest.len == 0 || rest.ptr[0] == '/';
  bool whole = path_habit_is_any(rest) || rest.len == 0;
  if (habit->several || habit->failed) return;
  if (rest.len && rest.ptr[0] == '/') rest = str_from(rest, 1);
  habit->failed = path_habit_contains(rest, STR("(")) && path_habit_contains(rest, STR("|"));
  /* An expression without a beginning fits anywhere, and what else has no '/' in front must at least look like a path. */
  habit->no_path |= !rooted && !whole && !is_plain(str_upto(rest, str_find(rest, '/')));
  if (habit->no_path) {
    habit->failed = true;
    habit->no_path = !is_expression(rest);
  }
  do {
    segment = next_segment(&rest);
    convert(habit, segment, rest.len == 0);
    if (habit->changed && !found && segment.ptr) habit->offset = (size_t)(segment.ptr - text.ptr);
    found |= habit->changed;
  } while (rest.ptr);
  if (habit->len == 0) put(habit, STR("/"));
}

static bool is_one_of(struct str word, const char *words) {
  struct str rest = str_of(words), one;
  while (str_next(&rest, ' ', &one)) {
    if (str_eq_nocase(one, word)) return true;
  }
  return false;
}

/* "GET", "get", "GET,POST". */
static bool is_methods(struct str word) {
  static const char known[] = "get head post put patch delete options any all";
  struct str rest = word, one;
  for (size_t i = 0; i < word.len; i++) {
    if (word.ptr[i] == '|') return false;
  }
  while (str_next(&rest, ',', &one)) {
    if (!is_one_of(one, known)) return false;
  }
  return true;
}

/* Without the words in front of a path elsewhere: methods, "location" with its modifiers, Caddy's and HAProxy's matchers. */
static struct str strip_words(struct str text, struct path_habit *habit) {
  static const char words[] =
      "location path path_beg path_dir path_reg path_regexp handle handle_path route uri url reverse_proxy *";
  for (size_t blank; (blank = str_find(text, ' ')) < text.len;) {
    struct str word = str_upto(text, blank), behind = str_trim(str_from(text, blank));
    bool methods = is_methods(word), named = word.len && strchr("@-", word.ptr[0]);
    if (behind.len == 0 || (!methods && !named && !is_one_of(word, words))) break;
    habit->any_method |= methods;
    text = behind;
  }
  return text;
}

/* "/a /b", "/a, /b": false where it is one path, whatever is in it. */
static bool is_several(struct str text) {
  for (size_t i = 1; i + 1 < text.len; i++) {
    bool parts = text.ptr[i] == ' ' || text.ptr[i] == ',';
    if (parts && text.ptr[i + 1] == '/' && text.ptr[0] == '/') return true;
  }
  return false;
}

/* Without what stands around a path elsewhere, a URL's host and a regular expression's anchors among it. */
static struct str strip(struct str text, struct path_habit *habit) {
  static const struct str modifiers[] = {STR_INIT("~*"), STR_INIT("^~"), STR_INIT("~"), STR_INIT("=")};
  struct str rest = text.len && text.ptr[0] == '/' ? text : strip_words(str_trim(text), habit);
  bool plain = rest.len == text.len;
  if (!plain) {
    if (str_ends_with(rest, STR("{"))) rest = str_trim(str_upto(rest, rest.len - 1));
    if (str_ends_with(rest, STR(";"))) rest = str_trim(str_upto(rest, rest.len - 1));
  }
  for (size_t i = 0; i < sizeof modifiers / sizeof modifiers[0]; i++) {
    if (!str_starts_with(rest, modifiers[i])) continue;
    habit->exact = i == 3;
    habit->failed = i == 0 || i == 2; /* until it has a beginning */
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
  habit->exact |= anchored;
  if (str_ends_with(rest, STR("/?"))) rest = str_upto(rest, rest.len - 2);
  habit->several = is_several(rest);
  habit->changed = rest.len != text.len || rest.len == 0 || rest.ptr[0] != '/' || habit->several;
  habit->failed &= rest.len == 0 || rest.ptr[0] != '/';
  habit->no_path = habit->changed && !habit->several && str_find(rest, ' ') < rest.len;
  habit->failed |= habit->no_path;
  return rest;
}

/* Up to the next '/' that stands in no brackets; *rest has a NULL pointer behind the last one. */
static struct str next_segment(struct str *rest) {
  static const char open[] = "([{<", close[] = ")]}>";
  size_t end = 0;
  while (end < rest->len && rest->ptr[end] != '/') {
    const char *bracket = rest->len < LONGEST && rest->ptr[end] ? strchr(open, rest->ptr[end]) : NULL;
    struct str behind = str_from(*rest, end);
    size_t closed = bracket ? find_close(behind, *bracket, close[bracket - open]) : behind.len;
    end += closed < behind.len ? closed + 1 : 1;
  }
  struct str segment = str_upto(*rest, end);
  *rest = end < rest->len ? str_from(*rest, end + 1) : str_make(NULL, 0);
  return segment;
}

/* A parameter of this name, or of the next that is free. */
static void put_param(struct path_habit *habit, struct str name, bool tail) {
  static const char *const others[] = {"any", "any2", "any3", "any4"};
  bool usable = name.len > 0 && name.len <= NAME_BYTES && path_habit_name(name).len == name.len;
  if (!usable) name = tail ? STR("rest") : str_of(others[habit->params < 4 ? habit->params : 3]);
  if (tail) habit->tail_at = habit->len - 1; /* in front of the '/' */
  habit->has_tail |= tail;
  put(habit, tail ? STR("{*") : STR("{"));
  put(habit, name);
  put(habit, STR("}"));
  habit->params++;
}

static void convert(struct path_habit *habit, struct str segment, bool last) {
  struct path_habit_segment found;
  path_habit_segment(segment, &found);
  if (found.kind == HABIT_END && last) {
    habit->changed = habit->exact = true;
    return;
  }
  put(habit, STR("/"));
  habit->changed |= found.kind != HABIT_NONE && found.kind != HABIT_END;
  const struct expression *around = &found.around;
  switch (found.kind) {
  case HABIT_NONE:
  case HABIT_END:
    if (!put_star(habit, segment, last)) put(habit, segment);
    return;
  case HABIT_TEXT:
    put(habit, str_make(around->text, around->len));
    return;
  case HABIT_REST:
  case HABIT_NAMED_REST:
    put_param(habit, found.name, last);
    return;
  case HABIT_PARAM:
    put(habit, str_make(around->text, around->before));
    put_param(habit, found.name, false);
    put(habit, str_make(around->text + around->before, around->len - around->before));
    return;
  case HABIT_UNKNOWN:
    habit->failed = true;
    return;
  }
}

/* A segment with one '*' between literal text: "img-*.png", "api*". False: it is none. */
static bool put_star(struct path_habit *habit, struct str segment, bool last) {
  size_t star = str_find(segment, '*');
  struct str behind = str_from(segment, star + 1);
  if (star == segment.len || str_find(behind, '*') < behind.len || str_find(segment, '{') < segment.len) return false;
  habit->changed = true;
  put(habit, str_upto(segment, star));
  if (behind.len == 0 && last) return true; /* a prefix needs no star */
  put_param(habit, STR("name"), false);
  put(habit, behind);
  return true;
}
