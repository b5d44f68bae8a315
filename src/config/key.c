/* Whatever is said or done for a kind, and for no single key, is here. A value is stored by the size of its member, so
 * that a port can be 16 bits and a length a size_t. */
#include "liteginx/config/key.h"

#include "liteginx/config/hint.h"
#include "liteginx/config/report.h"
#include "liteginx/config/scalar.h"

static bool read_number(const struct key *key, struct str text, uint64_t *value);
static bool read_word(const struct key *key, struct str text, uint64_t *value);
static const struct key_table *inner_table(const struct key *key);
static struct str size_expected(struct arena *arena, const struct key *key);
static struct str list_words(struct arena *arena, const char *const *words);

bool key_is_single(const struct key *key) {
  return key->kind < KEY_LIST;
}

bool key_in_group(const struct key *key, const char *group) {
  return key->group && strcmp(key->group, group) == 0;
}

unsigned key_group_first(const struct key_table *table, const char *group) {
  unsigned row = 0;
  while (!key_in_group(&table->rows[row], group)) row++;
  return row;
}

/* Asked of each key of each spec: no row's length is counted. */
const struct key *key_find(const struct key_table *table, struct str name) {
  if (name.len == 0) return NULL;
  for (unsigned i = 0; i < table->count; i++) {
    const char *known = table->rows[i].name;
    if (known[0] != name.ptr[0] || strncmp(known, name.ptr, name.len) != 0) continue;
    if (known[name.len] == '\0') return &table->rows[i];
  }
  return NULL;
}

const char *key_nearest(const struct key_table *table, struct str name) {
  struct config_near near = {.word = name};
  for (unsigned i = 0; i < table->count; i++) config_near_try(&near, table->rows[i].name);
  return near.found;
}

struct str key_list(struct arena *arena, const struct key_table *table) {
  struct str list = STR("");
  for (unsigned i = 0; i < table->count && list.ptr; i++) {
    list = arena_printf(arena, "%.*s%s%s", STR_ARG(list), list.len ? ", " : "", table->rows[i].name);
  }
  return list;
}

const char *key_owner(const struct key_table *table, struct str name) {
  if (key_find(table, name)) return "";
  for (unsigned i = 0; i < table->count; i++) {
    const struct key_table *inner = inner_table(&table->rows[i]);
    const char *owner = inner ? key_owner(inner, name) : NULL;
    if (owner) return owner[0] ? owner : table->rows[i].name;
  }
  return NULL;
}

/* Of a mapping, or of the mappings in a list; else NULL. */
static const struct key_table *inner_table(const struct key *key) {
  if (key->kind == KEY_LIST || key->kind == KEY_NAMES) key = key->item;
  return key->kind == KEY_MAPPING ? key->table : NULL;
}

bool key_read(const struct key *key, struct str text, uint64_t *value) {
  uint64_t bytes;
  bool is_true;
  switch (key->kind) {
  case KEY_DURATION:
    return scalar_duration(text, value);
  case KEY_SIZE:
    if (!scalar_size(text, &bytes) || bytes < key->least || bytes > key->most) return false;
    *value = bytes;
    return true;
  case KEY_NUMBER:
    return read_number(key, text, value);
  case KEY_WORD:
    return read_word(key, text, value);
  case KEY_BOOL:
    if (!scalar_bool(text, &is_true)) return false;
    *value = is_true;
    return true;
  case KEY_TEXT:
  case KEY_LIST:
  case KEY_MAPPING:
  case KEY_NAMES:
    break;
  }
  ENSURE_UNREACHABLE();
}

static bool read_number(const struct key *key, struct str text, uint64_t *value) {
  unsigned number = 0;
  bool good = scalar_number(text, (unsigned)key->least, (unsigned)key->most, &number);
  if (!good && key->words) good = str_eq(text, str_of(key->words[0]));
  if (good) *value = number;
  return good;
}

static bool read_word(const struct key *key, struct str text, uint64_t *value) {
  for (size_t i = 0; key->words[i]; i++) {
    struct str word = str_of(key->words[i]);
    if (!(key->any_case ? str_eq_nocase(text, word) : str_eq(text, word))) continue;
    *value = i;
    return true;
  }
  return false;
}

