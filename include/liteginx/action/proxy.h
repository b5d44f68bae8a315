/* What most routes do: the request goes up to a target, by the rest of the plan. */
#ifndef LITEGINX_ACTION_PROXY_H
#define LITEGINX_ACTION_PROXY_H

#include "liteginx/action/action.h"

/* As struct action has it. */
struct str proxy_words(struct arena *arena, const struct config_route *route);

#endif
