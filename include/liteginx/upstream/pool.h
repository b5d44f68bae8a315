/* One worker's connections to targets that wait for their next request, and its probing of targets that refuse while
 * somebody waits for them ("hold" in BEHAVIOUR).
 *
 * Idle connections are read from: bytes, an end or an error take them out. The last one put in is the first one out. */
#ifndef LITEGINX_UPSTREAM_POOL_H
#define LITEGINX_UPSTREAM_POOL_H

#include "liteginx/base/log.h"
#include "liteginx/net/dial.h"
#include "liteginx/upstream/target.h"
#include "liteginx/upstream/upstream_conn.h"

enum { POOL_PROBE_MS = 100 };

struct pool;

/* A target as one worker sees it. */
struct pool_target {
  struct pool *pool;
  struct target *target;
  struct resolve_name *name;
  struct list idle; /* of upstream_conn, newest first */
  unsigned idle_count;
  int failure; /* why the last connect failed, as a libuv code; 0: none has */
  /* While connectors hold for it: */
  unsigned waiting;
  struct dial probe;
  struct deadline probe_again;
};

/* Idle connections that one client has logged in over: at most one for each target, for this client alone, until it or
 * the target goes. Embedded in the client's connection. */
struct pool_private {
  struct list conns; /* of upstream_conn, newest first */
};

struct pool {
  struct loop *loop;
  struct log *log;
  struct resolver resolver;
  struct pool_target **targets; /* by target->index */
  unsigned target_room;
  struct list holding; /* connectors that wait for a target, in order of arrival */
  struct list aged;    /* idle connections to all targets, newest first */
  unsigned open_max;   /* connections to targets at once, idle ones included, of all that loop->dialled counts */
  void (*on_scarce)(void *owner); /* may be NULL: there are open_max, and none of them is an idle one of ours */
  void *owner;
  /* A target that is held for has answered a probe; the stream is whoever's takes it. */
  void (*on_found)(struct pool_target *target, struct stream *stream);
  unsigned idle_max;
  uint64_t idle_ms;
  struct wire_limits limits;
  wire_up_new *new_wire; /* of each connection: HTTP/1.1, unless its owner says otherwise after pool_init */
};

void pool_init(struct pool *pool, struct loop *loop, struct log *log, const struct wire_limits *limits,
               unsigned idle_max, uint64_t idle_ms, unsigned open_max);

/* This worker's view of a target, made when first asked for. NULL: out of memory. */
struct pool_target *pool_find(struct pool *pool, struct target *target);

/* A connection to it over this stream, which it takes over. NULL: out of memory; the stream is closed. */
struct upstream_conn *pool_connected(struct pool_target *target, struct stream *stream);

/* An idle connection to it, or NULL. The caller owns the stream's events from then on. `certain`: only one that is
 * alive as far as this machine can know, because what is sent over it could not be sent again. One that was put in in
 * this very turn of the loop has to be that as well: nobody would hear of bytes that have come behind its response
 * since. conn->asked tells. */
struct upstream_conn *pool_take(struct pool_target *target, bool certain);

/* Takes over a connection: keeps it if it is reusable and there is room, else closes it. One that is logged in goes to
 * `own`, its client's, where its idle time has no limit but the client's. */
void pool_put(struct upstream_conn *conn, struct pool_private *own);

/* The one of `own` to this target, or NULL, as pool_take. */
struct upstream_conn *pool_take_private(struct pool_private *own, const struct target *target, bool certain);

void pool_private_init(struct pool_private *own);

/* Its client is gone: closes what it has. */
void pool_private_close(struct pool_private *own);

/* Before a connection is dialled: closes idle ones, the oldest first, while there are open_max connections. So idle
 * connections never take the descriptors of those that are needed. */
void pool_make_way(struct pool *pool);

/* The same for others who dial: does not call on_scarce. */
void pool_shed(struct pool *pool);

/* Somebody begins or ceases to hold for this target. While anybody does, it is probed: one connect per POOL_PROBE_MS;
 * one that succeeds goes to on_found. The log says, once for all workers, when
 * it begins (`hold_ms`: how long the first one waits) and how it ends. */
void pool_hold(struct pool_target *target, uint64_t hold_ms);
void pool_unhold(struct pool_target *target);

/* A response of this target was forgiven this (the bits of wire_up): the log tells of each, once for all workers. */
void pool_forgive(struct pool_target *target, unsigned forgiven);

/* Closes idle connections and probes. The loop then runs empty. */
void pool_close(struct pool *pool);

/* After that. */
void pool_free(struct pool *pool);

#endif
