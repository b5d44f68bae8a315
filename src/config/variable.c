/* A `$` is looked at once: what a variable holds is never filled in again. */
#include "liteginx/config/variable.h"

#include "liteginx/base/utf8.h"

enum { NAME_BYTES = 255 };

/* What one `$` at the front of a text stands for. */
struct reference {
  size_t len; /* of the whole reference; 1: a `$` that is itself */
  struct str name;
  struct str otherwise;
  bool has_otherwise;
};

static struct reference read_reference(struct str text) {
  struct reference plain = {.len = 1}, found = {.len = 2};
  while (found.len < text.len) {
    char c = str_lower_char(text.ptr[found.len]);
    bool digit = str_is_digit(c) && found.len > 2;
    if (!(c >= 'a' && c <= 'z') && c != '_' && !digit) break;
    found.len++;
  }
  if (text.len < 2 || text.ptr[1] != '{' || found.len == 2) return plain;
  found.name = str_make(text.ptr + 2, found.len - 2);
  struct str rest = str_from(text, found.len);
  if (str_starts_with(rest, STR(":-"))) {
    found.has_otherwise = true;
    found.otherwise = str_upto(str_from(rest, 2), str_find(str_from(rest, 2), '}'));
    rest = str_from(rest, 2 + found.otherwise.len);
  }
  if (rest.len == 0 || rest.ptr[0] != '}') return plain;
  found.len = text.len - rest.len + 1;
  return found;
}

/* `$NAME`: capitals alone, so that the '$metadata' of a path is none. */
static size_t bare_name_length(struct str text) {
  size_t len = 1;
  while (len < text.len) {
    char c = text.ptr[len];
    bool inner = str_is_digit(c) || c == '_';
    if (!(c >= 'A' && c <= 'Z') && !(inner && len > 1)) break;
    len++;
  }
  bool goes_on = len < text.len && text.ptr[len] >= 'a' && text.ptr[len] <= 'z';
  return len > 1 && !goes_on ? len : 0;
}

bool variable_stray(struct str text, struct str *stray) {
  for (size_t dollar; (dollar = str_find(text, '$')) < text.len;) {
    text = str_from(text, dollar);
    struct reference reference = read_reference(text);
    bool doubled = str_starts_with(text, STR("$$"));
    size_t len = doubled || reference.name.len ? 0 : bare_name_length(text);
    if (str_starts_with(text, STR("${")) && reference.name.len == 0) len = str_find(text, '}') + 1;
    if (len) {
      *stray = str_upto(text, len);
      return true;
    }
    text = str_from(text, doubled ? 2 : reference.len);
  }
  return false;
}

bool variable_has_plain(struct str text) {
  bool plain = false;
  for (size_t dollar; (dollar = str_find(text, '$')) < text.len;) {
    text = str_from(text, dollar);
    if (str_starts_with(text, STR("$$"))) return false;
    struct reference reference = read_reference(text);
    plain |= reference.name.len == 0;
    text = str_from(text, reference.len);
  }
  return plain;
}

static const char *look_up(struct str name, config_getenv *env, void *env_owner) {
  char text[NAME_BYTES + 1];
  if (name.len > NAME_BYTES) return NULL;
  memcpy(text, name.ptr, name.len);
  text[name.len] = '\0';
  return env(env_owner, text);
}

/* A text that grows up to its bound. */
struct filling {
  char bytes[VARIABLE_MAX_BYTES];
  size_t len;
};

static bool append(struct filling *filling, struct str piece) {
  if (piece.len > sizeof filling->bytes - filling->len) return false;
  if (piece.len) memcpy(filling->bytes + filling->len, piece.ptr, piece.len);
  filling->len += piece.len;
  return true;
}

static enum variable_status append_default(struct filling *filling, struct str text) {
  while (text.len) {
    size_t dollar = str_find(text, '$');
    struct str behind = str_from(text, dollar + 1);
    if (str_starts_with(behind, STR("{"))) return VARIABLE_NESTED;
    if (!append(filling, str_upto(text, dollar + 1))) return VARIABLE_TOO_LONG;
    text = str_starts_with(behind, STR("$")) ? str_from(behind, 1) : behind;
  }
  return VARIABLE_OK;
}

static enum variable_status append_variable(struct filling *filling, struct reference reference, config_getenv *env,
                                            void *env_owner) {
  const char *text = look_up(reference.name, env, env_owner);
  if (text && (text[0] || !reference.has_otherwise)) {
    if (!utf8_valid(str_of(text))) return VARIABLE_NOT_UTF8;
    return append(filling, str_of(text)) ? VARIABLE_OK : VARIABLE_TOO_LONG;
  }
  return reference.has_otherwise ? append_default(filling, reference.otherwise) : VARIABLE_UNSET;
}

enum variable_status variable_expand(struct arena *arena, struct str text, config_getenv *env, void *env_owner,
                                     struct str *expanded, struct str *name) {
  struct filling filling;
  *expanded = text;
  *name = STR("");
  size_t dollar = str_find(text, '$');
  if (dollar == text.len) return VARIABLE_OK;
  for (filling.len = 0; text.len; dollar = str_find(text, '$')) {
    enum variable_status status = VARIABLE_OK;
    struct reference reference = dollar == 0 ? read_reference(text) : (struct reference){.len = dollar};
    if (reference.name.len) {
      *name = reference.name;
      status = append_variable(&filling, reference, env, env_owner);
    } else {
      if (str_starts_with(text, STR("$$"))) text = str_from(text, 1);
      if (!append(&filling, str_upto(text, reference.len))) status = VARIABLE_TOO_LONG;
    }
    if (status != VARIABLE_OK) return status;
    text = str_from(text, reference.len);
  }
  struct str filled = str_make(filling.bytes, filling.len);
  if (str_eq(filled, *expanded)) return VARIABLE_OK;
  *expanded = arena_dup(arena, filled);
  return expanded->ptr ? VARIABLE_OK : VARIABLE_NO_MEMORY;
}
