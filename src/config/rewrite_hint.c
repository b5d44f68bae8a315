/* Read from the left, reference by reference. One that stands for what the rest of the request's path brings by itself, or for
 * the query, may go where it is the last; what comes out is tried on the rewrite's own parser. */
#include "liteginx/config/rewrite_hint.h"

#include "liteginx/config/path_habit.h"
#include "liteginx/config/report.h"
#include "liteginx/route/rewrite.h"

enum { TEXT_BYTES = 256 };

#define NO_HINT STR("")
#define GENERAL STR("(write the new path; a parameter of 'path' is used as '{name}', what stands behind it follows)")

/* What a piece of theirs stands for. */
enum meaning {
  MEANS_TEXT,     /* itself */
  MEANS_PARAM,    /* a parameter of the path, with the text around it */
  MEANS_REST,     /* what stands behind the matched path */
  MEANS_WHOLE,    /* the path of the request */
  MEANS_QUERY,    /* the query, with or without its '?' */
  MEANS_ABSENT,   /* a parameter that the path has not */
  MEANS_VARIABLE, /* one that nothing stands for here */
  MEANS_UNKNOWN   /* more than can be said here */
};

struct piece {
  enum meaning meaning;
  size_t len; /* bytes of it */
  struct str name;
  struct expression around;
};

/* Our rewrite in the making. */
struct draft {
  struct arena *arena;
  const struct pattern *pattern;
  bool joins;   /* what stands behind the matched path follows */
  bool dollars; /* a '$' may be more than itself */
  char text[TEXT_BYTES];
  size_t len;
  bool rest, whole, query; /* one of these was met: it must come last */
  bool failed;
  struct piece wrong; /* the first that nothing here stands for; len 0: none */
};

static void read_piece(const struct draft *draft, struct str text, bool begins, struct piece *piece);
static void put_piece(struct draft *draft, struct str text, const struct piece *piece);
static struct str tell(struct draft *draft, struct str text);

static bool has_tail(const struct pattern *pattern) {
  return pattern->count && pattern->segments[pattern->count - 1].kind == SEGMENT_CATCH_ALL;
}

/* The name of the pattern's parameter `number`, from 1; empty: there is none. */
static struct str param_name(const struct pattern *pattern, unsigned number) {
  for (unsigned i = 0; i < pattern->count; i++) {
    if (pattern->segments[i].kind != SEGMENT_STATIC && --number == 0) return pattern->segments[i].name;
  }
  return STR("");
}

static bool has_param(const struct pattern *pattern, struct str name) {
  for (unsigned i = 0; i < pattern->count; i++) {
    if (pattern->segments[i].kind != SEGMENT_STATIC && str_eq(pattern->segments[i].name, name)) return true;
  }
  return false;
}

/* Of "^/api/(.*)$ /$1 break" the part that is the new path, of a URL its path; "* /x" is Caddy's. */
static struct str new_path(struct str text) {
  struct str rest = str_trim(text);
  if (str_starts_with(rest, STR("rewrite "))) rest = str_trim(str_from(rest, 8));
  size_t blank = str_find(rest, ' ');
  if (blank < rest.len) {
    rest = str_trim(str_from(rest, blank));
    rest = str_upto(rest, str_find(rest, ' '));
    return str_upto(rest, str_find(rest, ';'));
  }
  for (size_t i = 0; i + 3 <= rest.len; i++) {
    if (!str_starts_with(str_from(rest, i), STR("://"))) continue;
    struct str behind = str_from(rest, i + 3);
    return str_from(behind, str_find(behind, '/'));
  }
  return rest;
}

/* The pattern that the path has, or is told to have. False: none. */
static bool path_pattern(struct arena *arena, const struct rewrite_hint_path *path, struct pattern *pattern,
                         struct template_fault *fault) {
  struct path_habit habit;
  path_habit_read(path->text, &habit);
  bool told = habit.changed && !habit.failed && !habit.several;
  if (told && pattern_parse(arena, str_make(habit.text, habit.len), path->match, pattern, fault)) return true;
  return pattern_parse(arena, path->text, path->match, pattern, fault);
}

