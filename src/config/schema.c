/* The table, its checker, and the way into libcyaml. libcyaml reads text, so the repaired tree is written out once more
 * in one plain form (flow style, every scalar in double quotes): whatever an environment variable holds stays a scalar,
 * and no anchor, tag or style of the file can reach libcyaml. */
#include "liteginx/config/schema.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>

#include "liteginx/base/utf8.h"
#include "liteginx/config/habit.h"
#include "liteginx/config/hint.h"
#include "liteginx/config/scalar.h"
#include "liteginx/config/target_hint.h"

#define TEXT(structure, member) \
  CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER, structure, member, 0, CYAML_UNLIMITED)
#define OPTIONAL_TEXT(structure, member) \
  CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, structure, member, 0, CYAML_UNLIMITED)

static const cyaml_schema_field_t target_fields[] = {
    TEXT(struct schema_target, host),
    TEXT(struct schema_target, port),
    OPTIONAL_TEXT(struct schema_target, weight),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t target_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct schema_target, target_fields),
};

static const cyaml_schema_field_t timeouts_fields[] = {
    OPTIONAL_TEXT(struct schema_timeouts, connect),
    OPTIONAL_TEXT(struct schema_timeouts, response),
    OPTIONAL_TEXT(struct schema_timeouts, idle),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t spec_fields[] = {
    TEXT(struct schema_spec, kind),
    TEXT(struct schema_spec, listen),
    OPTIONAL_TEXT(struct schema_spec, host),
    OPTIONAL_TEXT(struct schema_spec, path),
    OPTIONAL_TEXT(struct schema_spec, match),
    OPTIONAL_TEXT(struct schema_spec, rewrite),
    CYAML_FIELD_SEQUENCE("targets", CYAML_FLAG_POINTER, struct schema_spec, targets, &target_schema, 1,
                         CYAML_UNLIMITED),
    CYAML_FIELD_MAPPING_PTR("timeouts", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct schema_spec, timeouts,
                            timeouts_fields),
    OPTIONAL_TEXT(struct schema_spec, hold),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t spec_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct schema_spec, spec_fields),
};

static const cyaml_schema_field_t tls_fields[] = {
    OPTIONAL_TEXT(struct schema_tls, enabled),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t text_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED),
};

static const cyaml_schema_field_t settings_fields[] = {
    OPTIONAL_TEXT(struct schema_settings, workers),
    OPTIONAL_TEXT(struct schema_settings, bind),
    OPTIONAL_TEXT(struct schema_settings, header_timeout),
    OPTIONAL_TEXT(struct schema_settings, keep_alive),
    OPTIONAL_TEXT(struct schema_settings, upstream_keep_alive),
    OPTIONAL_TEXT(struct schema_settings, upstream_idle),
    OPTIONAL_TEXT(struct schema_settings, max_header_bytes),
    OPTIONAL_TEXT(struct schema_settings, max_header_fields),
    OPTIONAL_TEXT(struct schema_settings, max_body_bytes),
    OPTIONAL_TEXT(struct schema_settings, max_connections),
    OPTIONAL_TEXT(struct schema_settings, drain),
    OPTIONAL_TEXT(struct schema_settings, drain_tunnels),
    OPTIONAL_TEXT(struct schema_settings, half_close),
    OPTIONAL_TEXT(struct schema_settings, hold),
    OPTIONAL_TEXT(struct schema_settings, access_log),
    OPTIONAL_TEXT(struct schema_settings, not_found_message),
    CYAML_FIELD_SEQUENCE("trusted_proxies", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct schema_settings,
                         trusted_proxies, &text_schema, 0, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};

/* Optional here, so that one table serves both kinds of document; check_document asks for what each of them needs. */
static const cyaml_schema_field_t document_fields[] = {
    OPTIONAL_TEXT(struct schema_document, name),
    CYAML_FIELD_SEQUENCE("spec", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct schema_document, spec, &spec_schema,
                         1, CYAML_UNLIMITED),
    CYAML_FIELD_MAPPING_PTR("tls", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct schema_document, tls, tls_fields),
    CYAML_FIELD_MAPPING_PTR("settings", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct schema_document, settings,
                            settings_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t document_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct schema_document, document_fields),
};

struct writer;
static bool check_value(const struct schema_check *check, const cyaml_schema_value_t *schema, const char *name,
                        bool is_item, struct yaml_node *node);
static void report_kind(const struct schema_check *check, enum node_kind expected, const char *name, bool is_item,
                        const struct yaml_node *node);
static struct str kind_hint(const struct schema_check *check, enum node_kind expected, const char *name,
                            const struct yaml_node *node);
static bool read_short_target(const struct schema_check *check, const char *name, struct yaml_node *node);
static bool report_short_target(const struct schema_check *check, const struct yaml_node *node,
                                enum scalar_target_form form, const struct scalar_target *target);
static bool report_split_target(const struct schema_check *check, const struct yaml_node *node);
static bool add_part(const struct schema_check *check, struct yaml_node *mapping, const char *key, struct str part,
                     struct str whole, unsigned column);
static bool check_scalar(const struct schema_check *check, const char *name, struct yaml_node *node);
static bool note_stray(const struct schema_check *check, const char *name, struct yaml_node *node);
static bool check_list(const struct schema_check *check, const cyaml_schema_value_t *schema, const char *name,
                       struct yaml_node *node);
static bool check_mapping(const struct schema_check *check, const cyaml_schema_field_t *fields, const char *name,
                          struct yaml_node *node);
static bool check_document(const struct schema_check *check, struct yaml_node *document);
static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *fields, struct str key);
static bool keep_child(const struct schema_check *check, const cyaml_schema_field_t *field, struct yaml_node *mapping,
                       struct yaml_node *child);
