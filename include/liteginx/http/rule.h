/* What is done to the fields of a head on its way, beside what HTTP asks for: set, added, removed. */
#ifndef LITEGINX_HTTP_RULE_H
#define LITEGINX_HTTP_RULE_H

#include "liteginx/http/head.h"

enum rule_change {
  RULE_SET,   /* this line instead of all of that name */
  RULE_ADD,   /* this line beside them */
  RULE_REMOVE /* none of that name; the value is not used */
};

struct rule {
  enum rule_change change;
  struct str name, value;
};

/* In their order. */
struct rules {
  struct rule *at;
  unsigned count;
};

/* Does one of them take away what a sender says in a field of this name? */
bool rules_take(const struct rules *rules, struct str name);

/* The same for a name in a request, or of a trailer: behind CGI and its heirs `_` is `-` (head.h, field_is_alias), so
 * whoever sends X_User would say what X-User says. */
bool rules_take_alias(const struct rules *rules, struct str name);

/* Does one of them add a field of this name? */
bool rules_put(const struct rules *rules, struct str name);

/* The ids of the names that they take away; bit 1 << id of each. */
uint32_t rules_taken(const struct rules *rules);

/* No more bytes than this are needed for what they add, each with name, value and four bytes more. */
size_t rules_bytes(const struct rules *rules);

#endif
