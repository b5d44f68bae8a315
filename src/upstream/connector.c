/* One way from "this route" to "this connection". A round goes over the route's targets: each failure marks its target
 * as tried and picks the next. A round in which all refused leads to HOLD; in HOLD nothing is dialled here, the pool
 * probes each target for all who wait. */
#include "liteginx/upstream/connector.h"

#include <stdlib.h>

static bool take_private(struct connector *connector, enum connector_reuse reuse, struct pool_private *own);
static enum connector_result next_target(struct connector *connector, enum connector_reuse reuse);
static enum connector_result dial_target(struct connector *connector, struct pool_target *target);
static enum connector_result round_over(struct connector *connector);
static enum connector_result hold(struct connector *connector);
static void unhold(struct connector *connector);
static enum connector_result fail(struct connector *connector, enum ending_reason reason, int code);
static struct pool_target *pick(struct connector *connector, size_t position);
static bool all_held_for(const struct connector *connector);
static bool begin_round(struct connector *connector);
static void end(struct connector *connector);
static void set_state(struct connector *connector, enum connector_state state);
static void on_dialled(struct dial *dial, struct stream *stream, int status);
static void on_hold_over(struct deadline *deadline);
static struct connector *first_holding(struct pool_target *target);

struct dialling {
  struct dial dial;
  struct connector *connector;
};

enum connector_result connector_start(struct connector *connector, struct pool *pool, struct snapshot_route *route,
                                      enum connector_reuse reuse, struct pool_private *own,
                                      const struct connector_events *events, void *owner) {
  *connector = (struct connector){.events = events, .owner = owner, .pool = pool, .route = route};
  list_init(&connector->node);
  connector->ending = ending_make(ENDING_COMPLETE, ENDING_UPSTREAM, 0);
  if (route->balancer.length == 0) return fail(connector, ENDING_NO_TARGET, 0);
  if (own && !list_empty(&own->conns) && take_private(connector, reuse, own)) return CONNECTOR_REUSED;
  if (!begin_round(connector)) return fail(connector, ENDING_NO_MEMORY, 0);
  if (!list_empty(&pool->holding) && all_held_for(connector)) return hold(connector);
  return next_target(connector, reuse);
}

static bool take_private(struct connector *connector, enum connector_reuse reuse, struct pool_private *own) {
  const struct snapshot_route *route = connector->route;
  for (unsigned i = 0; i < route->target_count && !connector->reused; i++) {
    connector->reused = pool_take_private(own, route->targets[i], reuse == REUSE_CERTAIN);
  }
  if (connector->reused) connector->target = connector->reused->target;
  return connector->reused != NULL;
}

enum connector_result connector_retry(struct connector *connector) {
  struct snapshot_route *route = connector->route;
  ENSURE(connector->state == CONNECTOR_IDLE && connector->target);
  connector->hold_since_ms = 0; /* it was connected: what comes now is another outage */
  if (!begin_round(connector)) return fail(connector, ENDING_NO_MEMORY, 0);
  for (unsigned i = 0; i < route->target_count; i++) {
    connector->tried[i] = route->targets[i] == connector->target->target;
  }
  return dial_target(connector, connector->target);
}

void connector_cancel(struct connector *connector) {
  if (connector->state == CONNECTOR_HOLD) unhold(connector);
  end(connector);
}

/* Nothing is tried yet. */
static bool begin_round(struct connector *connector) {
  unsigned count = connector->route->target_count;
  if (!connector->tried) {
    connector->tried = count <= CONNECTOR_FEW_TARGETS ? connector->few : malloc(count * sizeof(bool));
    if (!connector->tried) return false;
  }
  for (unsigned i = 0; i < count; i++) connector->tried[i] = false;
  connector->timeouts = connector->refusals = 0;
  return true;
}

static enum connector_result next_target(struct connector *connector, enum connector_reuse reuse) {
  struct snapshot_route *route = connector->route;
  size_t position = route->target_count == 1 || connector->timeouts + connector->refusals > 0
                        ? atomic_load_explicit(&route->position, memory_order_relaxed)
                        : atomic_fetch_add_explicit(&route->position, 1, memory_order_relaxed);
  struct pool_target *target = pick(connector, position);
  if (!target) return round_over(connector);
  if (reuse != REUSE_NONE && (connector->reused = pool_take(target, reuse == REUSE_CERTAIN)) != NULL) {
    connector->target = target;
    end(connector);
    return CONNECTOR_REUSED;
  }
  return dial_target(connector, target);
}

