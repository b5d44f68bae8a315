/* The answer stands in the configuration. */
#ifndef LITEGINX_ACTION_RESPOND_H
#define LITEGINX_ACTION_RESPOND_H

#include "liteginx/action/action.h"

/* As struct action has them. */
bool respond_decide(struct plan *plan);
struct str respond_words(struct arena *arena, const struct config_route *route);

#endif
