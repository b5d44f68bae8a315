/* An editor sees what YAML makes of a scalar, we its text. So a single value may be a number, a boolean or a string for it,
 * wherever the text of such a one is good; and a string with a variable is always good, since nobody knows what it will
 * hold. */
#include "liteginx/config/json_schema.h"

#include "liteginx/config/json_page.h"
#include "liteginx/config/json_range.h"

/* What a variable looks like; and any text at all. */
#define VARIABLE "(^|[^$])(\\$\\$)*\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}"
#define DURATION "^([0-9]{1,5}(h|m|s|ms)){1,4}$"
#define SIZE     "^[0-9]+(B|KiB|MiB|GiB)?$"

static void write_key(struct json_page *json, const struct key *key);
static void write_default(struct json_page *json, const struct key *key);
static void write_single(struct json_page *json, const struct key *key);
static void write_choices(struct json_page *json, const struct key *key);
static void write_numerals(struct json_page *json, const struct key *key);
static void write_any_text(struct json_page *json, const char *pattern);
static void write_pattern(struct json_page *json, const char *pattern);
static void write_word(struct json_page *json, const struct key *key);
static void write_text(struct json_page *json, const struct key_text *text);
static void write_mapping(struct json_page *json, const struct key_table *table);
static void write_keys(struct json_page *json, const struct key_table *table);
static void write_rules(struct json_page *json, const struct key_table *table);
static void write_group(struct json_page *json, const struct key_table *table, unsigned first);
static void write_pairs(struct json_page *json, const struct key_table *table, unsigned first);
static void write_beside(struct json_page *json, const struct key_table *table);
static void write_required(struct json_page *json, const char *name, const char *other);
static void write_sorts(struct json_page *json, const struct key_table *table);
static void write_condition(struct json_page *json, const struct key *told_by, const char *sort, bool same);
static void write_end(struct json_page *json);
static bool is_of(const struct key *key, const char *sort);
static void write_needs(struct json_page *json, const struct key_table *table, const char *sort);
static void write_denials(struct json_page *json, const struct key_table *table, const char *sort);
static void write_sort(struct json_page *json, const struct key *told_by, const char *sort, bool same);

void json_schema_write(struct page *page, const struct key_table *table) {
  struct json_page json = {.page = page};
  json_page_open(&json, NULL, '{');
  json_page_text(&json, "$schema", "https://json-schema.org/draft/2020-12/schema");
  json_page_text(&json, "title", "liteginx: one document of a configuration");
  json_page_open(&json, "$defs", '{');
  json_page_open(&json, "variable", '{');
  json_page_text(&json, "description", "Filled in from the environment before it is looked at.");
  json_page_text(&json, "type", "string");
  json_page_text(&json, "pattern", VARIABLE);
  json_page_close(&json, '}');
  json_page_close(&json, '}');
  write_mapping(&json, table);
  json_page_close(&json, '}');
  page_add(page, "\n");
}

/* The members of a key's own schema. */
static void write_key(struct json_page *json, const struct key *key) {
  if (key->sentence) json_page_text(json, "description", key->sentence);
  write_default(json, key);
  switch (key->kind) {
  case KEY_MAPPING:
    write_mapping(json, key->table);
    return;
  case KEY_LIST:
    json_page_text(json, "type", "array");
    if (key->least) json_page_number(json, "minItems", key->least);
    json_page_open(json, "items", '{');
    write_key(json, key->item);
    json_page_close(json, '}');
    return;
  case KEY_NAMES:
    json_page_text(json, "type", "object");
    json_page_open(json, "propertyNames", '{');
    json_page_number(json, "minLength", 1);
    if (key->text && key->text->pattern) json_page_text(json, "pattern", key->text->pattern);
    json_page_close(json, '}');
    json_page_open(json, "additionalProperties", '{');
    write_key(json, key->item);
    json_page_close(json, '}');
    return;
  default:
    write_single(json, key);
  }
}

