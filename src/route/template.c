/* Templates. The text is first checked as it was written, so that faults point at the user's own bytes; then it is
 * rewritten as one normal path with a mark for each parameter, from which the dot segments are removed; then cut into
 * pieces at the marks. A mark is a '{', which no normal path holds. */
#include "liteginx/route/template.h"

#include <limits.h>

#include "liteginx/route/path.h"

enum { MARK = '{' };

/* What is between two parameters, or one of them: slices of the text as written. */
struct token {
  struct str literal; /* with doubled braces */
  struct str name;
  bool is_param, tail;
  size_t offset;
};

static bool parse(struct arena *arena, struct str text, bool behind, struct template *parsed,
                  struct template_fault *fault);
static bool check_bytes(struct str text, bool behind, struct template_fault *fault);
static bool check_syntax(struct str text, size_t *params, struct template_fault *fault);
static bool next_token(struct str text, size_t *at, struct token *token, struct template_fault *fault);
static bool read_param(struct str text, size_t *at, struct token *token, struct template_fault *fault);
static struct str normal_text(struct arena *arena, struct str text, bool behind, struct template_piece *params,
                              struct template_fault *fault);
static bool remove_dots(char *bytes, size_t *len, const struct template_piece *params, size_t count,
                        struct template_fault *fault);
static bool cut(struct arena *arena, struct str normal, const struct template_piece *params, size_t count,
                struct template *parsed);

bool template_parse(struct arena *arena, struct str text, struct template *parsed, struct template_fault *fault) {
  *fault = (struct template_fault){0};
  if (text.len == 0 || text.ptr[0] != '/') return template_refuse(fault, 0, "it must begin with '/'");
  return parse(arena, text, false, parsed, fault);
}

bool template_parse_behind(struct arena *arena, struct str text, struct template *parsed,
                           struct template_fault *fault) {
  *fault = (struct template_fault){0};
  return parse(arena, text, true, parsed, fault);
}

/* `behind`: a path. */
static bool parse(struct arena *arena, struct str text, bool behind, struct template *parsed,
                  struct template_fault *fault) {
  size_t count = 0;
  if (!check_bytes(text, behind, fault) || !check_syntax(text, &count, fault)) return false;
  struct str copy = arena_dup(arena, text);
  struct template_piece *params = copy.ptr ? arena_alloc(arena, count * sizeof *params) : NULL;
  if (!params) return false;
  struct str normal = normal_text(arena, copy, behind, params, fault);
  return normal.ptr && cut(arena, normal, params, count, parsed);
}

bool template_refuse(struct template_fault *fault, size_t offset, const char *what) {
  *fault = (struct template_fault){offset, what};
  return false;
}

static bool check_bytes(struct str text, bool behind, struct template_fault *fault) {
  if (text.len > INT_MAX / PATH_GROWTH) return template_refuse(fault, 0, "it is too long");
  size_t at = path_fault(text);
  while (behind && at < text.len && text.ptr[at] == '?') at += 1 + path_fault(str_from(text, at + 1));
  if (at == text.len) return true;
  switch (text.ptr[at]) {
  case '?':
    return template_refuse(fault, at, "'?' does not belong here: the query takes no part in it");
  case '#':
    return template_refuse(fault, at, "'#' does not belong here: a fragment never reaches a server");
  case '%':
    return template_refuse(fault, at, "'%' must be followed by two hex digits other than 00");
  default:
    return template_refuse(fault, at, "a control character does not belong here");
  }
}

static bool check_syntax(struct str text, size_t *params, struct template_fault *fault) {
  struct token token;
  for (size_t at = 0; at < text.len;) {
    if (!next_token(text, &at, &token, fault)) return false;
    if (token.is_param) ++*params;
  }
  return true;
}

