/* The walk is the tree's: each node against its row. Nothing here counts a table's rows, so that it can grow. Where a key is
 * missing, but a misspelt one was probably meant to be it, the one error is enough. */
#include "liteginx/config/repair.h"

#include "liteginx/base/utf8.h"
#include "liteginx/config/habit.h"
#include "liteginx/config/hint.h"
#include "liteginx/config/variable.h"

static bool repair_value(const struct repair *repair, const struct key *key, const char *name, bool is_item,
                         struct yaml_node *node);
static bool wrap_word(const struct repair *repair, const struct key_table *table, const char *name,
                      struct yaml_node *node);
static bool report_split(const struct repair *repair, const struct key *key, const struct yaml_node *node);
static void report_kind(const struct repair *repair, const struct key *key, const char *name, bool is_item,
                        const struct yaml_node *node);
static struct str kind_hint(const struct repair *repair, const struct key *key, const char *name,
                            const struct yaml_node *node);
static bool note_stray(const struct repair *repair, const char *name, struct yaml_node *node);
static bool repair_list(const struct repair *repair, const struct key *key, const char *name, struct yaml_node *node);
static bool repair_names(const struct repair *repair, const struct key *key, struct yaml_node *node);
static bool keep_child(const struct repair *repair, const struct key_table *table, const struct key *key,
                       struct yaml_node *mapping, struct yaml_node *child);
static const char *report_unknown(const struct repair *repair, const struct key_table *table, const char *name,
                                  const struct yaml_node *node);
static bool add_absent(const struct repair *repair, const struct key_table *table, const struct yaml_node *misspelt,
                       struct yaml_node *mapping);
static bool add_missing(const struct repair *repair, const struct key_table *table, const struct key *key,
                        struct yaml_node *mapping);
static bool stand_in(const struct repair *repair, const struct key *key, struct yaml_node *node);

struct config_place repair_place(const struct repair *repair, const struct yaml_node *node) {
  return (struct config_place){repair->file, node->line, node->column};
}

struct config_place repair_key_place(const struct repair *repair, const struct yaml_node *node) {
  return (struct config_place){repair->file, node->key_line, node->key_column};
}

/* Takes the children out, and puts back those that the table knows, each once. */
bool repair_mapping(const struct repair *repair, const struct key_table *table, const char *name,
                    struct yaml_node *node) {
  struct yaml_node *child = node->first, *next;
  struct yaml_node misspelt = {.kind = NODE_MAPPING}; /* unknown keys, each under the name that was meant */
  node->first = node->last = NULL;
  for (; child; child = next) {
    next = child->next;
    if (node->merged && str_eq(child->key, STR("<<"))) continue;
    const struct key *key = key_find(table, child->key);
    if (key) {
      if (!keep_child(repair, table, key, node, child)) return false;
      continue;
    }
    const char *meant = report_unknown(repair, table, name, child);
    if (!meant) continue;
    child->key = str_of(meant);
    yaml_append(&misspelt, child);
  }
  return add_absent(repair, table, &misspelt, node);
}

/* What stands between a table's row and a tree's node. */
static enum node_kind expected_kind(const struct key *key) {
  if (key->kind == KEY_MAPPING || key->kind == KEY_NAMES) return NODE_MAPPING;
  return key->kind == KEY_LIST ? NODE_LIST : NODE_SCALAR;
}

/* What is wrong with the node is reported, and the node replaced by a stand-in. */
static bool repair_value(const struct repair *repair, const struct key *key, const char *name, bool is_item,
                         struct yaml_node *node) {
  if (config_report_is_full(repair->report)) return false;
  bool usable = !node->is_null && !node->reported;
  if (usable && node->kind == expected_kind(key)) {
    if (report_split(repair, key, node)) return stand_in(repair, key, node);
    if (key->kind == KEY_MAPPING) return repair_mapping(repair, key->table, name, node);
    if (key->kind == KEY_NAMES) return repair_names(repair, key, node);
    return key->kind == KEY_LIST ? repair_list(repair, key, name, node) : repair_scalar(repair, name, node);
  }
  bool short_form = key->kind == KEY_MAPPING && key->table->read_word && node->kind == NODE_SCALAR;
  if (usable && short_form) return key->table->read_word(repair, key->table, name, node);
  bool lone = key->kind == KEY_MAPPING && key->table->lone && node->kind == NODE_SCALAR;
  if (usable && lone) return wrap_word(repair, key->table, name, node);
  if (!node->reported) report_kind(repair, key, name, is_item, node);
  return stand_in(repair, key, node);
}