static void write_default(struct json_page *json, const struct key *key) {
  uint64_t value;
  if (!key->fallback || !key_is_single(key)) return;
  if (key->kind == KEY_BOOL || (key->kind == KEY_NUMBER && str_to_u64(str_of(key->fallback), &value))) {
    json_page_bare(json, "default", key->fallback);
  } else {
    json_page_text(json, "default", key->fallback);
  }
}

static void write_single(struct json_page *json, const struct key *key) {
  if (key->kind == KEY_TEXT && !key->text) {
    write_any_text(json, NULL);
    return;
  }
  json_page_open(json, "anyOf", '[');
  write_choices(json, key);
  json_page_open(json, NULL, '{');
  json_page_text(json, "$ref", "#/$defs/variable");
  json_page_close(json, '}');
  json_page_close(json, ']');
}

/* What YAML makes of a text, whatever that is. */
static void write_any_text(struct json_page *json, const char *pattern) {
  json_page_open(json, "type", '[');
  json_page_text(json, NULL, "string");
  json_page_text(json, NULL, "number");
  json_page_text(json, NULL, "boolean");
  json_page_close(json, ']');
  if (pattern) json_page_text(json, "pattern", pattern);
}

/* Each way to write the value, as an item of a list. */
static void write_choices(struct json_page *json, const struct key *key) {
  if (key->kind == KEY_TEXT) write_text(json, key->text);
  if (key->kind == KEY_DURATION) write_pattern(json, DURATION);
  if (key->kind == KEY_NUMBER || key->kind == KEY_SIZE) {
    json_page_open(json, NULL, '{');
    json_page_text(json, "type", "integer");
    json_page_number(json, "minimum", key->least);
    json_page_number(json, "maximum", key->most);
    json_page_close(json, '}');
    write_numerals(json, key);
  }
  if (key->words) write_word(json, key);
  if (key->kind == KEY_BOOL) {
    json_page_open(json, NULL, '{');
    json_page_text(json, "type", "boolean");
    json_page_close(json, '}');
    write_pattern(json, "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$");
  }
}

/* The same number as a text. A size without a bound of its own has that of what can be counted, of which no pattern tells. */
static void write_numerals(struct json_page *json, const struct key *key) {
  static const char *const units[] = {"B?", "KiB", "MiB", "GiB"};
  struct json_range ranges[4] = {{key->least, key->most, ""}};
  bool size = key->kind == KEY_SIZE;
  if (size && key->least == 0 && key->most == INT64_MAX) {
    write_pattern(json, SIZE);
    return;
  }
  for (unsigned i = 0; size && i < 4; i++) {
    uint64_t unit = 1ULL << (10 * i);
    ranges[i] = (struct json_range){(key->least + unit - 1) / unit, key->most / unit, units[i]};
  }
  json_page_open(json, NULL, '{');
  json_page_text(json, "type", "string");
  json_range_write(json, "pattern", ranges, size ? 4 : 1);
  json_page_close(json, '}');
}

static void write_pattern(struct json_page *json, const char *pattern) {
  json_page_open(json, NULL, '{');
  json_page_text(json, "type", "string");
  json_page_text(json, "pattern", pattern);
  json_page_close(json, '}');
}

/* "1.2" is a number to YAML, unless it is quoted. */
static bool is_fraction(struct str word) {
  size_t point = str_find(word, '.');
  uint64_t whole, rest;
  return point < word.len && str_to_u64(str_upto(word, point), &whole) && str_to_u64(str_from(word, point + 1), &rest);
}

/* An enumeration, so that editors offer the words; and, where their case does not count, a pattern beside it. */
static void write_word(struct json_page *json, const struct key *key) {
  json_page_open(json, NULL, '{');
  json_page_open(json, "enum", '[');
  for (unsigned i = 0; key->words[i]; i++) {
    uint64_t number;
    if (str_to_u64(str_of(key->words[i]), &number)) json_page_number(json, NULL, number);
    if (is_fraction(str_of(key->words[i]))) json_page_bare(json, NULL, key->words[i]);
    json_page_text(json, NULL, key->words[i]);
  }
  json_page_close(json, ']');
  json_page_close(json, '}');
  for (unsigned i = 0; key->any_case && key->words[i]; i++) {
    json_page_open(json, NULL, '{');
    json_page_text(json, "type", "string");
    json_page_any_case(json, "pattern", key->words[i]);
    json_page_close(json, '}');
  }
}