struct str rewrite_hint(struct arena *arena, struct str text, const struct rewrite_hint_path *path, bool dollars,
                        size_t *offset) {
  struct pattern pattern = {.match = path->match};
  struct template_fault fault = {.what = NULL};
  struct draft draft = {.arena = arena, .pattern = &pattern, .dollars = dollars};
  if (!path_pattern(arena, path, &pattern, &fault)) {
    if (!fault.what) return str_make(NULL, 0);
    pattern = (struct pattern){.match = path->match};
  }
  draft.joins = path->match == PATTERN_PREFIX && !has_tail(&pattern);
  struct str rest = new_path(text);
  bool found = rest.len != text.len || rest.len == 0 || rest.ptr[0] != '/';
  *offset = 0;
  if (rest.len == 0 || rest.ptr[0] != '/') draft.text[draft.len++] = '/';
  for (size_t at = 0, start = (size_t)(rest.ptr - text.ptr); at < rest.len;) {
    struct piece piece;
    read_piece(&draft, str_from(rest, at), at == 0 || rest.ptr[at - 1] == '/', &piece);
    if (piece.meaning != MEANS_TEXT && !found) *offset = start + at;
    found |= piece.meaning != MEANS_TEXT;
    put_piece(&draft, str_upto(str_from(rest, at), piece.len), &piece);
    at += piece.len;
  }
  return found ? tell(&draft, text) : NO_HINT;
}

static bool is_one_of(struct str word, const char *words) {
  struct str rest = str_of(words), one;
  while (str_next(&rest, ' ', &one)) {
    if (str_eq(one, word)) return true;
  }
  return false;
}

/* In capitals it is taken for one of the environment's, which others tell about. */
static bool is_in_capitals(struct str name) {
  for (size_t i = 0; i < name.len; i++) {
    if (name.ptr[i] >= 'a' && name.ptr[i] <= 'z') return false;
  }
  return true;
}

/* "$1" and "\1", "$uri", "$(…)". */
static void read_variable(const struct draft *draft, struct str text, struct piece *piece) {
  struct str name = path_habit_name(str_from(text, 1));
  if (text.len > 1 && str_is_digit(text.ptr[1])) {
    unsigned number = (unsigned)(text.ptr[1] - '0');
    if (number > 0) piece->name = param_name(draft->pattern, number);
    piece->meaning = piece->name.len ? MEANS_PARAM : MEANS_REST;
    piece->len = 2;
  } else if (text.ptr[0] == '$' && text.len > 1 && text.ptr[1] == '(') {
    piece->meaning = MEANS_VARIABLE;
    piece->len = str_find(text, ')') < text.len ? str_find(text, ')') + 1 : text.len;
  } else if (text.ptr[0] == '$' && !is_in_capitals(name)) {
    bool whole = is_one_of(name, "uri request_uri document_uri path request_path");
    bool query = is_one_of(name, "args is_args query_string");
    piece->meaning = whole ? MEANS_WHOLE : query ? MEANS_QUERY : MEANS_VARIABLE;
    piece->len = 1 + name.len;
  }
}

/* "{id}" of ours, "{*rest}", and Caddy's "{uri}". False: it is none of these. */
static bool read_braces(const struct draft *draft, struct str text, struct piece *piece) {
  size_t end = str_find(text, '}'), star = str_starts_with(text, STR("{*"));
  struct str inner = str_make(text.ptr + 1 + star, end < text.len ? end - 1 - star : 0);
  if (inner.len == 0) return false;
  bool known = has_param(draft->pattern, inner), named = path_habit_name(inner).len == inner.len;
  bool whole = is_one_of(inner, "uri path http.request.uri http.request.uri.path http.request.orig_uri");
  if (!known && !named && !whole) return false;
  piece->len = end + 1;
  piece->name = inner;
  if (known) piece->meaning = star ? MEANS_PARAM : MEANS_TEXT;
  if (!known) piece->meaning = whole ? MEANS_WHOLE : is_one_of(inner, "query") ? MEANS_QUERY : MEANS_ABSENT;
  return true;
}