static const char *report_unknown(const struct schema_check *check, const cyaml_schema_field_t *fields,
                                  const char *name, const struct yaml_node *node);
static bool add_missing(const struct schema_check *check, const cyaml_schema_field_t *field, struct yaml_node *mapping);
static bool stand_in(const struct schema_check *check, const cyaml_schema_value_t *schema, struct yaml_node *node);
static bool write_node(struct writer *writer, const struct yaml_node *node);

static struct config_place node_place(const struct schema_check *check, const struct yaml_node *node) {
  return (struct config_place){check->file, node->line, node->column};
}

static struct config_place key_place(const struct schema_check *check, const struct yaml_node *node) {
  return (struct config_place){check->file, node->key_line, node->key_column};
}

bool schema_repair(const struct schema_check *check, struct yaml_node *document) {
  if (document->reported) return false;
  if (document->kind != NODE_MAPPING) {
    config_report_add(check->report, true, node_place(check, document),
                      "a document must be a mapping with 'name' and 'spec', or with 'settings', got a %s",
                      document->kind == NODE_LIST ? "list" : "single value");
    return false;
  }
  return check_document(check, document);
}

/* What stands between a table's entry and a tree's node. */
static enum node_kind expected_kind(const cyaml_schema_value_t *schema) {
  if (schema->type == CYAML_MAPPING) return NODE_MAPPING;
  return schema->type == CYAML_SEQUENCE ? NODE_LIST : NODE_SCALAR;
}

/* What is wrong with the node is reported, and the node replaced by a stand-in. False: the check is over, for want of
 * memory or since the report is full. */
static bool check_value(const struct schema_check *check, const cyaml_schema_value_t *schema, const char *name,
                        bool is_item, struct yaml_node *node) {
  if (config_report_is_full(check->report)) return false;
  enum node_kind expected = expected_kind(schema);
  if (node->kind == expected && !node->is_null && !node->reported) {
    if (schema == &target_schema && report_split_target(check, node)) return stand_in(check, schema, node);
    if (expected == NODE_MAPPING) return check_mapping(check, schema->mapping.fields, name, node);
    if (expected == NODE_LIST) return check_list(check, schema, name, node);
    return check_scalar(check, name, node);
  }
  bool short_form = schema == &target_schema && node->kind == NODE_SCALAR && !node->is_null && !node->reported;
  if (short_form) return read_short_target(check, name, node);
  if (!node->reported) report_kind(check, expected, name, is_item, node);
  return stand_in(check, schema, node);
}