/* The word becomes the value of the one key that it may stand for. */
static bool wrap_word(const struct repair *repair, const struct key_table *table, const char *name,
                      struct yaml_node *node) {
  struct yaml_node *word = arena_alloc(repair->arena, sizeof *word);
  if (!word) {
    config_report_no_memory(repair->report);
    return false;
  }
  *word = *node;
  word->next = NULL;
  word->key = str_of(table->lone);
  word->key_line = node->line;
  word->key_column = node->column;
  node->kind = NODE_MAPPING;
  node->first = node->last = word;
  return repair_mapping(repair, table, name, node);
}

/* A mapping that a blank has made of one word. True: that is told. */
static bool report_split(const struct repair *repair, const struct key *key, const struct yaml_node *node) {
  if (key->kind != KEY_MAPPING || !key->table->split_word) return false;
  struct str said = key->table->split_word(repair->arena, node);
  if (!said.ptr) config_report_no_memory(repair->report);
  if (said.len) config_report_add(repair->report, true, repair_place(repair, node), "%.*s", STR_ARG(said));
  return said.len > 0;
}

static void report_kind(const struct repair *repair, const struct key *key, const char *name, bool is_item,
                        const struct yaml_node *node) {
  static const char *const names[] = {
      [NODE_SCALAR] = "a single value", [NODE_LIST] = "a list", [NODE_MAPPING] = "a mapping"};
  const char *item = is_item ? "an item of " : "", *expected = names[expected_kind(key)];
  if (key->kind == KEY_BOOL) expected = "true or false";
  if (node->is_null) {
    config_report_add(repair->report, true, repair_place(repair, node), "%s'%s' has no value (expected %s)", item, name,
                      expected);
    return;
  }
  struct str hint = kind_hint(repair, key, name, node);
  if (!hint.ptr) config_report_no_memory(repair->report);
  config_report_add(repair->report, true, repair_place(repair, node), "%s'%s' must be %s, got %s%s%.*s", item, name,
                    expected, names[node->kind], hint.len ? " " : "", STR_ARG(hint));
}

/* What to write instead, in parentheses, or nothing. ptr NULL: out of memory. */
static struct str kind_hint(const struct repair *repair, const struct key *key, const char *name,
                            const struct yaml_node *node) {
  const struct key_table *items = key->kind == KEY_LIST && key->item->kind == KEY_MAPPING ? key->item->table : NULL;
  if (key->kind == KEY_LIST && node->kind == NODE_MAPPING) {
    struct str hint = items && items->split_list ? items->split_list(repair->arena, node) : STR("");
    return hint.len || !hint.ptr ? hint : STR("(begin each item with '- ')");
  }
  if (node->kind != NODE_SCALAR) return STR("");
  if (key->unwrapped) return key->unwrapped(repair->arena, node->text);
  if (key->kind != KEY_LIST) return STR("");
  bool words = key_is_single(key->item) || (items && items->read_word);
  if (!words) return STR("");
  return arena_printf(repair->arena, "(write '%s: [%s]')", name, config_quote(node->text).text);
}