/* The reference at the front of `text`, or one byte of text. `begins`: it is the front of a segment. */
static void read_piece(const struct draft *draft, struct str text, bool begins, struct piece *piece) {
  *piece = (struct piece){.meaning = MEANS_TEXT, .len = 1, .name = STR_INIT("")};
  char sign = text.ptr[0];
  if (str_starts_with(text, STR("{{")) || str_starts_with(text, STR("}}"))) piece->len = 2;
  if (str_starts_with(text, STR("${"))) piece->len = str_find(text, '}') < text.len ? str_find(text, '}') + 1 : 2;
  if (piece->len > 1) return;
  if (sign == '?' && text.len > 1) {
    struct piece query;
    read_piece(draft, str_from(text, 1), false, &query);
    if (query.meaning == MEANS_QUERY) *piece = query;
    piece->len += query.meaning == MEANS_QUERY;
    return;
  }
  if (sign == '\\' || (sign == '$' && draft->dollars)) read_variable(draft, text, piece);
  if (piece->meaning != MEANS_TEXT || (sign == '{' && read_braces(draft, text, piece)) || !begins) return;
  struct path_habit_segment segment;
  struct str whole = str_upto(text, str_find(text, '/')), colon = path_habit_name(str_from(whole, 1));
  path_habit_segment(whole, &segment);
  bool param = segment.kind == HABIT_PARAM || segment.kind == HABIT_NAMED_REST;
  if (segment.kind == HABIT_UNKNOWN && sign == ':' && colon.len) { /* what stands behind the name is text */
    segment = (struct path_habit_segment){.name = colon};
    whole = str_upto(whole, 1 + colon.len);
    param = true;
  }
  bool known = param && has_param(draft->pattern, segment.name);
  if (segment.kind == HABIT_REST || (segment.kind == HABIT_NAMED_REST && !known)) {
    piece->meaning = MEANS_REST;
  } else if (param) {
    piece->meaning = known ? MEANS_PARAM : MEANS_ABSENT;
  } else if (segment.kind == HABIT_UNKNOWN) {
    piece->meaning = MEANS_UNKNOWN;
  } else {
    return;
  }
  piece->len = whole.len;
  piece->name = segment.name;
  piece->around = segment.around;
}

static void put(struct draft *draft, struct str s) {
  draft->failed |= s.len > sizeof draft->text - draft->len;
  if (draft->failed) return;
  if (s.len) memcpy(draft->text + draft->len, s.ptr, s.len);
  draft->len += s.len;
}

static void put_param(struct draft *draft, struct str name, const struct expression *around) {
  put(draft, str_make(around->text, around->before));
  put(draft, STR("{"));
  put(draft, name);
  put(draft, STR("}"));
  put(draft, str_make(around->text + around->before, around->len - around->before));
}

/* The path itself, which is what a variable for it holds. */
static void put_path(struct draft *draft) {
  for (unsigned i = 0; i < draft->pattern->count; i++) {
    const struct segment *segment = &draft->pattern->segments[i];
    bool slash = draft->len && !draft->failed && draft->text[draft->len - 1] == '/';
    if (!slash) put(draft, STR("/"));
    put(draft, segment->literal);
    if (segment->kind != SEGMENT_STATIC) put_param(draft, segment->name, &(struct expression){.len = 0});
    put(draft, segment->suffix);
  }
}

static void put_piece(struct draft *draft, struct str text, const struct piece *piece) {
  static const struct expression nothing = {.len = 0};
  const struct pattern *pattern = draft->pattern;
  bool ended = draft->rest || draft->whole || draft->query;
  bool harmless = piece->meaning == MEANS_QUERY || (piece->meaning == MEANS_TEXT && str_eq(text, STR("/")));
  draft->failed |= ended && !harmless;
  switch (piece->meaning) {
  case MEANS_TEXT:
    put(draft, text);
    return;
  case MEANS_PARAM:
    put_param(draft, piece->name, &piece->around);
    return;
  case MEANS_REST:
    if (has_tail(pattern)) {
      put_param(draft, pattern->segments[pattern->count - 1].name, &nothing);
    } else {
      draft->rest = true;
    }
    return;
  case MEANS_WHOLE:
    put_path(draft);
    draft->whole = true;
    return;
  case MEANS_QUERY:
    draft->query = true;
    return;
  case MEANS_ABSENT:
  case MEANS_VARIABLE:
    if (draft->wrong.len == 0) {
      draft->wrong = *piece;
      if (piece->meaning == MEANS_VARIABLE) draft->wrong.name = text;
    }
    return;
  case MEANS_UNKNOWN:
    draft->failed = true;
    return;
  }
}