void key_store(const struct key *key, uint64_t value, void *structure) {
  void *at = (char *)structure + key->offset;
  uint8_t one = (uint8_t)value;
  uint16_t two = (uint16_t)value;
  uint32_t four = (uint32_t)value;
  const void *from = key->size == sizeof one    ? (const void *)&one
                     : key->size == sizeof two  ? (const void *)&two
                     : key->size == sizeof four ? (const void *)&four
                                                : (const void *)&value;
  ENSURE(key->size == 1 || key->size == 2 || key->size == 4 || key->size == 8);
  memcpy(at, from, key->size);
}

void key_defaults(const struct key_table *table, void *structure) {
  for (unsigned i = 0; i < table->count; i++) {
    const struct key *key = &table->rows[i];
    char *at = (char *)structure + key->offset;
    uint64_t value;
    if (key->size == 0) continue;
    if (key->kind == KEY_MAPPING) key_defaults(key->table, at);
    if (!key->fallback || !key_is_single(key)) continue;
    if (key->kind == KEY_TEXT) {
      struct str text = str_of(key->fallback);
      memcpy(at, &text, sizeof text);
    } else {
      bool good = key_read(key, str_of(key->fallback), &value);
      ENSURE(good);
      key_store(key, value, structure);
    }
  }
}

struct str key_expected(struct arena *arena, const struct key *key) {
  switch (key->kind) {
  case KEY_DURATION:
    return STR("a duration such as 10s, 500ms or 1m30s");
  case KEY_SIZE:
    return size_expected(arena, key);
  case KEY_NUMBER:
    return arena_printf(arena, "%s%s%u..%u", key->words ? key->words[0] : "", key->words ? " or " : "",
                        (unsigned)key->least, (unsigned)key->most);
  case KEY_WORD:
    return list_words(arena, key->words);
  case KEY_BOOL:
    return STR("true or false");
  case KEY_TEXT:
    return str_of(key->text ? key->text->expected : "a text");
  case KEY_LIST:
  case KEY_MAPPING:
  case KEY_NAMES:
    break;
  }
  ENSURE_UNREACHABLE();
}

/* A size in the largest unit without a remainder. */
struct str key_number(struct arena *arena, const struct key *key, uint64_t number) {
  static const char *const units[] = {"", "KiB", "MiB", "GiB"};
  size_t unit = 0;
  for (; key->kind == KEY_SIZE && unit < 3 && number && number % 1024 == 0; unit++) number /= 1024;
  return arena_printf(arena, "%llu%s", (unsigned long long)number, units[unit]);
}

static struct str size_expected(struct arena *arena, const struct key *key) {
  if (key->least == 0) {
    return arena_printf(arena, "a size such as 10MiB%s%s%s", key->zero ? " (0: " : "", key->zero ? key->zero : "",
                        key->zero ? ")" : "");
  }
  struct str least = key_number(arena, key, key->least), most = key_number(arena, key, key->most);
  if (!least.ptr || !most.ptr) return (struct str){NULL, 0};
  return arena_printf(arena, "a size from %.*s to %.*s", STR_ARG(least), STR_ARG(most));
}

/* "text, json or off". ptr NULL: out of memory. */
static struct str list_words(struct arena *arena, const char *const *words) {
  struct str list = str_of(words[0]);
  for (size_t i = 1; words[i] && list.ptr; i++) {
    list = arena_printf(arena, "%.*s%s%s", STR_ARG(list), words[i + 1] ? ", " : " or ", words[i]);
  }
  return list;
}

struct str key_hint(struct arena *arena, const struct key *key, struct str text) {
  const char *near = key->kind == KEY_WORD ? config_nearest(text, key->words) : NULL;
  if (near) return arena_printf(arena, "(did you mean '%s'?)", near);
  if (key->kind == KEY_DURATION) return hint_duration(arena, text);
  if (key->kind == KEY_SIZE) return hint_size(arena, text, key->least, key->most);
  if (key->kind == KEY_BOOL) return hint_bool(text);
  return STR("");
}
