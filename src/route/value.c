/* Braces are told from each other as in paths: `{{` and `}}` are themselves. */
#include "liteginx/route/value.h"

static bool find_control(struct str text, struct template_fault *fault);
static bool read_piece(struct arena *arena, struct str text, size_t *at, const struct pattern *pattern,
                       struct value_piece *piece, struct template_fault *fault);
static bool read_literal(struct arena *arena, struct str text, size_t *at, struct str *literal,
                         struct template_fault *fault);
static bool read_name(size_t at, struct str name, const struct pattern *pattern, struct value_piece *piece,
                      struct template_fault *fault);
static struct str piece_text(const struct value_piece *piece, const struct value_facts *facts);

bool value_parse(struct arena *arena, struct str text, const struct pattern *pattern, struct value *value,
                 struct template_fault *fault) {
  struct str trimmed = str_trim(text);
  size_t at = (size_t)(trimmed.ptr - text.ptr), end = at + trimmed.len;
  *fault = (struct template_fault){0};
  *value = (struct value){.pieces = arena_alloc(arena, sizeof *value->pieces), .count = 1};
  if (!value->pieces) return false;
  value->pieces[0] = (struct value_piece){.kind = VALUE_LITERAL, .literal = STR_INIT("")};
  if (find_control(text, fault)) return false;
  for (unsigned count = 0; at < end; value->count = ++count) {
    value->pieces =
        arena_grow(arena, value->pieces, value->count * sizeof *value->pieces, (count + 1) * sizeof *value->pieces);
    if (!value->pieces || !read_piece(arena, str_upto(text, end), &at, pattern, &value->pieces[count], fault)) {
      return false;
    }
  }
  return true;
}

struct str value_apply(struct arena *arena, const struct value *value, const struct value_facts *facts) {
  if (value->count == 1) {
    struct str text = piece_text(&value->pieces[0], facts);
    return text.ptr ? text : STR(""); /* a fact that there is not */
  }
  size_t len = 0;
  for (unsigned i = 0; i < value->count; i++) len += piece_text(&value->pieces[i], facts).len;
  char *bytes = arena_alloc(arena, len + 1), *at = bytes;
  if (!bytes) return (struct str){NULL, 0};
  for (unsigned i = 0; i < value->count; i++) {
    struct str piece = piece_text(&value->pieces[i], facts);
    if (piece.len) memcpy(at, piece.ptr, piece.len);
    at += piece.len;
  }
  return str_make(bytes, len);
}

static struct str piece_text(const struct value_piece *piece, const struct value_facts *facts) {
  switch (piece->kind) {
  case VALUE_LITERAL:
    return piece->literal;
  case VALUE_PARAM:
    return facts->params[piece->param];
  case VALUE_CLIENT_IP:
    return facts->client_ip;
  case VALUE_HOST:
    return facts->host;
  case VALUE_PATH:
    return facts->path;
  }
  ENSURE_UNREACHABLE();
}

/* RFC 9110 §5.5. */
static bool find_control(struct str text, struct template_fault *fault) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    if ((c >= 0x20 && c != 0x7f) || c == '\t') continue;
    (void)template_refuse(fault, i, "a field holds no line breaks and no control characters");
    return true;
  }
  return false;
}

static bool read_piece(struct arena *arena, struct str text, size_t *at, const struct pattern *pattern,
                       struct value_piece *piece, struct template_fault *fault) {
  struct str rest = str_from(text, *at);
  ENSURE(rest.len > 0);
  *piece = (struct value_piece){.kind = VALUE_LITERAL};
  bool doubled = rest.len > 1 && rest.ptr[1] == '{';
  if (rest.ptr[0] != '{' || doubled) {
    return read_literal(arena, text, at, &piece->literal, fault);
  }
  size_t close = str_find(rest, '}');
  if (close == rest.len) return template_refuse(fault, *at, "this '{' is not closed (write '{{' for the character)");
  struct str name = str_make(rest.ptr + 1, close - 1);
  if (!read_name(*at, name, pattern, piece, fault)) return false;
  *at += close + 1;
  return true;
}

/* Up to the next piece, doubled braces made one. */
static bool read_literal(struct arena *arena, struct str text, size_t *at, struct str *literal,
                         struct template_fault *fault) {
  char *bytes = arena_alloc(arena, text.len - *at);
  size_t len = 0;
  if (!bytes) return false;
  for (; *at < text.len; ++*at) {
    char c = text.ptr[*at];
    bool brace = c == '{' || c == '}', doubled = brace && *at + 1 < text.len && text.ptr[*at + 1] == c;
    if (c == '{' && !doubled) break;
    if (c == '}' && !doubled)
      return template_refuse(fault, *at, "this '}' closes nothing (write '}}' for the character)");
    bytes[len++] = c;
    *at += doubled;
  }
  *literal = str_make(bytes, len);
  return true;
}

static bool read_name(size_t at, struct str name, const struct pattern *pattern, struct value_piece *piece,
                      struct template_fault *fault) {
  int param = pattern_param(pattern, name);
  if (param >= 0) {
    piece->kind = VALUE_PARAM;
    piece->param = (unsigned)param;
  } else if (str_eq(name, STR("client_ip"))) {
    piece->kind = VALUE_CLIENT_IP;
  } else if (str_eq(name, STR("host"))) {
    piece->kind = VALUE_HOST;
  } else if (str_eq(name, STR("path"))) {
    piece->kind = VALUE_PATH;
  } else if (str_starts_with(name, STR("*"))) {
    return template_refuse(fault, at, "a parameter is used without its '*' here");
  } else {
    return template_refuse(fault, at,
                           "there are {client_ip}, {host}, {path} and the parameters of 'path', and not this; a brace "
                           "itself is '{{' or '}}'");
  }
  return true;
}
