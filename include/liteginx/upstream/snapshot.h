/* One configuration made ready to serve: routers, balancers, targets. Immutable but for the round-robin positions;
 * counted, because an exchange ends on the configuration that it began with. */
#ifndef LITEGINX_UPSTREAM_SNAPSHOT_H
#define LITEGINX_UPSTREAM_SNAPSHOT_H

#include "liteginx/config/config.h"
#include "liteginx/route/balancer.h"
#include "liteginx/upstream/target.h"

struct router;
struct snapshot;

struct snapshot_route {
  const struct config_route *config;
  struct balancer balancer;
  _Atomic size_t position; /* of the balancer, over all workers */
  struct target **targets; /* in the order of config->targets */
  unsigned target_count;
};

struct snapshot_listener {
  const struct snapshot *snapshot; /* whose it is */
  const struct config_listener *config;
  struct router *router; /* http; its entries have the order of `routes` */
  bool named;            /* http: some routes have a host */
  struct snapshot_route *routes;
  unsigned route_count;
};

struct snapshot {
  _Atomic unsigned references;
  struct config *config;
  struct snapshot_listener *listeners;
  unsigned listener_count;
};

/* Takes over `config` (also on failure) and begins with one reference. NULL: out of memory. */
struct snapshot *snapshot_new(struct config *config, struct target_table *table);

struct snapshot *snapshot_acquire(struct snapshot *snapshot);

/* The last one frees it. */
void snapshot_release(struct snapshot *snapshot);

#endif
