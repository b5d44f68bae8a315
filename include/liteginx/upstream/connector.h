/* Gets its owner one connection to one of a route's targets: picks by the balancer, takes an idle connection or dials,
 * goes on to the next target when one fails, and holds while all refuse. Embedded in a proxy or a TCP session.
 *
 *   IDLE ──▶ DIAL ⇄ HOLD ──▶ IDLE: on_connected or on_failed */
#ifndef LITEGINX_UPSTREAM_CONNECTOR_H
#define LITEGINX_UPSTREAM_CONNECTOR_H

#include "liteginx/base/ending.h"
#include "liteginx/upstream/pool.h"
#include "liteginx/upstream/snapshot.h"

enum connector_state {
  CONNECTOR_IDLE,
  CONNECTOR_DIAL, /* for a target to answer or fail */
  CONNECTOR_HOLD  /* for a probe to succeed, or `hold` to be over */
};

/* May an idle connection serve? One that the target has just closed fails: no harm if the request may be repeated. */
enum connector_reuse { REUSE_NONE, REUSE_ANY, REUSE_CERTAIN };

enum connector_result {
  CONNECTOR_REUSED, /* connector->reused is there at once */
  CONNECTOR_WAITS,  /* an event will come */
  CONNECTOR_FAILED  /* at once: connector->ending */
};

/* From the loop, never from within connector_start. */
struct connector_events {
  void (*on_connected)(void *owner, struct stream *stream); /* the owner's from then on */
  void (*on_failed)(void *owner);                           /* see connector->ending */
};

enum { CONNECTOR_FEW_TARGETS = 16 };

struct connector {
  enum connector_state state;
  const struct connector_events *events;
  void *owner;
  struct pool *pool;
  struct snapshot_route *route;
  struct pool_target *target;   /* the one tried last, or connected to */
  struct upstream_conn *reused; /* with CONNECTOR_REUSED */
  struct ending ending;         /* why it failed */
  struct dial *dial;            /* memory of its own, since most requests need none */
  struct list node;             /* in pool->holding */
  struct deadline give_up;      /* `hold` is over */
  uint64_t hold_since_ms;       /* when this outage began for it: `hold` runs from then on; 0: has not held in it */
  uint64_t hold_began_ms;       /* with CONNECTOR_HOLD: when it began to wait, this time */
  uint64_t held_ms;             /* that it has waited in all */
  unsigned timeouts, refusals;  /* in this round over the targets */
  bool few[CONNECTOR_FEW_TARGETS];
  bool *tried; /* by index in the route: `few`, or memory of its own */
};

/* Starts. A connection of `own` to one of the route's targets goes before all others, also of the balancer's choice:
 * the client has logged in there. NULL: it has none. */
enum connector_result connector_start(struct connector *connector, struct pool *pool, struct snapshot_route *route,
                                      enum connector_reuse reuse, struct pool_private *own,
                                      const struct connector_events *events, void *owner);

/* The connection got died before it was of use: a fresh one to the same target; when that fails, go on as usual, with
 * all the time that `hold` gives. */
enum connector_result connector_retry(struct connector *connector);

/* Stops without an event; harmless when idle. */
void connector_cancel(struct connector *connector);

/* A probe of `target` succeeded: gives the stream to who held for it longest, lets the others dial. For the pool. */
void connector_found(struct pool_target *target, struct stream *stream);

#endif
