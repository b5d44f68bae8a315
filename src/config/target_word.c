/* A word of ours becomes its mapping; what target_hint.h says of any other is reported. */
#include "liteginx/config/target_word.h"

#include "liteginx/base/utf8.h"
#include "liteginx/config/hint.h"
#include "liteginx/config/target_hint.h"

static bool report_word(const struct repair *repair, const struct yaml_node *node, enum scalar_target_form form,
                        const struct scalar_target *target);
static bool add_part(const struct repair *repair, const struct key_table *table, struct yaml_node *mapping,
                     const char *key, struct str part, struct str whole, unsigned column);

bool target_word_read(const struct repair *repair, const struct key_table *table, const char *name,
                      struct yaml_node *node) {
  struct scalar_target target;
  if (!repair_scalar(repair, name, node)) return false;
  if (node->reported) return repair_stand_in(repair, table, node);
  struct str text = node->text;
  enum scalar_target_form form = scalar_split_target(text, &target);
  if (!report_word(repair, node, form, &target)) return repair_stand_in(repair, table, node);
  unsigned column = node->text_column;
  node->kind = NODE_MAPPING;
  node->first = node->last = NULL;
  if (form == TARGET_SOCKET) return add_part(repair, table, node, "unix", target.path, text, column);
  return add_part(repair, table, node, "host", target.host, text, column) &&
         add_part(repair, table, node, "port", target.port, text, column);
}

/* False: the target cannot be used, which is reported. */
static bool report_word(const struct repair *repair, const struct yaml_node *node, enum scalar_target_form form,
                        const struct scalar_target *target) {
  struct config_place place = repair_place(repair, node);
  if (form == TARGET_SOCKET) return true;
  if (form != TARGET_PLAIN && form != TARGET_PATH && node->plain_dollar) {
    struct str hint = hint_refused_dollar(repair->arena, node->text);
    if (!hint.ptr) config_report_no_memory(repair->report);
    if (hint.len) {
      config_report_add(repair->report, true, place, "a target must be HOST:PORT, got '%s' %.*s",
                        config_quote(node->text).text, STR_ARG(hint));
      return false;
    }
  }
  struct str said = target_hint(repair->arena, node->text, form, target);
  if (!said.ptr) config_report_no_memory(repair->report);
  if (said.len) config_report_add(repair->report, form != TARGET_PLAIN, place, "%.*s", STR_ARG(said));
  return form == TARGET_PLAIN;
}

/* A scalar of the mapping that `whole` stands for. `column`: of `whole`; 0: it does not stand in the file so. */
static bool add_part(const struct repair *repair, const struct key_table *table, struct yaml_node *mapping,
                     const char *key, struct str part, struct str whole, unsigned column) {
  struct yaml_node *node = arena_alloc(repair->arena, sizeof *node);
  if (!node) {
    config_report_no_memory(repair->report);
    return false;
  }
  uintptr_t offset = (uintptr_t)part.ptr - (uintptr_t)whole.ptr; /* huge for a part that is not in it */
  bool inside = column && offset < whole.len;
  const struct key *row = key_find(table, str_of(key));
  ENSURE(row != NULL);
  *node = (struct yaml_node){.key = str_of(key), .kind = NODE_SCALAR, .row = (uint8_t)(row - table->rows)};
  node->line = node->key_line = mapping->line;
  node->column = node->key_column = mapping->column;
  node->text = part;
  node->has_stray = mapping->has_stray;
  node->plain_dollar = mapping->plain_dollar;
  if (inside) node->column = node->text_column = column + utf8_count(str_upto(whole, offset));
  yaml_append(mapping, node);
  return true;
}