/* The next untried target in the balancer's order, one that rests only if no other is left. */
static struct pool_target *pick(struct connector *connector, size_t position) {
  struct snapshot_route *route = connector->route;
  uint64_t now_ms = loop_now_ms(connector->pool->loop);
  int index = BALANCER_NONE;
  if (route->target_count == 1) {
    index = connector->tried[0] ? BALANCER_NONE : 0;
  } else {
    bool few[CONNECTOR_FEW_TARGETS];
    bool *usable = route->target_count <= CONNECTOR_FEW_TARGETS ? few : malloc(route->target_count * sizeof(bool));
    for (unsigned i = 0; usable && i < route->target_count; i++) {
      usable[i] = !connector->tried[i] && !target_resting(route->targets[i], now_ms);
    }
    if (usable) index = balancer_pick(&route->balancer, position, usable);
    for (unsigned i = 0; usable && i < route->target_count; i++) usable[i] = !connector->tried[i];
    if (usable && index == BALANCER_NONE) index = balancer_pick(&route->balancer, position, usable);
    if (usable != few) free(usable);
  }
  if (index == BALANCER_NONE) return NULL;
  connector->tried[index] = true;
  return pool_find(connector->pool, route->targets[index]);
}

static enum connector_result dial_target(struct connector *connector, struct pool_target *target) {
  struct dialling *dialling = calloc(1, sizeof *dialling);
  if (!dialling) return fail(connector, ENDING_NO_MEMORY, 0);
  dialling->connector = connector;
  connector->dial = &dialling->dial;
  connector->target = target;
  set_state(connector, CONNECTOR_DIAL);
  pool_make_way(connector->pool);
  dial_start(connector->dial, connector->pool->loop, target->name, target->target->port,
             connector->route->config->timeouts.connect_ms, on_dialled);
  return CONNECTOR_WAITS;
}

static void on_dialled(struct dial *dial, struct stream *stream, int status) {
  struct dialling *dialling = container_of(dial, struct dialling, dial);
  struct connector *connector = dialling->connector;
  struct target *target = connector->target->target;
  connector->dial = NULL;
  free(dialling);
  if (stream) {
    target_answered(target);
    end(connector);
    connector->events->on_connected(connector->owner, stream);
    return;
  }
  target_failed(target, loop_now_ms(connector->pool->loop));
  connector->ending.code = connector->target->failure = status;
  if (status == UV_ETIMEDOUT) {
    connector->timeouts++;
  } else {
    connector->refusals++;
  }
  if (next_target(connector, REUSE_NONE) == CONNECTOR_FAILED) connector->events->on_failed(connector->owner);
}

static enum connector_result round_over(struct connector *connector) {
  int code = connector->ending.code;
  if (connector->refusals + connector->timeouts == 0) return fail(connector, ENDING_NO_MEMORY, 0);
  if (connector->refusals == 0) return fail(connector, ENDING_CONNECT_TIMEOUT, code);
  if (connector->timeouts > 0) return fail(connector, ENDING_REFUSED, code);
  return hold(connector);
}

/* --- hold --- */

/* Is every target of the route one that others hold for already? Then a connect of ours would be one probe too many. */
static bool all_held_for(const struct connector *connector) {
  const struct snapshot_route *route = connector->route;
  if (route->config->hold_ms == 0) return false;
  for (unsigned i = 0; i < route->target_count; i++) {
    if (route->config->targets[i].weight == 0) continue;
    const struct pool_target *target = pool_find(connector->pool, route->targets[i]);
    if (!target || target->waiting == 0) return false;
  }
  return true;
}

