/* There are few of them, so they are looked through. */
#include "liteginx/http/rule.h"

bool rules_take(const struct rules *rules, struct str name) {
  for (unsigned i = 0; i < rules->count; i++) {
    if (rules->at[i].change != RULE_ADD && str_eq_nocase(rules->at[i].name, name)) return true;
  }
  return false;
}

static bool is_alias_of(struct str a, struct str b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++) {
    char c = a.ptr[i] == '_' ? '-' : str_lower_char(a.ptr[i]), d = b.ptr[i] == '_' ? '-' : str_lower_char(b.ptr[i]);
    if (c != d) return false;
  }
  return true;
}

bool rules_take_alias(const struct rules *rules, struct str name) {
  for (unsigned i = 0; i < rules->count; i++) {
    if (rules->at[i].change != RULE_ADD && is_alias_of(rules->at[i].name, name)) return true;
  }
  return false;
}

bool rules_put(const struct rules *rules, struct str name) {
  for (unsigned i = 0; i < rules->count; i++) {
    if (rules->at[i].change != RULE_REMOVE && str_eq_nocase(rules->at[i].name, name)) return true;
  }
  return false;
}

uint32_t rules_taken(const struct rules *rules) {
  uint32_t ids = 0;
  for (unsigned i = 0; i < rules->count; i++) {
    if (rules->at[i].change != RULE_ADD) ids |= UINT32_C(1) << field_id_of(rules->at[i].name);
  }
  return ids & ~(UINT32_C(1) << FIELD_OTHER);
}

size_t rules_bytes(const struct rules *rules) {
  size_t bytes = 0;
  for (unsigned i = 0; i < rules->count; i++)
    bytes += rules->at[i].name.len + rules->at[i].value.len + strlen(": \r\n");
  return bytes;
}
