/* The client is sent elsewhere. */
#ifndef LITEGINX_ACTION_REDIRECT_H
#define LITEGINX_ACTION_REDIRECT_H

#include "liteginx/action/action.h"

/* As struct action has them. */
bool redirect_decide(struct plan *plan);
struct str redirect_words(struct arena *arena, const struct config_route *route);

#endif
