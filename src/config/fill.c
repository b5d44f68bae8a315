/* libcyaml reads text, so the repaired tree is written out once more in one plain form (flow style, every scalar in double
 * quotes): whatever an environment variable holds stays a scalar, and no anchor, tag or style of the file can reach libcyaml.
 * Its schema is made of our rows; the struct of a mapping is an array with a value for each row. */
#include "liteginx/config/fill.h"

#include <stdio.h>
#include <stdlib.h>

#include "liteginx/base/utf8.h"

struct writer;
static bool make_value(struct arena *arena, const struct key *key, cyaml_schema_value_t *value);
static bool make_list(struct arena *arena, const struct key *key, cyaml_schema_value_t *value);
static cyaml_schema_field_t *make_fields(struct arena *arena, const struct key_table *table);
static cyaml_schema_field_t *make_pair(struct arena *arena, const struct key *item);
static bool write_names(struct writer *writer, const struct key *key, const struct yaml_node *node);
static bool write_node(struct writer *writer, const struct key *key, const struct yaml_node *node);

bool fill_init(struct fill *fill, struct arena *arena, const struct key_table *table) {
  fill->root = (struct key){.kind = KEY_MAPPING, .table = table};
  return make_value(arena, &fill->root, &fill->schema);
}

/* Everything but the values of a list's mappings is behind a pointer. False: out of memory. */
static bool make_value(struct arena *arena, const struct key *key, cyaml_schema_value_t *value) {
  if (key_is_single(key)) {
    *value = (cyaml_schema_value_t){CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED)};
    return true;
  }
  if (key->kind != KEY_MAPPING) return make_list(arena, key, value);
  const cyaml_schema_field_t *fields = make_fields(arena, key->table);
  *value = (cyaml_schema_value_t){CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct fill_value, fields)};
  value->data_size = key->table->count * (uint32_t)sizeof(struct fill_value);
  return fields != NULL;
}

static bool make_list(struct arena *arena, const struct key *key, cyaml_schema_value_t *value) {
  cyaml_schema_value_t *entry = arena_alloc(arena, sizeof *entry);
  if (!entry) return false;
  if (key->kind == KEY_NAMES) {
    const cyaml_schema_field_t *fields = make_pair(arena, key->item);
    *entry = (cyaml_schema_value_t){CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct fill_pair, fields)};
    if (!fields) return false;
  } else {
    if (!make_value(arena, key->item, entry)) return false;
    if (entry->type == CYAML_MAPPING) entry->flags = CYAML_FLAG_DEFAULT;
  }
  *value = (cyaml_schema_value_t){CYAML_VALUE_SEQUENCE(CYAML_FLAG_POINTER, char *, entry, 0, CYAML_UNLIMITED)};
  if (entry->type == CYAML_MAPPING) value->data_size = entry->data_size; /* of one item */
  return true;
}

/* One field of a mapping. Whether it has to be there was found out before. */
static bool make_field(struct arena *arena, const struct key *key, size_t at, cyaml_schema_field_t *field) {
  *field = (cyaml_schema_field_t){.key = key->name, .data_offset = (uint32_t)at};
  field->count_offset = (uint32_t)(at + offsetof(struct fill_value, count));
  field->count_size = sizeof(unsigned);
  if (!make_value(arena, key, &field->value)) return false;
  field->value.flags |= CYAML_FLAG_OPTIONAL;
  return true;
}

static cyaml_schema_field_t *make_fields(struct arena *arena, const struct key_table *table) {
  cyaml_schema_field_t *fields = arena_alloc(arena, (table->count + 1) * sizeof *fields);
  for (unsigned i = 0; fields && i < table->count; i++) {
    if (!make_field(arena, &table->rows[i], i * sizeof(struct fill_value), &fields[i])) return NULL;
  }
  if (fields) fields[table->count] = (cyaml_schema_field_t)CYAML_FIELD_END;
  return fields;
}

static cyaml_schema_field_t *make_pair(struct arena *arena, const struct key *item) {
  static const struct key name = {.name = "name", .kind = KEY_TEXT};
  struct key value = *item;
  cyaml_schema_field_t *fields = arena_alloc(arena, 3 * sizeof *fields);
  if (!fields || !make_field(arena, &name, offsetof(struct fill_pair, name), &fields[0])) return NULL;
  value.name = "value";
  if (!make_field(arena, &value, offsetof(struct fill_pair, value), &fields[1])) return NULL;
  fields[2] = (cyaml_schema_field_t)CYAML_FIELD_END;
  return fields;
}