static void write_text(struct json_page *json, const struct key_text *text) {
  if (text->most > 0) {
    json_page_open(json, NULL, '{');
    json_page_text(json, "type", "integer");
    json_page_number(json, "minimum", text->least);
    json_page_number(json, "maximum", text->most);
    json_page_close(json, '}');
  }
  if (!text->loose) {
    write_pattern(json, text->pattern ? text->pattern : "");
    return;
  }
  json_page_open(json, NULL, '{');
  write_any_text(json, text->pattern);
  json_page_close(json, '}');
}

/* The members of a mapping's schema; where it may be one word as well, one of two. */
static void write_mapping(struct json_page *json, const struct key_table *table) {
  if (!table->word && !table->lone) {
    write_keys(json, table);
    return;
  }
  json_page_open(json, "anyOf", '[');
  if (table->word) write_text(json, table->word);
  if (table->lone) write_choices(json, key_find(table, str_of(table->lone)));
  json_page_open(json, NULL, '{');
  json_page_text(json, "$ref", "#/$defs/variable");
  json_page_close(json, '}');
  json_page_open(json, NULL, '{');
  write_keys(json, table);
  json_page_close(json, '}');
  json_page_close(json, ']');
}

static void write_keys(struct json_page *json, const struct key_table *table) {
  json_page_text(json, "type", "object");
  json_page_bare(json, "additionalProperties", "false");
  json_page_open(json, "required", '[');
  for (unsigned i = 0; i < table->count; i++) {
    const struct key *key = &table->rows[i];
    if (key->required && !key->only && !key->group) json_page_text(json, NULL, key->name);
  }
  json_page_close(json, ']');
  json_page_open(json, "properties", '{');
  for (unsigned i = 0; i < table->count; i++) {
    json_page_open(json, table->rows[i].name, '{');
    write_key(json, &table->rows[i]);
    json_page_close(json, '}');
  }
  json_page_close(json, '}');
  write_beside(json, table);
  write_rules(json, table);
}

/* What the keys of a mapping ask of each other. */
static void write_rules(struct json_page *json, const struct key_table *table) {
  bool grouped = false;
  for (unsigned i = 0; i < table->count; i++) grouped = grouped || table->rows[i].group;
  if (!table->told_by && !grouped) return;
  json_page_open(json, "allOf", '[');
  if (table->told_by) write_sorts(json, table);
  for (unsigned i = 0; i < table->count; i++) {
    const struct key *key = &table->rows[i];
    if (key->group && key_group_first(table, key->group) == i) write_group(json, table, i);
  }
  json_page_close(json, ']');
}

/* One of them, and no other; or one at most. */
static void write_group(struct json_page *json, const struct key_table *table, unsigned first) {
  if (!table->rows[first].required) {
    write_pairs(json, table, first);
    return;
  }
  json_page_open(json, NULL, '{');
  json_page_open(json, "oneOf", '[');
  for (unsigned i = first; i < table->count; i++) {
    if (!key_in_group(&table->rows[i], table->rows[first].group)) continue;
    json_page_open(json, NULL, '{');
    write_required(json, table->rows[i].name, NULL);
    json_page_close(json, '}');
  }
  json_page_close(json, ']');
  json_page_close(json, '}');
}

/* No two of them. */
static void write_pairs(struct json_page *json, const struct key_table *table, unsigned first) {
  const char *group = table->rows[first].group;
  for (unsigned i = first; i < table->count; i++) {
    for (unsigned j = i + 1; j < table->count && key_in_group(&table->rows[i], group); j++) {
      if (!key_in_group(&table->rows[j], group)) continue;
      json_page_open(json, NULL, '{');
      json_page_open(json, "not", '{');
      write_required(json, table->rows[i].name, table->rows[j].name);
      json_page_close(json, '}');
      json_page_close(json, '}');
    }
  }
}