static bool fits(const struct draft *draft, struct str text, struct template_fault *fault) {
  struct rewrite rewrite;
  return rewrite_parse(draft->arena, text, draft->pattern, &rewrite, fault);
}

/* Would nothing be told of it? */
static bool is_ours(const struct draft *draft, struct str text) {
  if (new_path(text).len != text.len) return false;
  for (size_t at = 0; at < text.len;) {
    struct piece piece;
    read_piece(draft, str_from(text, at), at == 0 || text.ptr[at - 1] == '/', &piece);
    if (piece.meaning != MEANS_TEXT) return false;
    at += piece.len;
  }
  return true;
}

/* As it has to be written for a '$' to be one. Empty: it is too long. */
static struct str double_dollars(struct arena *arena, struct str text) {
  struct str doubled = STR("");
  for (size_t at = 0; at < text.len && text.len < TEXT_BYTES && doubled.ptr; at++) {
    doubled = arena_printf(arena, "%.*s%s%c", STR_ARG(doubled), text.ptr[at] == '$' ? "$" : "", text.ptr[at]);
  }
  return doubled;
}

/* "(… '$host' …)": nothing that we have is it, but it may be meant as it stands. */
static struct str tell_variable(struct draft *draft, struct str text) {
  struct template_fault fault;
  struct str name = draft->wrong.name;
  if (!fits(draft, text, &fault)) return fault.what ? GENERAL : str_make(NULL, 0);
  struct str doubled = double_dollars(draft->arena, text);
  if (!doubled.ptr) return doubled;
  const struct draft literal = {.pattern = draft->pattern};
  if (doubled.len == 0 || !is_ours(&literal, text)) return GENERAL;
  return arena_printf(draft->arena,
                      "(nothing stands for '%s' here: write the new path itself, or '%.*s' for this text)",
                      config_quote(name).text, STR_ARG(doubled));
}

static struct str tell_params(const struct draft *draft) {
  struct str list = STR("");
  for (unsigned i = 0; i < draft->pattern->count && list.ptr; i++) {
    const struct segment *segment = &draft->pattern->segments[i];
    if (segment->kind == SEGMENT_STATIC) continue;
    list = arena_printf(draft->arena, "%.*s%s{%.*s}", STR_ARG(list), list.len ? ", " : "", STR_ARG(segment->name));
  }
  if (!list.ptr) return list;
  if (!list.len) return STR("(only parameters of 'path' can be used here, and it has none)");
  return arena_printf(draft->arena, "(only parameters of 'path' can be used here: %.*s)", STR_ARG(list));
}

static struct str tell(struct draft *draft, struct str text) {
  struct template_fault fault;
  if (draft->wrong.len) {
    return draft->wrong.meaning == MEANS_VARIABLE ? tell_variable(draft, text) : tell_params(draft);
  }
  bool trim = draft->joins && (draft->rest || draft->whole);
  struct str whole = str_make(draft->text, draft->len);
  while (trim && whole.len > 1 && whole.ptr[whole.len - 1] == '/') whole.len--;
  if (draft->failed) return GENERAL;
  if (whole.len == 0) whole = STR("/");
  if (!fits(draft, whole, &fault)) return fault.what ? GENERAL : str_make(NULL, 0);
  if (draft->whole) {
    struct draft path = {.pattern = draft->pattern};
    put_path(&path);
    if (str_eq(whole, str_make(path.text, path.len))) return STR("(leave 'rewrite' out: the path stays as it is)");
  }
  bool dollar = str_find(whole, '$') < whole.len;
  if (!is_ours(draft, whole) || (dollar && draft->dollars)) return GENERAL;
  if (dollar) whole = double_dollars(draft->arena, whole);
  if (!whole.ptr) return whole;
  bool follows = draft->joins && (draft->rest || draft->whole);
  return arena_printf(draft->arena, "(write '%.*s'%s%s)", STR_ARG(whole),
                      follows ? ": what stands behind the matched path follows by itself" : "",
                      draft->query ? follows ? ", and so does the query" : ": the query follows by itself" : "");
}
