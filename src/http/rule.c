/* There are few of them, so they are looked through. */
#include "liteginx/http/rule.h"

bool rules_take(const struct rules *rules, struct str name) {
  for (unsigned i = 0; i < rules->count; i++) {
    if (rules->at[i].change != RULE_ADD && str_eq_nocase(rules->at[i].name, name)) return true;
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

bool rule_may_name(struct str name, bool request) {
  const uint32_t ids = 1u << FIELD_CONNECTION | 1u << FIELD_CONTENT_LENGTH | 1u << FIELD_KEEP_ALIVE |
                       1u << FIELD_PROXY_AUTHENTICATE | 1u << FIELD_PROXY_AUTHENTICATION_INFO |
                       1u << FIELD_PROXY_AUTHORIZATION | 1u << FIELD_PROXY_CONNECTION | 1u << FIELD_TE |
                       1u << FIELD_TRAILER | 1u << FIELD_TRANSFER_ENCODING | 1u << FIELD_UPGRADE | 1u << FIELD_VIA;
  const uint32_t routing = 1u << FIELD_HOST | 1u << FIELD_EXPECT | 1u << FIELD_MAX_FORWARDS;
  enum field_id id = field_id_of(name);
  return ((request ? ids | routing : ids) >> id & 1u) == 0;
}
