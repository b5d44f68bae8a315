/* host + path → route: a radix tree per host, an exact host before the longest wildcard before none. Immutable once
 * built, so that workers share it. A lookup costs the length of the path, not the number of routes. */
#ifndef LITEGINX_ROUTE_ROUTER_H
#define LITEGINX_ROUTE_ROUTER_H

#include "liteginx/route/pattern.h"

struct router;

/* What router_build is given per route. Host: lower-case name, "*.name" for one or more labels, or empty for any. */
struct router_entry {
  struct str host;
  const struct pattern *pattern;
};

struct router_match {
  unsigned route;                        /* index of the entry */
  unsigned count;                        /* of params */
  struct str params[PATTERN_MAX_PARAMS]; /* slices of the path, in order of appearance */
  struct str matched, rest;              /* path = matched + rest; rest is empty or begins with '/' */
  unsigned visited;                      /* tree nodes looked at */
};

/* Entries (and their patterns) must outlive the router. Of two equal ones the first wins. NULL: out of memory. */
struct router *router_build(const struct router_entry *entries, unsigned count);
void router_free(struct router *router);

/* Finds the best route for `host` (without port, any case; empty: none) and the normalised `path`. False: none. */
bool router_find(const struct router *router, struct str host, struct str path, struct router_match *match);

#endif
