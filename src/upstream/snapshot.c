/* config → routers, balancers, targets. Building may fail half-way for want of memory: everything begins zeroed, so
 * that one function frees any state. */
#include "liteginx/upstream/snapshot.h"

#include <stdlib.h>

#include "liteginx/config/load.h"
#include "liteginx/route/router.h"

static bool build_listener(struct snapshot_listener *listener, const struct config_listener *config,
                           struct target_table *table);
static bool build_router(struct snapshot_listener *listener);
static bool build_route(struct snapshot_route *route, const struct config_route *config, struct target_table *table);
static void free_listener(struct snapshot_listener *listener);

struct snapshot *snapshot_new(struct config *config, struct target_table *table) {
  struct snapshot *snapshot = calloc(1, sizeof *snapshot);
  if (!snapshot) {
    config_free(config);
    return NULL;
  }
  atomic_init(&snapshot->references, 1);
  snapshot->config = config;
  snapshot->listeners = calloc(config->listener_count + 1, sizeof *snapshot->listeners);
  bool good = snapshot->listeners != NULL;
  for (unsigned i = 0; good && i < config->listener_count; i++) {
    snapshot->listener_count++;
    snapshot->listeners[i].snapshot = snapshot;
    good = build_listener(&snapshot->listeners[i], &config->listeners[i], table);
  }
  if (good) return snapshot;
  snapshot_release(snapshot);
  return NULL;
}

static bool build_listener(struct snapshot_listener *listener, const struct config_listener *config,
                           struct target_table *table) {
  listener->config = config;
  listener->routes = calloc(config->route_count + 1, sizeof *listener->routes);
  if (!listener->routes) return false;
  for (unsigned i = 0; i < config->route_count; i++) {
    listener->route_count++;
    if (!build_route(&listener->routes[i], &config->routes[i], table)) return false;
    listener->named |= config->routes[i].host.len > 0;
  }
  return config->kind == KIND_TCP || build_router(listener);
}

static bool build_router(struct snapshot_listener *listener) {
  struct router_entry *entries = calloc(listener->route_count + 1, sizeof *entries);
  if (!entries) return false;
  for (unsigned i = 0; i < listener->route_count; i++) {
    const struct config_route *config = listener->routes[i].config;
    entries[i] = (struct router_entry){config->host, &config->pattern};
  }
  listener->router = router_build(entries, listener->route_count);
  free(entries);
  return listener->router != NULL;
}

static bool build_route(struct snapshot_route *route, const struct config_route *config, struct target_table *table) {
  route->config = config;
  route->targets = calloc(config->target_count + 1, sizeof(struct target *));
  unsigned *weights = calloc(config->target_count + 1, sizeof *weights);
  bool good = route->targets && weights;
  for (unsigned i = 0; good && i < config->target_count; i++) {
    weights[i] = config->targets[i].weight;
    route->targets[i] = target_acquire(table, config->targets[i].host, config->targets[i].port);
    good = route->targets[i] != NULL;
    if (good) route->target_count++;
  }
  good = good && balancer_init(&route->balancer, weights, config->target_count);
  free(weights);
  return good;
}

struct snapshot *snapshot_acquire(struct snapshot *snapshot) {
  atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
  return snapshot;
}

void snapshot_release(struct snapshot *snapshot) {
  if (atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) > 1) return;
  for (unsigned i = 0; i < snapshot->listener_count; i++) free_listener(&snapshot->listeners[i]);
  free(snapshot->listeners);
  config_free(snapshot->config);
  free(snapshot);
}

static void free_listener(struct snapshot_listener *listener) {
  if (listener->router) router_free(listener->router);
  for (unsigned i = 0; i < listener->route_count; i++) {
    struct snapshot_route *route = &listener->routes[i];
    balancer_free(&route->balancer);
    for (unsigned t = 0; t < route->target_count; t++) target_release(route->targets[t]);
    free(route->targets);
  }
  free(listener->routes);
}