static void write_beside(struct json_page *json, const struct key_table *table) {
  bool any = false;
  for (unsigned i = 0; i < table->count; i++) {
    const struct key *key = &table->rows[i];
    if (!key->beside) continue;
    if (!any) json_page_open(json, "dependentRequired", '{');
    any = true;
    json_page_open(json, key->name, '[');
    json_page_text(json, NULL, key->beside);
    json_page_close(json, ']');
  }
  if (any) json_page_close(json, '}');
}

static void write_required(struct json_page *json, const char *name, const char *other) {
  json_page_open(json, "required", '[');
  json_page_text(json, NULL, name);
  if (other) json_page_text(json, NULL, other);
  json_page_close(json, ']');
}

/* What each sort of the mapping needs, and what the others may not have. */
static void write_sorts(struct json_page *json, const struct key_table *table) {
  const struct key *told_by = key_find(table, str_of(table->told_by));
  for (unsigned i = 0; i < table->count; i++) {
    const char *sort = table->rows[i].only;
    bool seen = !sort;
    for (unsigned j = 0; j < i && !seen; j++) seen = is_of(&table->rows[j], sort);
    if (seen || strcmp(sort, told_by->name) == 0) continue;
    write_condition(json, told_by, sort, true);
    write_needs(json, table, sort);
    write_end(json);
    write_condition(json, told_by, sort, false);
    write_denials(json, table, sort);
    write_end(json);
  }
}

/* "If it is (not) of this sort, then": up to what follows, which write_end ends. */
static void write_condition(struct json_page *json, const struct key *told_by, const char *sort, bool same) {
  json_page_open(json, NULL, '{');
  json_page_open(json, "if", '{');
  write_sort(json, told_by, sort, same);
  json_page_close(json, '}');
  json_page_open(json, "then", '{');
}

static void write_end(struct json_page *json) {
  json_page_close(json, '}');
  json_page_close(json, '}');
}

static bool is_of(const struct key *key, const char *sort) {
  return key->only && strcmp(key->only, sort) == 0;
}

static void write_needs(struct json_page *json, const struct key_table *table, const char *sort) {
  json_page_open(json, "required", '[');
  for (unsigned i = 0; i < table->count; i++) {
    const struct key *key = &table->rows[i];
    if (key->required && !key->group && is_of(key, sort)) json_page_text(json, NULL, key->name);
  }
  json_page_close(json, ']');
}

static void write_denials(struct json_page *json, const struct key_table *table, const char *sort) {
  json_page_open(json, "properties", '{');
  for (unsigned i = 0; i < table->count; i++) {
    if (is_of(&table->rows[i], sort)) json_page_bare(json, table->rows[i].name, "false");
  }
  json_page_close(json, '}');
}

/* "It is of this sort", or "of another one". A word that is a variable may be either: neither is said of it. */
static void write_sort(struct json_page *json, const struct key *told_by, const char *sort, bool same) {
  if (told_by->kind != KEY_WORD) {
    if (same) json_page_open(json, "not", '{');
    json_page_open(json, "required", '[');
    json_page_text(json, NULL, told_by->name);
    json_page_close(json, ']');
    if (same) json_page_close(json, '}');
    return;
  }
  json_page_open(json, "required", '[');
  json_page_text(json, NULL, told_by->name);
  json_page_close(json, ']');
  json_page_open(json, "properties", '{');
  json_page_open(json, told_by->name, '{');
  json_page_open(json, "anyOf", '[');
  for (unsigned i = 0; told_by->words[i]; i++) {
    if ((strcmp(told_by->words[i], sort) == 0) != same) continue;
    json_page_open(json, NULL, '{');
    json_page_any_case(json, "pattern", told_by->words[i]);
    json_page_close(json, '}');
  }
  json_page_close(json, ']');
  json_page_close(json, '}');
  json_page_close(json, '}');
}
