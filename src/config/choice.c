/* Asked of each spec, so it looks at the keys that are there. Where a group has none, what would stand beside one is not told
 * as well. */
#include "liteginx/config/choice.h"

static bool check_group(const struct taking *taking, const struct take_from *from, const struct key *first,
                        const char *sort);
static bool check_beside(const struct taking *taking, const struct take_from *from, const struct yaml_node *node);
static const struct yaml_node *find_member(const struct take_from *from, const char *group,
                                           const struct yaml_node *behind);
static bool report_absent(const struct taking *taking, const struct take_from *from, const struct key *first,
                          const char *sort);
static bool report_pair(const struct taking *taking, const struct take_from *from, const struct yaml_node *node,
                        const char *other, struct str advice);
static struct str list_group(const struct taking *taking, const struct take_from *from, const char *group,
                             const char *sort);

bool choice_check(const struct taking *taking, const struct take_from *from, const char *sort) {
  const struct key_table *table = from->table;
  bool good = true;
  for (unsigned i = 0; i < table->count; i++) {
    const struct key *key = &table->rows[i];
    bool first = key->group && key_group_first(table, key->group) == i;
    if (first) good &= check_group(taking, from, key, sort);
  }
  for (const struct yaml_node *node = from->node->first; node; node = node->next) {
    if (table->rows[node->row].beside) good &= check_beside(taking, from, node);
  }
  return good;
}

static bool is_of(const struct key *key, const char *sort) {
  return !key->only || (sort && strcmp(key->only, sort) == 0);
}

static bool check_group(const struct taking *taking, const struct take_from *from, const struct key *first,
                        const char *sort) {
  const struct yaml_node *node = find_member(from, first->group, NULL);
  const struct yaml_node *second = node ? find_member(from, first->group, node) : NULL;
  if (!node) return !first->required || report_absent(taking, from, first, sort);
  if (!second) return true;
  struct str all = list_group(taking, from, first->group, sort);
  if (all.ptr) all = arena_printf(taking->scratch, "one of %.*s", STR_ARG(all));
  return report_pair(taking, from, second, from->table->rows[node->row].name, all);
}

/* The first key of the group that is there, or the next one. */
static const struct yaml_node *find_member(const struct take_from *from, const char *group,
                                           const struct yaml_node *behind) {
  const struct yaml_node *node = behind ? behind->next : from->node->first;
  while (node && !key_in_group(&from->table->rows[node->row], group)) node = node->next;
  return node;
}

static bool check_beside(const struct taking *taking, const struct take_from *from, const struct yaml_node *node) {
  const struct key *key = &from->table->rows[node->row], *other = key_find(from->table, str_of(key->beside));
  ENSURE(other != NULL && other->group != NULL);
  if (yaml_find_row(from->node, (unsigned)(other - from->table->rows))) return true;
  const struct yaml_node *instead = find_member(from, other->group, NULL);
  if (!instead) return true;
  struct str advice = arena_printf(taking->scratch, "it is for '%s'", key->beside);
  return report_pair(taking, from, node, from->table->rows[instead->row].name, advice);
}

static bool report_absent(const struct taking *taking, const struct take_from *from, const struct key *first,
                          const char *sort) {
  if (from->node->merged || from->node->reported) return false;
  struct config_place place = {from->file, from->node->line, from->node->column};
  struct str all = list_group(taking, from, first->group, sort);
  if (!all.ptr) config_report_no_memory(taking->report);
  config_report_add(taking->report, true, place, "missing key %.*s", STR_ARG(all));
  return false;
}

static bool report_pair(const struct taking *taking, const struct take_from *from, const struct yaml_node *node,
                        const char *other, struct str advice) {
  struct config_place place = {from->file, node->key_line, node->key_column};
  if (!advice.ptr) config_report_no_memory(taking->report);
  if (node->reported) return false;
  config_report_add(taking->report, true, place, "'%s' does not go with '%s' (%.*s)", from->table->rows[node->row].name,
                    other, STR_ARG(advice));
  return false;
}

/* "'a', 'b' or 'c'". ptr NULL: out of memory. */
static struct str list_group(const struct taking *taking, const struct take_from *from, const char *group,
                             const char *sort) {
  struct str list = STR("");
  const char *last = NULL;
  for (unsigned i = 0; i < from->table->count && list.ptr; i++) {
    const struct key *key = &from->table->rows[i];
    if (!key_in_group(key, group) || !is_of(key, sort)) continue;
    if (last) list = arena_printf(taking->scratch, "%.*s%s'%s'", STR_ARG(list), list.len ? ", " : "", last);
    last = key->name;
  }
  if (!list.ptr || !last) return list;
  return arena_printf(taking->scratch, "%.*s%s'%s'", STR_ARG(list), list.len ? " or " : "", last);
}