bool repair_scalar(const struct repair *repair, const char *name, struct yaml_node *node) {
  struct str expanded, variable;
  enum variable_status status =
      variable_expand(repair->arena, node->text, repair->env, repair->env_owner, &expanded, &variable);
  if (status == VARIABLE_NO_MEMORY) {
    config_report_no_memory(repair->report);
    return false;
  }
  static const char *const faults[] = {
      [VARIABLE_UNSET] = "is not set in the environment (a default can be given: ${NAME:-default})",
      [VARIABLE_NESTED] = "has another ${…} in its default, which is not supported",
      [VARIABLE_NOT_UTF8] = "is not UTF-8",
      [VARIABLE_TOO_LONG] = "makes the value longer than 64 KiB",
  };
  if (status == VARIABLE_OK && expanded.ptr != node->text.ptr) *repair->expanded_bytes += expanded.len;
  if (*repair->expanded_bytes > REPAIR_MAX_EXPANDED) {
    config_report_add(repair->report, true, repair_place(repair, node), "'%s': variables fill in more than 16 MiB here",
                      name);
    return false;
  }
  if (status == VARIABLE_TOO_LONG && variable.len == 0) {
    config_report_add(repair->report, true, repair_place(repair, node), "'%s' is longer than 64 KiB", name);
  } else if (status != VARIABLE_OK) {
    config_report_add(repair->report, true, repair_place(repair, node), "'%s': ${%s} %s", name,
                      config_quote(variable).text, faults[status]);
  } else if (str_find(expanded, '\0') < expanded.len) {
    config_report_add(repair->report, true, repair_place(repair, node), "'%s' holds a NUL character", name);
  } else {
    if (!note_stray(repair, name, node)) return false;
    if (expanded.ptr != node->text.ptr) node->text_column = 0;
    node->text = expanded;
    return true;
  }
  node->reported = true;
  node->text = STR("");
  return true;
}

static bool note_stray(const struct repair *repair, const char *name, struct yaml_node *node) {
  struct str dollar;
  node->plain_dollar = variable_has_plain(node->text);
  if (!variable_stray(node->text, &dollar)) return true;
  struct repair_stray *stray = arena_alloc(repair->arena, sizeof *stray);
  if (!stray) {
    config_report_no_memory(repair->report);
    return false;
  }
  *stray = (struct repair_stray){*repair->strays, node, name, node->text, dollar, repair_place(repair, node)};
  size_t offset = (size_t)(dollar.ptr - node->text.ptr);
  if (node->text_column) stray->place.column = node->text_column + utf8_count(str_upto(node->text, offset));
  *repair->strays = stray;
  node->has_stray = true;
  return true;
}

static bool repair_list(const struct repair *repair, const struct key *key, const char *name, struct yaml_node *node) {
  if (!node->first && key->least > 0) {
    config_report_add(repair->report, true, repair_place(repair, node), "'%s' is empty (at least one is needed)", name);
    return stand_in(repair, key, node);
  }
  for (struct yaml_node *item = node->first; item; item = item->next) {
    if (!repair_value(repair, key->item, name, true, item)) return false;
  }
  return true;
}

/* Each name once: a later one, one that is empty and one with a NUL go. */
static bool repair_names(const struct repair *repair, const struct key *key, struct yaml_node *node) {
  struct yaml_node *child = node->first, *next;
  unsigned count = 0;
  node->first = node->last = NULL;
  for (; child; child = next) {
    const struct yaml_node *first = yaml_find_key(node, child->key);
    struct config_place place = repair_key_place(repair, child);
    struct config_quote name = config_quote(child->key);
    next = child->next;
    if (node->merged && str_eq(child->key, STR("<<"))) continue;
    if (first) {
      config_report_add(repair->report, true, place, "key '%s' is here twice (first on line %u)", name.text,
                        first->key_line);
    } else if (child->key.len == 0 || str_find(child->key, '\0') < child->key.len) {
      config_report_add(repair->report, true, place, "in '%s': '%s' is no name", key->name, name.text);
    } else if (count++ == REPAIR_MAX_NAMES) {
      config_report_add(repair->report, true, place, "'%s' has more than %d names", key->name, REPAIR_MAX_NAMES);
      return true;
    } else {
      struct str shown = arena_printf(repair->arena, "%s", name.text);
      if (!shown.ptr) config_report_no_memory(repair->report);
      yaml_append(node, child);
      if (!shown.ptr || !repair_value(repair, key->item, shown.ptr, false, child)) return false;
    }
  }
  return true;
}

/* Puts a child that the table knows back into its mapping, and checks it. */
static bool keep_child(const struct repair *repair, const struct key_table *table, const struct key *key,
                       struct yaml_node *mapping, struct yaml_node *child) {
  unsigned row = (unsigned)(key - table->rows);
  const struct yaml_node *first = yaml_find_row(mapping, row);
  if (first) {
    config_report_add(repair->report, true, repair_key_place(repair, child),
                      "key '%s' is here twice (first on line %u)", key->name, first->key_line);
    return true;
  }
  child->row = (uint8_t)row;
  yaml_append(mapping, child);
  return repair_value(repair, key, key->name, false, child);
}