static void report_kind(const struct schema_check *check, enum node_kind expected, const char *name, bool is_item,
                        const struct yaml_node *node) {
  static const char *const names[] = {
      [NODE_SCALAR] = "a single value", [NODE_LIST] = "a list", [NODE_MAPPING] = "a mapping"};
  const char *item = is_item ? "an item of " : "";
  if (node->is_null) {
    config_report_add(check->report, true, node_place(check, node), "%s'%s' has no value (expected %s)", item, name,
                      names[expected]);
    return;
  }
  struct str hint = kind_hint(check, expected, name, node);
  if (!hint.ptr) config_report_no_memory(check->report);
  config_report_add(check->report, true, node_place(check, node), "%s'%s' must be %s, got %s%s%.*s", item, name,
                    names[expected], names[node->kind], hint.len ? " " : "", STR_ARG(hint));
}

/* What to write instead, in parentheses, or nothing. ptr NULL: out of memory. */
static struct str kind_hint(const struct schema_check *check, enum node_kind expected, const char *name,
                            const struct yaml_node *node) {
  static const char *const offs[] = {"false", "no", "off", "none", "disabled", NULL};
  if (expected == NODE_LIST && node->kind == NODE_MAPPING) {
    struct str hint = strcmp(name, "targets") == 0 ? target_hint_list(check->arena, node) : STR("");
    return hint.len || !hint.ptr ? hint : STR("(begin each item with '- ')");
  }
  if (node->kind != NODE_SCALAR) return STR("");
  struct config_quote value = config_quote(node->text);
  bool words = strcmp(name, "targets") == 0 || strcmp(name, "trusted_proxies") == 0;
  if (words) return hint_list(check->arena, name, node->text);
  if (strcmp(name, "timeouts") == 0) {
    uint64_t milliseconds;
    if (!scalar_duration(node->text, &milliseconds)) value = config_quote(STR("30s"));
    return arena_printf(check->arena, "(write 'timeouts: {response: %s}', or connect, or idle)", value.text);
  }
  if (strcmp(name, "tls") != 0) return STR("");
  for (size_t i = 0; offs[i]; i++) {
    if (str_eq_nocase(node->text, str_of(offs[i]))) return STR("(write 'tls: {enabled: false}', or leave 'tls' out)");
  }
  return STR("(TLS does not work yet: leave 'tls' out)");
}

/* A target in one word becomes the mapping that it stands for. False: as check_value. */
static bool read_short_target(const struct schema_check *check, const char *name, struct yaml_node *node) {
  struct scalar_target target;
  if (!check_scalar(check, name, node)) return false;
  if (node->reported) return stand_in(check, &target_schema, node);
  struct str text = node->text;
  if (!report_short_target(check, node, scalar_split_target(text, &target), &target)) {
    return stand_in(check, &target_schema, node);
  }
  unsigned column = node->text_column;
  node->kind = NODE_MAPPING;
  node->first = node->last = NULL;
  return add_part(check, node, "host", target.host, text, column) &&
         add_part(check, node, "port", target.port, text, column);
}

/* False: the target cannot be used, which is reported. */
static bool report_short_target(const struct schema_check *check, const struct yaml_node *node,
                                enum scalar_target_form form, const struct scalar_target *target) {
  struct config_place place = node_place(check, node);
  if (form != TARGET_PLAIN && form != TARGET_PATH && node->plain_dollar) {
    struct str hint = hint_refused_dollar(check->arena, node->text);
    if (!hint.ptr) config_report_no_memory(check->report);
    if (hint.len) {
      config_report_add(check->report, true, place, "a target must be HOST:PORT, got '%s' %.*s",
                        config_quote(node->text).text, STR_ARG(hint));
      return false;
    }
  }
  struct str said = target_hint(check->arena, node->text, form, target);
  if (!said.ptr) config_report_no_memory(check->report);
  if (said.len) config_report_add(check->report, form != TARGET_PLAIN, place, "%.*s", STR_ARG(said));
  return form == TARGET_PLAIN;
}

/* A mapping that a blank has made of a target in one word. True: that is told. */
static bool report_split_target(const struct schema_check *check, const struct yaml_node *node) {
  struct str said = target_hint_mapping(check->arena, node);
  if (!said.ptr) config_report_no_memory(check->report);
  if (said.len) config_report_add(check->report, true, node_place(check, node), "%.*s", STR_ARG(said));
  return said.len > 0;
}

