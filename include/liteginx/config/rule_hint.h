/* A rule of Traefik in the place of a host or a path: Host(`x`) && PathPrefix(`/y`). */
#ifndef LITEGINX_CONFIG_RULE_HINT_H
#define LITEGINX_CONFIG_RULE_HINT_H

#include "liteginx/base/arena.h"

/* A whole parenthesis in `arena`; empty: it is none; ptr NULL: out of memory. */
struct str rule_hint(struct arena *arena, struct str text);

#endif
