/* Idle connections per target, and probes. */
#include "liteginx/upstream/pool.h"

#include <stdlib.h>

#include "liteginx/wire/forgiven.h"
#include "liteginx/wire/http1_up.h"

static bool make_room(struct pool *pool, unsigned index);
static bool is_scarce(const struct pool *pool);
static struct upstream_conn *take(struct upstream_conn *conn, bool certain);
static void keep(struct upstream_conn *conn, struct list *idle);
static void drop_idle(struct upstream_conn *conn);
static void on_idle_event(void *owner);
static void on_idle_failure(void *owner, int status);
static void on_idle_due(struct deadline *deadline);
static void probe(struct deadline *deadline);
static void on_probed(struct dial *dial, struct stream *stream, int status);
static void free_target(struct pool_target *target);

/* Whatever an idle connection says, it is of no use any more (RFC 9112 §9.5: nobody asked). */
static const struct stream_events idle_events = {
    .on_bytes = on_idle_event,
    .on_end = on_idle_event,
    .on_fail = on_idle_failure,
    .on_drained = on_idle_event,
};

void pool_init(struct pool *pool, struct loop *loop, struct log *log, const struct wire_limits *limits,
               unsigned idle_max, uint64_t idle_ms, unsigned open_max) {
  *pool = (struct pool){
      .loop = loop, .log = log, .limits = *limits, .idle_max = idle_max, .idle_ms = idle_ms, .open_max = open_max};
  pool->new_wire = http1_up_new;
  list_init(&pool->holding);
  list_init(&pool->aged);
  resolver_init(&pool->resolver, loop);
}

struct pool_target *pool_find(struct pool *pool, struct target *target) {
  if (target->index < pool->target_room && pool->targets[target->index]) return pool->targets[target->index];
  struct pool_target *found = make_room(pool, target->index) ? calloc(1, sizeof *found) : NULL;
  if (!found) return NULL;
  found->name = resolve_acquire(&pool->resolver, target->host);
  if (!found->name) {
    free(found);
    return NULL;
  }
  found->pool = pool;
  found->target = target;
  list_init(&found->idle);
  pool->targets[target->index] = found;
  return found;
}

static bool make_room(struct pool *pool, unsigned index) {
  if (index < pool->target_room) return true;
  unsigned room = index + 16;
  struct pool_target **targets = realloc(pool->targets, room * sizeof(struct pool_target *));
  if (!targets) return false;
  for (unsigned i = pool->target_room; i < room; i++) targets[i] = NULL;
  pool->targets = targets;
  pool->target_room = room;
  return true;
}

/* --- connections --- */

struct upstream_conn *pool_connected(struct pool_target *target, struct stream *stream) {
  const struct pool *pool = target->pool;
  return upstream_conn_new(stream, target, pool->new_wire(stream, &pool->limits));
}

struct upstream_conn *pool_take(struct pool_target *target, bool certain) {
  struct upstream_conn *taken = NULL;
  while (!taken && !list_empty(&target->idle)) {
    taken = take(container_of(target->idle.next, struct upstream_conn, node), certain);
  }
  return taken;
}

/* The target may have closed, or spoken, in this very turn of the loop, before we were told: then it is dropped. */
static struct upstream_conn *take(struct upstream_conn *conn, bool certain) {
  conn->asked = certain || conn->put_turn == conn->target->pool->loop->turn;
  if (conn->asked && !stream_quiet(conn->stream)) {
    drop_idle(conn);
    return NULL;
  }
  list_remove(&conn->node);
  list_remove(&conn->age);
  conn->target->idle_count -= !conn->logged_in;
  conn->reused = true;
  return conn;
}

void pool_put(struct upstream_conn *conn, struct pool_private *own) {
  struct pool_target *target = conn->target;
  struct pool *pool = target->pool;
  if (!upstream_conn_reusable(conn) || pool->idle_max == 0) {
    upstream_conn_close(conn, false);
    return;
  }
  if (conn->logged_in) {
    struct upstream_conn *older = pool_take_private(own, target->target, false);
    if (older) upstream_conn_close(older, false);
    keep(conn, &own->conns);
    deadline_clear(&pool->loop->deadlines, &conn->idle);
    return;
  }
  if (target->idle_count >= pool->idle_max) {
    drop_idle(container_of(target->idle.prev, struct upstream_conn, node));
  }
  keep(conn, &target->idle);
  target->idle_count++;
  deadline_set(&pool->loop->deadlines, &conn->idle, pool->idle_ms, on_idle_due);
}

static void keep(struct upstream_conn *conn, struct list *idle) {
  struct pool *pool = conn->target->pool;
  list_prepend(idle, &conn->node);
  list_prepend(&pool->aged, &conn->age);
  conn->put_turn = pool->loop->turn;
  stream_own(conn->stream, &idle_events, conn);
  stream_read(conn->stream, true);
}

struct upstream_conn *pool_take_private(struct pool_private *own, const struct target *target, bool certain) {
  LIST_EACH(node, &own->conns) {
    struct upstream_conn *conn = container_of(node, struct upstream_conn, node);
    if (conn->target->target == target) return take(conn, certain);
  }
  return NULL;
}

