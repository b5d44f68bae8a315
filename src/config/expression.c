/* Parentheses are looked through: only what is repeated or chosen counts. What is not understood is refused, so that no part
 * of an expression is ever lost. */
#include "liteginx/config/expression.h"

/* Reading one. */
struct reader {
  struct str rest;
  struct expression *found;
  bool behind; /* the part that varies has ended */
  unsigned depth;
};

static bool read_piece(struct reader *reader);
static bool read_group(struct reader *reader);
static bool take_class(struct str *rest, bool *crosses);

bool expression_read(struct str segment, struct expression *expression) {
  struct reader reader = {.rest = segment, .found = expression};
  *expression = (struct expression){.name = STR_INIT("")};
  while (reader.rest.len) {
    if (!read_piece(&reader)) return false;
  }
  if (!expression->varies) expression->before = expression->len;
  return reader.depth == 0;
}

static bool starts_with_one_of(struct str text, const char *all) {
  return text.len && text.ptr[0] && strchr(all, text.ptr[0]);
}

static bool add_text(struct reader *reader, char c) {
  struct expression *found = reader->found;
  if (found->len == sizeof found->text || starts_with_one_of(reader->rest, "*+?{")) return false;
  found->text[found->len++] = c;
  if (!found->varies) found->before = found->len;
  reader->behind = found->varies;
  return true;
}

/* "*", "+?", "{2,4}": how often something may be there. False: it is not closed. */
static bool take_times(struct str *rest) {
  if (starts_with_one_of(*rest, "*+?")) {
    *rest = str_from(*rest, 1);
  } else if (starts_with_one_of(*rest, "{")) {
    size_t end = str_find(*rest, '}');
    for (size_t i = 1; i < end; i++) {
      if (!str_is_digit(rest->ptr[i]) && rest->ptr[i] != ',') return false;
    }
    if (end == rest->len) return false;
    *rest = str_from(*rest, end + 1);
  }
  if (starts_with_one_of(*rest, "?+")) *rest = str_from(*rest, 1);
  return true;
}

/* A part that varies; several in a row are one. */
static bool add_class(struct reader *reader, bool crosses) {
  if (reader->behind || !take_times(&reader->rest)) return false;
  reader->found->varies = true;
  reader->found->crosses |= crosses;
  return true;
}

static bool read_piece(struct reader *reader) {
  struct str *rest = &reader->rest;
  char c = rest->ptr[0];
  bool crosses = false, repeated = starts_with_one_of(str_from(*rest, 1), "*+?{");
  if (c == '.' && repeated) {
    *rest = str_from(*rest, 1);
    return add_class(reader, true);
  }
  if (take_class(rest, &crosses)) return add_class(reader, crosses);
  if (c == '(' || c == ')') return read_group(reader);
  if (strchr("[]{}|^$*+?", c) || c == '\0') return false;
  if (c == '\\') {
    *rest = str_from(*rest, 1);
    if (rest->len == 0) return false;
    c = rest->ptr[0];
    char lower = str_lower_char(c);
    if ((lower >= 'a' && lower <= 'z') || str_is_digit(c)) return false;
  }
  *rest = str_from(*rest, 1);
  return add_text(reader, c);
}

/* "(", "(?:", "(?<name>", "(?P<name>", or ")", behind which nothing may say how often. */
static bool read_group(struct reader *reader) {
  struct str *rest = &reader->rest;
  if (rest->ptr[0] == ')') {
    *rest = str_from(*rest, 1);
    return reader->depth-- > 0 && !starts_with_one_of(*rest, "*+?{");
  }
  reader->depth++;
  *rest = str_from(*rest, 1);
  if (!starts_with_one_of(*rest, "?")) return true;
  if (str_starts_with(*rest, STR("?:"))) {
    *rest = str_from(*rest, 2);
    return true;
  }
  bool named = str_starts_with(*rest, STR("?<")) || str_starts_with(*rest, STR("?P<"));
  size_t begin = str_find(*rest, '<') + 1, end = str_find(*rest, '>');
  bool looks_around = starts_with_one_of(str_from(*rest, begin), "=!");
  if (!named || end == rest->len || looks_around) return false;
  reader->found->name = str_make(rest->ptr + begin, end - begin);
  *rest = str_from(*rest, end + 1);
  return true;
}

/* "\d", "\w", "[0-9a-z]", "[^/]". */
static bool take_class(struct str *rest, bool *crosses) {
  if (str_starts_with(*rest, STR("\\d")) || str_starts_with(*rest, STR("\\w"))) {
    *rest = str_from(*rest, 2);
    return true;
  }
  if (str_starts_with(*rest, STR("\\S"))) {
    *crosses = true;
    *rest = str_from(*rest, 2);
    return true;
  }
  if (!starts_with_one_of(*rest, "[")) return false;
  bool inverted = str_starts_with(*rest, STR("[^")), slash = false;
  size_t first = inverted ? 2 : 1, end = first;
  for (; end < rest->len && (rest->ptr[end] != ']' || end == first); end++) {
    slash |= rest->ptr[end] == '/';
    if (rest->ptr[end] == '\\') end++;
  }
  if (end >= rest->len) return false;
  *crosses = slash != inverted;
  *rest = str_from(*rest, end + 1);
  return true;
}
