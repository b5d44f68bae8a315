/* What a route does with a request: for each thing that it may do there is a file, which decides and has the words for it, and
 * a row in table.h. */
#ifndef LITEGINX_ACTION_ACTION_H
#define LITEGINX_ACTION_ACTION_H

#include "liteginx/config/config.h"

struct plan;

struct action {
  const char *name;
  const char *counted_as;
  /* Always false: the plan has an ending, and mostly an answer (plan_answer). NULL: the request goes up to a target. */
  bool (*decide)(struct plan *plan);
  /* What it does, in a few words for people, safe for a terminal. In `arena`; ptr NULL: out of memory. */
  struct str (*words)(struct arena *arena, const struct config_route *route);
};

/* Most of a text, and how many targets, that words show. */
enum { ACTION_SHOWN_BYTES = 200, ACTION_SHOWN_TARGETS = 4 };

/* For words: a text of the configuration's, escaped, and cut where it is long. ptr NULL: out of memory. */
struct str action_shown(struct arena *arena, struct str s);

#endif
