/* host + path → route: a tree of path segments per host, an exact host before the longest wildcard before none.
 * Immutable once built, so that workers share it. A lookup costs the length of the path, not the number of routes. */
#ifndef LITEGINX_ROUTE_ROUTER_H
#define LITEGINX_ROUTE_ROUTER_H

#include "liteginx/route/pattern.h"

struct router;

/* What router_build is given per route. Host: lower-case name, "*.name" for one or more labels, or empty for any. */
struct router_entry {
  struct str host;
  const struct pattern *pattern;
};

/* Filled only as far as it is used: `params` up to `count`, and all but `visited` only where a route was found. */
struct router_match {
  unsigned route;                        /* index of the entry */
  unsigned count;                        /* of params */
  struct str params[PATTERN_MAX_PARAMS]; /* slices of the path, in order of appearance */
  struct str matched, rest;              /* path = matched + rest; rest is empty or begins with '/' */
  unsigned visited;                      /* tree nodes looked at */
};

/* The entries are read now and not needed afterwards. Of two equal ones the first wins. NULL: out of memory. */
struct router *router_build(const struct router_entry *entries, unsigned count);
void router_free(struct router *router);

/* Finds the best route for `host` (without port, any case, a root label's dot at its end ignored; empty: none; longer
 * than any host name can be: only routes without host) and the normalised `path`. False: none. Allocates nothing. */
bool router_find(const struct router *router, struct str host, struct str path, struct router_match *match);

#endif