/* Stand-ins for the required keys that are not there, and for those that a misspelt one was meant to be. */
static bool add_absent(const struct repair *repair, const struct key_table *table, const struct yaml_node *misspelt,
                       struct yaml_node *mapping) {
  for (unsigned i = 0; i < table->count; i++) {
    const struct key *key = &table->rows[i];
    bool required = key->required && !key->only && !key->group;
    bool meant = misspelt->first && yaml_find(misspelt, key->name);
    if ((!required && !meant) || yaml_find_row(mapping, i)) continue;
    if (!meant && !mapping->merged) {
      config_report_add(repair->report, true, repair_place(repair, mapping), "missing key '%s'", key->name);
    }
    if (!add_missing(repair, table, key, mapping)) return false;
  }
  return true;
}

/* Returns the key that was probably meant, or NULL. */
static const char *report_unknown(const struct repair *repair, const struct key_table *table, const char *name,
                                  const struct yaml_node *node) {
  const struct habit_keys *habit = habit_key(str_of(name ? name : ""), node->key);
  const char *owner = habit ? NULL : key_owner(repair->root, node->key);
  const char *near = habit || owner ? NULL : key_nearest(table, node->key);
  struct config_place place = repair_key_place(repair, node);
  struct config_quote key = config_quote(node->key);
  if (habit) {
    config_report_add(repair->report, true, place, "unknown key '%s' (%s)", key.text, habit->advice);
  } else if (near) {
    config_report_add(repair->report, true, place, "unknown key '%s' (did you mean '%s'?)", key.text, near);
  } else if (owner && owner[0]) {
    config_report_add(repair->report, true, place, "unknown key '%s' (it belongs under '%s')", key.text, owner);
  } else if (owner) {
    config_report_add(repair->report, true, place, "unknown key '%s' (it belongs at the top of a document)", key.text);
  } else {
    struct str known = key_list(repair->arena, table);
    if (!known.ptr) config_report_no_memory(repair->report);
    config_report_add(repair->report, true, place, "unknown key '%s' (known %s%s%s: %.*s)", key.text,
                      name ? "in '" : "here", name ? name : "", name ? "'" : "", STR_ARG(known));
  }
  return habit ? habit->means : near;
}

static bool add_missing(const struct repair *repair, const struct key_table *table, const struct key *key,
                        struct yaml_node *mapping) {
  struct yaml_node *node = arena_alloc(repair->arena, sizeof *node);
  if (!node) {
    config_report_no_memory(repair->report);
    return false;
  }
  *node = (struct yaml_node){.key = str_of(key->name), .row = (uint8_t)(key - table->rows)};
  node->line = node->key_line = mapping->line;
  node->column = node->key_column = mapping->column;
  yaml_append(mapping, node);
  return stand_in(repair, key, node);
}

bool repair_stand_in(const struct repair *repair, const struct key_table *table, struct yaml_node *node) {
  struct key least = {.kind = KEY_MAPPING, .table = table};
  return stand_in(repair, &least, node);
}

/* Makes `node` the least that its row accepts, and marks it, so that no one complains about it again. */
static bool stand_in(const struct repair *repair, const struct key *key, struct yaml_node *node) {
  node->kind = (uint8_t)expected_kind(key);
  node->reported = true;
  node->is_null = false;
  if (node->kind == NODE_SCALAR) {
    node->text = STR("");
  } else {
    node->first = node->last = NULL;
  }
  for (uint64_t i = 0; key->kind == KEY_LIST && i < key->least; i++) {
    struct yaml_node *item = arena_alloc(repair->arena, sizeof *item);
    if (!item) {
      config_report_no_memory(repair->report);
      return false;
    }
    *item = (struct yaml_node){.line = node->line, .column = node->column};
    yaml_append(node, item);
    if (!stand_in(repair, key->item, item)) return false;
  }
  for (unsigned i = 0; key->kind == KEY_MAPPING && i < key->table->count; i++) {
    const struct key *row = &key->table->rows[i];
    if (row->required && !row->only && !row->group && !add_missing(repair, key->table, row, node)) return false;
  }
  return true;
}
