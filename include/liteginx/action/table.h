/* All actions there are. Everybody else asks this table, and knows none of them by name. */
#ifndef LITEGINX_ACTION_TABLE_H
#define LITEGINX_ACTION_TABLE_H

#include "liteginx/action/action.h"

/* Name, the key of a spec that says it, what routes with it are counted as (NULL: they are not), and who decides. The words are
 * NAME_words; both functions are in src/action/NAME.c. */
/* clang-format off */
#define ACTION_TABLE(row) \
  row(proxy, targets, NULL, NULL) \
  row(redirect, redirect, "redirect", redirect_decide) \
  row(respond, respond, "fixed answer", respond_decide)
/* clang-format on */

/* By the row of its key; of other keys, name is NULL. */
extern const struct action action_table[SPEC_COUNT];

static inline const struct action *action_of(const struct config_route *route) {
  return &action_table[route->action];
}

#endif