/* A scalar of the mapping that `whole` stands for. `column`: of `whole`; 0: it does not stand in the file so. */
static bool add_part(const struct schema_check *check, struct yaml_node *mapping, const char *key, struct str part,
                     struct str whole, unsigned column) {
  struct yaml_node *node = arena_alloc(check->arena, sizeof *node);
  if (!node) {
    config_report_no_memory(check->report);
    return false;
  }
  uintptr_t offset = (uintptr_t)part.ptr - (uintptr_t)whole.ptr; /* huge for a part that is not in it */
  bool inside = column && offset < whole.len;
  *node = (struct yaml_node){.key = str_of(key), .kind = NODE_SCALAR};
  node->line = node->key_line = mapping->line;
  node->column = node->key_column = mapping->column;
  node->text = part;
  node->has_stray = mapping->has_stray;
  node->plain_dollar = mapping->plain_dollar;
  if (inside) node->column = node->text_column = column + utf8_count(str_upto(whole, offset));
  yaml_append(mapping, node);
  return true;
}

static bool check_scalar(const struct schema_check *check, const char *name, struct yaml_node *node) {
  struct str expanded, variable;
  enum scalar_status status =
      scalar_expand(check->arena, node->text, check->env, check->env_owner, &expanded, &variable);
  if (status == SCALAR_NO_MEMORY) {
    config_report_no_memory(check->report);
    return false;
  }
  static const char *const faults[] = {
      [SCALAR_UNSET] = "is not set in the environment (a default can be given: ${NAME:-default})",
      [SCALAR_NESTED] = "has another ${…} in its default, which is not supported",
      [SCALAR_NOT_UTF8] = "is not UTF-8",
      [SCALAR_TOO_LONG] = "makes the value longer than 64 KiB",
  };
  if (status == SCALAR_OK && expanded.ptr != node->text.ptr) *check->expanded_bytes += expanded.len;
  if (*check->expanded_bytes > SCHEMA_MAX_EXPANDED) {
    config_report_add(check->report, true, node_place(check, node), "'%s': variables fill in more than 16 MiB here",
                      name);
    return false;
  }
  if (status == SCALAR_TOO_LONG && variable.len == 0) {
    config_report_add(check->report, true, node_place(check, node), "'%s' is longer than 64 KiB", name);
  } else if (status != SCALAR_OK) {
    config_report_add(check->report, true, node_place(check, node), "'%s': ${%s} %s", name, config_quote(variable).text,
                      faults[status]);
  } else if (str_find(expanded, '\0') < expanded.len) {
    config_report_add(check->report, true, node_place(check, node), "'%s' holds a NUL character", name);
  } else {
    if (!note_stray(check, name, node)) return false;
    if (expanded.ptr != node->text.ptr) node->text_column = 0;
    node->text = expanded;
    return true;
  }
  node->reported = true;
  node->text = STR("");
  return true;
}

/* False: out of memory, which is reported. */
static bool note_stray(const struct schema_check *check, const char *name, struct yaml_node *node) {
  struct str dollar;
  node->plain_dollar = scalar_plain_dollar(node->text);
  if (!node->plain_dollar || !scalar_stray_dollar(node->text, &dollar)) return true;
  struct schema_stray *stray = arena_alloc(check->arena, sizeof *stray);
  if (!stray) {
    config_report_no_memory(check->report);
    return false;
  }
  *stray = (struct schema_stray){*check->strays, node, name, node->text, dollar, node_place(check, node)};
  size_t offset = (size_t)(dollar.ptr - node->text.ptr);
  if (node->text_column) stray->place.column = node->text_column + utf8_count(str_upto(node->text, offset));
  *check->strays = stray;
  node->has_stray = true;
  return true;
}

static bool check_list(const struct schema_check *check, const cyaml_schema_value_t *schema, const char *name,
                       struct yaml_node *node) {
  if (!node->first && schema->sequence.min > 0) {
    config_report_add(check->report, true, node_place(check, node), "'%s' is empty (at least one is needed)", name);
    return stand_in(check, schema, node);
  }
  for (struct yaml_node *item = node->first; item; item = item->next) {
    if (!check_value(check, schema->sequence.entry, name, true, item)) return false;
  }
  return true;
}

/* Takes the children out, and puts back those that the table knows, each once. Where a key is missing, but a misspelt
 * one was probably meant to be it, the one error is enough. Nothing here counts the table's rows, so that it can grow. */
