/* Why a route does not get a request, or another one does: the rules of BEHAVIOUR "Routing", one by one. The router finds the
 * winner without them; a test holds both against each other. */
#ifndef LITEGINX_ROUTE_RANK_H
#define LITEGINX_ROUTE_RANK_H

#include "liteginx/route/router.h"

enum rank_rule {
  RANK_HOST_DIFFERS,
  RANK_PATH_DIFFERS,
  RANK_HOST,    /* the winner's host is the more exact one */
  RANK_SEGMENT, /* the winner's segment `segment` is the more specific one; those before are equal in rank */
  RANK_MATCH,   /* the winner is exact */
  RANK_ORDER,   /* nothing parts them but their order */
  RANK_NO_MEMORY
};

/* Segments count from 1. */
struct rank {
  enum rank_rule rule;
  unsigned segment;
};

/* Why `loser` does not get this request; host and path as router_find wants them. `winner` does, or is NULL: nobody. */
struct rank rank_loss(const struct router_entry *loser, const struct router_entry *winner, struct str host,
                      struct str path);

#endif
