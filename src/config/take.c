/* A field is told about once: what was reported before is skipped in silence, and what is refused here is marked. */
#include "liteginx/config/take.h"

#include "liteginx/base/utf8.h"
#include "liteginx/config/hint.h"
#include "liteginx/config/variable.h"

static bool take_row(const struct taking *taking, const struct take_from *from, unsigned row, const char *sort,
                     void *structure);
static bool take_items(const struct taking *taking, const struct take_from *from, unsigned row,
                       struct key_items *items);
static struct str stray_hint(const struct taking *taking, const struct take_field *field);

struct take_from take_inner(const struct take_from *from, unsigned row) {
  const struct fill_value *values = from->values ? from->values[row].values : NULL;
  return (struct take_from){from->file, from->table->rows[row].table, values,
                            values ? yaml_find_row(from->node, row) : NULL};
}

struct take_from take_item(const struct take_from *from, unsigned row, unsigned i, struct yaml_node *item) {
  const struct key_table *table = from->table->rows[row].item->table;
  return (struct take_from){from->file, table, from->values[row].values + (size_t)i * table->count, item};
}

struct take_field take_field(const struct take_from *from, unsigned row) {
  const struct key *key = &from->table->rows[row];
  const char *text = from->values ? from->values[row].text : NULL;
  return (struct take_field){key->name, key, str_of(text), from->file, text ? yaml_find_row(from->node, row) : NULL};
}

struct yaml_node *take_node(const struct take_from *from, unsigned row) {
  return from->values ? yaml_find_row(from->node, row) : NULL;
}

unsigned take_count(const struct take_from *from, unsigned row) {
  return from->values ? from->values[row].count : 0;
}

struct take_field take_item_field(const struct take_from *from, unsigned row, unsigned i, struct yaml_node *item) {
  const struct key *key = &from->table->rows[row];
  return (struct take_field){key->name, key->item, str_of(from->values[row].texts[i]), from->file, item};
}

enum take_state take_state(const struct take_field *field) {
  if (!field->node) return TAKE_ABSENT;
  return field->node->reported ? TAKE_REPORTED : TAKE_THERE;
}

bool take_number(const struct taking *taking, const struct take_field *field, uint64_t *value) {
  enum take_state state = take_state(field);
  if (state != TAKE_THERE) return state == TAKE_ABSENT;
  if (key_read(field->key, field->text, value)) return true;
  return take_refuse(taking, field, key_expected(taking->scratch, field->key),
                     key_hint(taking->scratch, field->key, field->text));
}

bool take_text(const struct taking *taking, const struct take_field *field, struct str *text) {
  const struct key_text *rules = field->key->text;
  struct str kept = STR("");
  enum take_state state = take_state(field);
  if (state != TAKE_THERE) return state == TAKE_ABSENT;
  bool good = true;
  if (rules && rules->read) {
    good = rules->read(taking->kept, field->text, &kept);
  } else {
    kept = arena_dup(taking->kept, field->text);
  }
  if (!kept.ptr) {
    config_report_no_memory(taking->report);
    return false;
  }
  if (good) *text = kept;
  if (good) return true;
  return take_refuse(taking, field, str_of(rules->expected),
                     rules->hint ? rules->hint(taking->scratch, field->text) : STR(""));
}

bool take_all(const struct taking *taking, const struct take_from *from, const char *sort, void *structure) {
  bool good = true;
  for (unsigned i = 0; i < from->table->count; i++) good &= take_row(taking, from, i, sort, structure);
  return good;
}

static bool take_row(const struct taking *taking, const struct take_from *from, unsigned row, const char *sort,
                     void *structure) {
  const struct key *key = &from->table->rows[row];
  void *at = (char *)structure + key->offset;
  uint64_t value = 0;
  if (key->size == 0 || !from->values || (key->only && !(sort && strcmp(key->only, sort) == 0))) return true;
  if (key->kind == KEY_LIST || key->kind == KEY_NAMES) return take_items(taking, from, row, at);
  if (key->kind == KEY_MAPPING) {
    struct take_from inner = take_inner(from, row);
    return !inner.node || (!inner.node->reported && take_all(taking, &inner, NULL, at));
  }
  struct take_field field = take_field(from, row);
  if (take_state(&field) == TAKE_ABSENT) return true;
  if (key->kind == KEY_TEXT) return take_text(taking, &field, at);
  if (!take_number(taking, &field, &value)) return false;
  key_store(key, value, structure);
  return true;
}