static bool check_mapping(const struct schema_check *check, const cyaml_schema_field_t *fields, const char *name,
                          struct yaml_node *node) {
  struct yaml_node *child = node->first, *next;
  struct yaml_node misspelt = {.kind = NODE_MAPPING}; /* unknown keys, each under the name that was meant */
  node->first = node->last = NULL;
  for (; child; child = next) {
    next = child->next;
    if (node->merged && str_eq(child->key, STR("<<"))) continue;
    const cyaml_schema_field_t *field = find_field(fields, child->key);
    if (field) {
      if (!keep_child(check, field, node, child)) return false;
      continue;
    }
    const char *meant = report_unknown(check, fields, name, child);
    if (!meant) continue;
    child->key = str_of(meant);
    yaml_append(&misspelt, child);
  }
  for (; fields->key; fields++) {
    bool required = !(fields->value.flags & CYAML_FLAG_OPTIONAL), meant = yaml_find(&misspelt, fields->key) != NULL;
    if (yaml_find(node, fields->key) || (!required && !meant)) continue;
    if (!meant && !node->merged) {
      config_report_add(check->report, true, node_place(check, node), "missing key '%s'", fields->key);
    }
    if (!add_missing(check, fields, node)) return false;
  }
  return true;
}

/* NULL: the table has no such key. */
static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *fields, struct str key) {
  while (fields->key && !str_eq(key, str_of(fields->key))) fields++;
  return fields->key ? fields : NULL;
}

/* Puts a child that the table knows back into its mapping, and checks it. False: as check_value. */
static bool keep_child(const struct schema_check *check, const cyaml_schema_field_t *field, struct yaml_node *mapping,
                       struct yaml_node *child) {
  const struct yaml_node *first = yaml_find(mapping, field->key);
  if (first) {
    config_report_add(check->report, true, key_place(check, child), "key '%s' is here twice (first on line %u)",
                      field->key, first->key_line);
    return true;
  }
  yaml_append(mapping, child);
  return check_value(check, &field->value, field->key, false, child);
}

/* What one kind of document needs, beyond the table that both share. */
static bool check_document(const struct schema_check *check, struct yaml_node *document) {
  if (!check_mapping(check, document_fields, NULL, document)) return false;
  const struct yaml_node *settings = yaml_find(document, "settings"), *name = yaml_find(document, "name");
  const struct yaml_node *spec = yaml_find(document, "spec"), *tls = yaml_find(document, "tls");
  if (settings && (name || spec || tls)) {
    config_report_add(check->report, true, key_place(check, settings),
                      "'settings' must be a document of its own (separate it with a line '---')");
    return true;
  }
  if (settings || document->merged) return true;
  if (!name) config_report_add(check->report, true, node_place(check, document), "missing key 'name'");
  if (!spec) config_report_add(check->report, true, node_place(check, document), "missing key 'spec'");
  return true;
}

/* The key under which `key` would be right: a mistake of indentation. Empty: at the top; NULL: nowhere. */
static const char *find_owner(const cyaml_schema_field_t *fields, const char *owner, struct str key) {
  const char *found = NULL;
  for (size_t i = 0; fields[i].key; i++) {
    if (str_eq(key, str_of(fields[i].key))) return owner;
  }
  for (; fields->key && !found; fields++) {
    const cyaml_schema_value_t *value = &fields->value;
    if (value->type == CYAML_SEQUENCE) value = value->sequence.entry;
    if (value->type == CYAML_MAPPING) found = find_owner(value->mapping.fields, fields->key, key);
  }
  return found;
}

static const char *nearest_key(const cyaml_schema_field_t *fields, struct str key) {
  struct config_near near = {.word = key};
  for (; fields->key; fields++) config_near_try(&near, fields->key);
  return near.found;
}

/* "name, spec, tls". ptr NULL: out of memory. */
static struct str list_keys(const struct schema_check *check, const cyaml_schema_field_t *fields) {
  struct str list = STR("");
  for (; fields->key && list.ptr; fields++) {
    list = arena_printf(check->arena, "%.*s%s%s", STR_ARG(list), list.len ? ", " : "", fields->key);
  }
  return list;
}