static enum connector_result hold(struct connector *connector) {
  struct snapshot_route *route = connector->route;
  struct pool *pool = connector->pool;
  uint64_t now_ms = loop_now_ms(pool->loop);
  if (connector->hold_since_ms == 0) connector->hold_since_ms = now_ms;
  uint64_t waited_ms = now_ms - connector->hold_since_ms;
  if (waited_ms >= route->config->hold_ms) return fail(connector, ENDING_REFUSED, connector->ending.code);
  for (unsigned i = 0; i < route->target_count; i++) {
    struct pool_target *target = pool_find(pool, route->targets[i]);
    if (!target) return fail(connector, ENDING_NO_MEMORY, 0);
    /* Who joins others has tried none itself, and is told of the first that they wait for. */
    if (!connector->target && route->config->targets[i].weight > 0) connector->target = target;
  }
  set_state(connector, CONNECTOR_HOLD);
  connector->hold_began_ms = now_ms;
  /* Behind those who have waited longer, in front of those who came later: after a failed second try it regains its
   * place. */
  struct list *place = &pool->holding;
  while (place->prev != &pool->holding &&
         container_of(place->prev, struct connector, node)->hold_since_ms > connector->hold_since_ms) {
    place = place->prev;
  }
  list_insert(place, &connector->node);
  for (unsigned i = 0; i < route->target_count; i++) {
    struct pool_target *target = pool_find(pool, route->targets[i]);
    if (route->config->targets[i].weight > 0) pool_hold(target, route->config->hold_ms);
  }
  deadline_set(&pool->loop->deadlines, &connector->give_up, route->config->hold_ms - waited_ms, on_hold_over);
  return CONNECTOR_WAITS;
}

static void unhold(struct connector *connector) {
  struct snapshot_route *route = connector->route;
  deadline_clear(&connector->pool->loop->deadlines, &connector->give_up);
  list_remove(&connector->node);
  set_state(connector, CONNECTOR_IDLE);
  connector->held_ms += loop_now_ms(connector->pool->loop) - connector->hold_began_ms;
  for (unsigned i = 0; i < route->target_count; i++) {
    struct pool_target *target = pool_find(connector->pool, route->targets[i]);
    if (route->config->targets[i].weight > 0) pool_unhold(target);
  }
}

static void on_hold_over(struct deadline *deadline) {
  struct connector *connector = container_of(deadline, struct connector, give_up);
  unhold(connector);
  fail(connector, ENDING_REFUSED, connector->target->failure);
  connector->events->on_failed(connector->owner);
}

void connector_found(struct pool_target *target, struct stream *stream) {
  struct connector *first = first_holding(target);
  ENSURE(first);
  unhold(first);
  first->target = target;
  /* The others first, since the owner of the first may do anything. None of them calls back at once. */
  for (struct connector *other; (other = first_holding(target)) != NULL;) {
    unhold(other);
    bool good = begin_round(other);
    ENSURE(good); /* the memory is there from its first round */
    if (dial_target(other, target) == CONNECTOR_FAILED) other->events->on_failed(other->owner);
  }
  end(first);
  first->events->on_connected(first->owner, stream);
}

static struct connector *first_holding(struct pool_target *target) {
  struct list *holding = &target->pool->holding;
  LIST_EACH(node, holding) {
    struct connector *connector = container_of(node, struct connector, node);
    const struct snapshot_route *route = connector->route;
    for (unsigned i = 0; i < route->target_count; i++) {
      if (route->targets[i] == target->target && route->config->targets[i].weight > 0) return connector;
    }
  }
  return NULL;
}

/* --- end --- */

static enum connector_result fail(struct connector *connector, enum ending_reason reason, int code) {
  end(connector);
  connector->ending = ending_make(reason, ENDING_UPSTREAM, code);
  return CONNECTOR_FAILED;
}

/* Idle, and nothing of its own left. */
static void end(struct connector *connector) {
  set_state(connector, CONNECTOR_IDLE);
  if (connector->dial) {
    struct dialling *dialling = container_of(connector->dial, struct dialling, dial);
    dial_cancel(connector->dial);
    connector->dial = NULL;
    free(dialling);
  }
  if (connector->tried != connector->few) free(connector->tried);
  connector->tried = NULL;
}

/* The one place where the state changes. From HOLD there is no way but through IDLE, with everything undone. */
static void set_state(struct connector *connector, enum connector_state state) {
  ENSURE(connector->state != CONNECTOR_HOLD || state == CONNECTOR_IDLE);
  connector->state = state;
}