/* All texts of a list or of free names, into taking->kept. */
static bool take_items(const struct taking *taking, const struct take_from *from, unsigned row,
                       struct key_items *items) {
  const struct key *key = &from->table->rows[row];
  struct yaml_node *list = yaml_find_row(from->node, row);
  if (!list || list->reported) return !list;
  const struct fill_value *value = &from->values[row];
  *items = (struct key_items){.items = arena_alloc(taking->kept, value->count * sizeof *items->items)};
  if (!items->items) config_report_no_memory(taking->report);
  bool good = items->items != NULL;
  struct yaml_node *node = list->first;
  for (unsigned i = 0; items->items && i < value->count; i++, node = node->next) {
    bool named = key->kind == KEY_NAMES;
    const char *text = named ? value->pairs[i].value.text : value->texts[i];
    struct take_field field = {key->name, key->item, str_of(text), from->file, node};
    struct key_item item = {.name = {NULL, 0}, .text = STR("")};
    if (named) item.name = arena_dup(taking->kept, node->key);
    if (named && !item.name.ptr) config_report_no_memory(taking->report);
    good &= (!named || item.name.ptr) && take_text(taking, &field, &item.text);
    items->items[items->count++] = item;
  }
  return good;
}

bool take_refuse(const struct taking *taking, const struct take_field *field, struct str expected, struct str hint) {
  bool dollar = hint.ptr && hint.len == 0 && field->node->plain_dollar;
  if (dollar) hint = hint_refused_dollar(taking->scratch, field->text);
  field->node->reported = true;
  if (!expected.ptr || !hint.ptr) config_report_no_memory(taking->report);
  config_report_add(taking->report, true, take_place(field), "'%s' must be %.*s, got '%s'%s%.*s", field->name,
                    STR_ARG(expected), config_quote(field->text).text, hint.len ? " " : "", STR_ARG(hint));
  return false;
}

/* Empty where no '$' of the field looks like a variable and is none. */
static struct str stray_hint(const struct taking *taking, const struct take_field *field) {
  struct str stray;
  if (!field->node->has_stray || !variable_stray(field->text, &stray)) return STR("");
  return hint_dollar(taking->scratch, stray);
}

void take_warn(const struct taking *taking, const struct take_field *field, struct config_place place, const char *what,
               struct str hint) {
  if (!hint.ptr) config_report_no_memory(taking->report);
  if (hint.len == 0) return;
  config_report_add(taking->report, false, place, "in '%s: %s': %s %.*s", field->name, config_quote(field->text).text,
                    what, STR_ARG(hint));
}

void take_fault(const struct taking *taking, const struct take_field *field, struct config_place place,
                const char *what, struct str hint) {
  if (hint.ptr && hint.len == 0) hint = stray_hint(taking, field);
  if (!hint.ptr) config_report_no_memory(taking->report);
  field->node->reported = true;
  config_report_add(taking->report, true, place, "in '%s: %s': %s%s%.*s", field->name, config_quote(field->text).text,
                    what, hint.len ? " " : "", STR_ARG(hint));
}

struct config_place take_place(const struct take_field *field) {
  ENSURE(field->node != NULL);
  return (struct config_place){field->file, field->node->line, field->node->column};
}

struct config_place take_key_place(const struct take_field *field) {
  ENSURE(field->node != NULL);
  return (struct config_place){field->file, field->node->key_line, field->node->key_column};
}

struct config_place take_place_in(const struct take_field *field, size_t offset) {
  struct config_place place = take_place(field);
  if (field->node->text_column) {
    place.column = field->node->text_column + utf8_count(str_upto(field->text, offset));
  }
  return place;
}