/* Reads the token at `*at`, which is not the end, and moves behind it. */
static bool next_token(struct str text, size_t *at, struct token *token, struct template_fault *fault) {
  *token = (struct token){.offset = *at};
  size_t i = *at;
  while (i < text.len) {
    char c = text.ptr[i];
    bool doubled = i + 1 < text.len && text.ptr[i + 1] == c;
    if (c == '{' && !doubled) break;
    if (c == '}' && !doubled) return template_refuse(fault, i, "a '}' without its '{' (a literal brace is '}}')");
    i += c == '{' || c == '}' ? 2 : 1;
  }
  if (i == *at) return read_param(text, at, token, fault);
  token->literal = str_make(text.ptr + *at, i - *at);
  *at = i;
  return true;
}

static bool read_param(struct str text, size_t *at, struct token *token, struct template_fault *fault) {
  size_t i = *at + 1;
  token->is_param = true;
  token->tail = i < text.len && text.ptr[i] == '*';
  if (token->tail) i++;
  size_t start = i;
  while (i < text.len && text.ptr[i] != '}') {
    char c = str_lower_char(text.ptr[i]);
    if (c == '/' || c == '{') break;
    bool fits = (c >= 'a' && c <= 'z') || c == '_' || (i > start && str_is_digit(c));
    if (!fits) return template_refuse(fault, i, "a parameter's name is a letter or '_', then letters, digits, '_'");
    i++;
  }
  if (i == text.len || text.ptr[i] != '}') {
    return template_refuse(fault, *at, "a '{' without its '}' (a literal brace is '{{')");
  }
  if (i == start) return template_refuse(fault, *at, "a parameter needs a name");
  token->name = str_make(text.ptr + start, i - start);
  *at = i + 1;
  return true;
}

/* The checked `text` as a normal path with a mark for each parameter, which goes into `params`. ptr NULL: it failed. */
static struct str normal_text(struct arena *arena, struct str text, bool behind, struct template_piece *params,
                              struct template_fault *fault) {
  char *bytes = arena_alloc(arena, text.len * PATH_GROWTH);
  if (!bytes) return (struct str){NULL, 0};
  size_t len = 0, count = 0;
  struct token token;
  for (size_t at = 0; at < text.len;) {
    ENSURE(next_token(text, &at, &token, fault));
    if (token.is_param) {
      params[count++] = (struct template_piece){.name = token.name, .tail = token.tail, .offset = token.offset};
      bytes[len++] = MARK;
    }
    while (token.literal.len) {
      char c = token.literal.ptr[0];
      bool percent = c == '%', brace = c == '{' || c == '}';
      if (c == '?') {
        bytes[len++] = c;
      } else {
        len += path_encode(str_upto(token.literal, percent ? 3 : 1), bytes + len);
      }
      token.literal = str_from(token.literal, percent ? 3 : brace ? 2 : 1);
    }
  }
  bool good = behind || remove_dots(bytes, &len, params, count, fault);
  return good ? str_make(bytes, len) : (struct str){NULL, 0};
}

static bool remove_dots(char *bytes, size_t *len, const struct template_piece *params, size_t count,
                        struct template_fault *fault) {
  size_t marks = 0;
  if (!path_remove_dots(bytes, len)) return template_refuse(fault, 0, "'..' climbs above the root");
  for (size_t i = 0; i < *len; i++) marks += bytes[i] == MARK;
  return marks == count || template_refuse(fault, params[0].offset, "'..' takes a parameter away again");
}

static bool cut(struct arena *arena, struct str normal, const struct template_piece *params, size_t count,
                struct template *parsed) {
  *parsed = (struct template){.pieces = arena_alloc(arena, (2 * count + 1) * sizeof *parsed->pieces)};
  if (!parsed->pieces) return false;
  struct str literal;
  for (size_t i = 0; str_next(&normal, MARK, &literal); i++) {
    if (literal.len) parsed->pieces[parsed->count++] = (struct template_piece){.literal = literal};
    if (normal.ptr) parsed->pieces[parsed->count++] = params[i];
  }
  return true;
}