void pool_private_init(struct pool_private *own) {
  list_init(&own->conns);
}

void pool_private_close(struct pool_private *own) {
  while (!list_empty(&own->conns)) drop_idle(container_of(own->conns.next, struct upstream_conn, node));
}

void pool_make_way(struct pool *pool) {
  pool_shed(pool);
  if (is_scarce(pool) && pool->on_scarce) pool->on_scarce(pool->owner);
}

void pool_shed(struct pool *pool) {
  while (is_scarce(pool) && !list_empty(&pool->aged)) {
    drop_idle(container_of(pool->aged.prev, struct upstream_conn, age));
  }
  if (is_scarce(pool)) splices_shed(pool->loop);
  while (is_scarce(pool) && stream_free_pipe(pool->loop)) splices_shed(pool->loop);
}

static bool is_scarce(const struct pool *pool) {
  return atomic_load_explicit(pool->loop->dialled, memory_order_relaxed) >= pool->open_max;
}

static void drop_idle(struct upstream_conn *conn) {
  conn->target->idle_count -= !conn->logged_in;
  upstream_conn_close(conn, false);
}

static void on_idle_event(void *owner) {
  drop_idle(owner);
}

static void on_idle_failure(void *owner, int status) {
  (void)status;
  drop_idle(owner);
}

/* In use it has one left that it had before: to disarm it would cost each request. */
static void on_idle_due(struct deadline *deadline) {
  struct upstream_conn *conn = container_of(deadline, struct upstream_conn, idle);
  if (!list_empty(&conn->node)) drop_idle(conn);
}

/* --- probing --- */

void pool_hold(struct pool_target *target, uint64_t hold_ms) {
  struct pool *pool = target->pool;
  if (target_wait(target->target, loop_now_ms(pool->loop))) {
    log_note(pool->log, "%.*s is down (%s): its clients wait for it, up to %u.%u s each", STR_ARG(target->target->text),
             uv_strerror(target->failure), (unsigned)(hold_ms / 1000), (unsigned)(hold_ms % 1000 / 100));
  }
  if (target->waiting++ > 0) return;
  deadline_set(&pool->loop->deadlines, &target->probe_again, POOL_PROBE_MS, probe);
}

void pool_unhold(struct pool_target *target) {
  ENSURE(target->waiting > 0);
  if (target_leave(target->target)) {
    log_note(target->pool->log, "%.*s is still down, nobody waits for it any more", STR_ARG(target->target->text));
  }
  if (--target->waiting > 0) return;
  deadline_clear(&target->pool->loop->deadlines, &target->probe_again);
  dial_cancel(&target->probe);
}

static void probe(struct deadline *deadline) {
  struct pool_target *target = container_of(deadline, struct pool_target, probe_again);
  struct loop *loop = target->pool->loop;
  deadline_set(&loop->deadlines, &target->probe_again, POOL_PROBE_MS, probe);
  if (target->probe.state != DIAL_IDLE) return; /* the last one still waits for an answer */
  pool_make_way(target->pool);
  dial_start(&target->probe, loop, target->name, target->target->port, 0, on_probed);
}

static void on_probed(struct dial *dial, struct stream *stream, int status) {
  struct pool_target *target = container_of(dial, struct pool_target, probe);
  target->failure = status;
  if (!stream) return; /* probe_again is armed */
  target_answered(target->target);
  uint64_t down_ms;
  if (target_found(target->target, loop_now_ms(target->pool->loop), &down_ms)) {
    unsigned waiting = atomic_load_explicit(&target->target->waiting, memory_order_relaxed);
    log_note(target->pool->log, "%.*s is up after %u.%u s: %u waited", STR_ARG(target->target->text),
             (unsigned)(down_ms / 1000), (unsigned)(down_ms % 1000 / 100), waiting);
  }
  target->pool->on_found(target, stream);
}

/* --- what is forgiven --- */

void pool_forgive(struct pool_target *target, unsigned forgiven) {
  unsigned first = target_forgive(target->target, forgiven);
  for (unsigned i = 0; first >> i; i++) {
    if ((first >> i & 1u) == 0) continue;
    log_note(target->pool->log, "%.*s sends %s", STR_ARG(target->target->text), forgiven_sentence((enum forgiven)i));
  }
}

/* --- end --- */

void pool_close(struct pool *pool) {
  ENSURE(list_empty(&pool->holding));
  for (unsigned i = 0; i < pool->target_room; i++) {
    struct pool_target *target = pool->targets[i];
    if (!target) continue;
    while (!list_empty(&target->idle)) drop_idle(container_of(target->idle.next, struct upstream_conn, node));
    ENSURE(target->waiting == 0);
  }
}

void pool_free(struct pool *pool) {
  for (unsigned i = 0; i < pool->target_room; i++) {
    if (pool->targets[i]) free_target(pool->targets[i]);
  }
  free(pool->targets);
  resolver_free(&pool->resolver);
}

static void free_target(struct pool_target *target) {
  resolve_release(target->name);
  free(target);
}