/* The plain form of a tree, growing. */
struct writer {
  char *text;
  size_t len, room;
};

static bool write_text(struct writer *writer, const char *text, size_t len) {
  if (len > writer->room - writer->len) {
    size_t room = (writer->len + len + 2048) * 2;
    char *grown = realloc(writer->text, room);
    if (!grown) return false;
    writer->text = grown;
    writer->room = room;
  }
  memcpy(writer->text + writer->len, text, len);
  writer->len += len;
  return true;
}

/* In double quotes; only what ASCII prints stands for itself. */
static bool write_scalar(struct writer *writer, struct str text) {
  if (!write_text(writer, "\"", 1)) return false;
  while (text.len) {
    size_t plain = 0;
    while (plain < text.len && text.ptr[plain] >= 0x20 && text.ptr[plain] < 0x7f && text.ptr[plain] != '"' &&
           text.ptr[plain] != '\\') {
      plain++;
    }
    if (plain && !write_text(writer, text.ptr, plain)) return false;
    text = str_from(text, plain);
    if (text.len == 0) break;
    uint32_t character = 0;
    char escaped[16];
    size_t len = utf8_read(text, &character);
    ENSURE(len > 0);
    int escaped_len = snprintf(escaped, sizeof escaped, "\\U%08X", (unsigned)character);
    if (!write_text(writer, escaped, (size_t)escaped_len)) return false;
    text = str_from(text, len);
  }
  return write_text(writer, "\"", 1);
}

static bool write_node(struct writer *writer, const struct key *key, const struct yaml_node *node) {
  if (node->kind == NODE_SCALAR) return write_scalar(writer, node->text);
  if (key->kind == KEY_NAMES) return write_names(writer, key, node);
  bool mapping = node->kind == NODE_MAPPING;
  if (!write_text(writer, mapping ? "{" : "[", 1)) return false;
  for (const struct yaml_node *child = node->first; child; child = child->next) {
    const struct key *inner = mapping ? &key->table->rows[child->row] : key->item;
    if (child != node->first && !write_text(writer, ",", 1)) return false;
    if (mapping && (!write_text(writer, child->key.ptr, child->key.len) || !write_text(writer, ": ", 2))) return false;
    if (!write_node(writer, inner, child)) return false;
  }
  return write_text(writer, mapping ? "}" : "]", 1);
}

/* libcyaml knows no names of the user's: they become a list of pairs. */
static bool write_names(struct writer *writer, const struct key *key, const struct yaml_node *node) {
  bool good = write_text(writer, "[", 1);
  for (const struct yaml_node *child = node->first; child && good; child = child->next) {
    good = (child == node->first || write_text(writer, ",", 1)) && write_text(writer, "{name: ", 7) &&
           write_scalar(writer, child->key) && write_text(writer, ", value: ", 9) &&
           write_node(writer, key->item, child) && write_text(writer, "}", 1);
  }
  return good && write_text(writer, "]", 1);
}

/* libcyaml makes a list longer by one item at a time, which costs the square of its length wherever realloc copies.
 * Here each piece knows its room, takes the double when it has to move, and ends with the arena. */
union piece {
  size_t room;
  max_align_t aligned;
};

static void *on_memory(void *owner, void *at, size_t size) {
  union piece *old = at ? (union piece *)at - 1 : NULL;
  if (size == 0 || (old && size <= old->room)) return size ? at : NULL;
  if (size > SIZE_MAX / 4) return NULL;
  size_t room = old ? size * 2 : size;
  union piece *fresh = arena_alloc(owner, sizeof *fresh + room);
  if (!fresh) return NULL;
  fresh->room = room;
  if (old) memcpy(fresh + 1, at, old->room);
  return fresh + 1;
}

const struct fill_value *fill_document(const struct fill *fill, struct arena *arena, const struct yaml_node *document) {
  struct writer writer = {.text = NULL};
  cyaml_data_t *loaded = NULL;
  cyaml_err_t error = CYAML_ERR_OOM;
  if (write_node(&writer, &fill->root, document)) {
    cyaml_config_t setup = {.mem_fn = on_memory, .mem_ctx = arena, .flags = CYAML_CFG_NO_ALIAS};
    error = cyaml_load_data((const uint8_t *)writer.text, writer.len, &setup, &fill->schema, &loaded, NULL);
  }
  free(writer.text);
  /* libyaml reports some failed allocations as other errors: what was checked can fail for no other reason. */
  return error == CYAML_OK ? loaded : NULL;
}