/* Returns the key that was probably meant, or NULL. */
static const char *report_unknown(const struct schema_check *check, const cyaml_schema_field_t *fields,
                                  const char *name, const struct yaml_node *node) {
  const struct habit_keys *habit = habit_key(str_of(name ? name : ""), node->key);
  const char *owner = habit ? NULL : find_owner(document_fields, "", node->key);
  const char *near = habit || owner ? NULL : nearest_key(fields, node->key);
  struct config_place place = key_place(check, node);
  struct config_quote key = config_quote(node->key);
  if (habit) {
    config_report_add(check->report, true, place, "unknown key '%s' (%s)", key.text, habit->advice);
  } else if (near) {
    config_report_add(check->report, true, place, "unknown key '%s' (did you mean '%s'?)", key.text, near);
  } else if (owner && owner[0]) {
    config_report_add(check->report, true, place, "unknown key '%s' (it belongs under '%s')", key.text, owner);
  } else if (owner) {
    config_report_add(check->report, true, place, "unknown key '%s' (it belongs at the top of a document)", key.text);
  } else {
    struct str known = list_keys(check, fields);
    if (!known.ptr) config_report_no_memory(check->report);
    config_report_add(check->report, true, place, "unknown key '%s' (known %s%s%s: %.*s)", key.text,
                      name ? "in '" : "here", name ? name : "", name ? "'" : "", STR_ARG(known));
  }
  return habit ? habit->means : near;
}

static bool add_missing(const struct schema_check *check, const cyaml_schema_field_t *field,
                        struct yaml_node *mapping) {
  struct yaml_node *node = arena_alloc(check->arena, sizeof *node);
  if (!node) {
    config_report_no_memory(check->report);
    return false;
  }
  *node = (struct yaml_node){.key = str_of(field->key)};
  node->line = node->key_line = mapping->line;
  node->column = node->key_column = mapping->column;
  yaml_append(mapping, node);
  return stand_in(check, &field->value, node);
}

/* Makes `node` the least that `schema` accepts, and marks it, so that no one complains about it again. */
static bool stand_in(const struct schema_check *check, const cyaml_schema_value_t *schema, struct yaml_node *node) {
  node->kind = (uint8_t)expected_kind(schema);
  node->reported = true;
  node->is_null = false;
  if (node->kind == NODE_SCALAR) {
    node->text = STR("");
  } else {
    node->first = node->last = NULL;
  }
  if (node->kind == NODE_LIST) {
    for (uint32_t i = 0; i < schema->sequence.min; i++) {
      struct yaml_node *item = arena_alloc(check->arena, sizeof *item);
      if (!item) {
        config_report_no_memory(check->report);
        return false;
      }
      *item = (struct yaml_node){.line = node->line, .column = node->column};
      yaml_append(node, item);
      if (!stand_in(check, schema->sequence.entry, item)) return false;
    }
  }
  for (size_t i = 0; node->kind == NODE_MAPPING && schema->mapping.fields[i].key; i++) {
    const cyaml_schema_field_t *field = &schema->mapping.fields[i];
    if (!(field->value.flags & CYAML_FLAG_OPTIONAL) && !add_missing(check, field, node)) return false;
  }
  return true;
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

static bool write_node(struct writer *writer, const struct yaml_node *node) {
  if (node->kind == NODE_SCALAR) return write_scalar(writer, node->text);
  bool mapping = node->kind == NODE_MAPPING;
  if (!write_text(writer, mapping ? "{" : "[", 1)) return false;
  for (const struct yaml_node *child = node->first; child; child = child->next) {
    if (child != node->first && !write_text(writer, ",", 1)) return false;
    if (mapping && (!write_text(writer, child->key.ptr, child->key.len) || !write_text(writer, ": ", 2))) return false;
    if (!write_node(writer, child)) return false;
  }
  return write_text(writer, mapping ? "}" : "]", 1);
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

struct schema_document *schema_load(struct arena *arena, const struct yaml_node *document) {
  struct writer writer = {.text = NULL};
  cyaml_data_t *loaded = NULL;
  cyaml_err_t error = CYAML_ERR_OOM;
  if (write_node(&writer, document)) {
    cyaml_config_t setup = {.mem_fn = on_memory, .mem_ctx = arena, .flags = CYAML_CFG_NO_ALIAS};
    error = cyaml_load_data((const uint8_t *)writer.text, writer.len, &setup, &document_schema, &loaded, NULL);
  }
  free(writer.text);
  /* libyaml reports some failed allocations as other errors: what was checked can fail for no other reason. */
  return error == CYAML_OK ? loaded : NULL;
}
