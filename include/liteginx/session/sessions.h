/* What all sessions of one worker share, downstream HTTP connections and TCP sessions: memory, log, counters, pools, the
 * configuration at hand. What is done to all of them is reception's. */
#ifndef LITEGINX_SESSION_SESSIONS_H
#define LITEGINX_SESSION_SESSIONS_H

#include "liteginx/base/arena.h"
#include "liteginx/base/log.h"
#include "liteginx/base/metrics.h"
#include "liteginx/base/uuid.h"
#include "liteginx/net/stream.h"
#include "liteginx/session/access_log.h"
#include "liteginx/upstream/pool.h"
#include "liteginx/upstream/snapshot.h"
#include "liteginx/wire/http2_session.h"

struct tls_server;

struct sessions {
  struct loop *loop;
  struct log *log;
  struct metrics metrics;
  struct snapshot *snapshot;
  struct pool pool;
  struct arena_cache chunks;
  struct list arrivals, http1_conns, http2_conns, tcp_sessions;
  struct tls_server **tls;     /* in the order of the snapshot's listeners: NULL where one speaks no TLS; its owner's */
  struct list spare_exchanges; /* for their next use */
  unsigned spare_count;
  struct list spare_http2; /* the same of HTTP/2 */
  unsigned spare_http2_count;
  struct http2_shared http2;
  unsigned open; /* downstream connections, closing ones included */
  struct access_look log_look;
  bool draining;
  bool endless_over;      /* while draining: what has no end of its own is cut, and no more of it begins */
  struct uuid_source ids; /* of X-Request-Id */
  uint64_t next_id;
  unsigned id_step;               /* the number of workers: no two give the same id */
  void (*on_closed)(void *owner); /* one downstream connection has ended: from the loop, or from reception_cut */
  void *owner;
};

/* Sets up, for worker `number` (from 0) of `workers`; `snapshot` gains a reference. `max_upstream` bounds the
 * connections to targets, idle ones included; those from clients are the worker's matter. */
void sessions_init(struct sessions *sessions, struct loop *loop, struct log *log, struct snapshot *snapshot,
                   unsigned number, unsigned workers, unsigned max_upstream, void (*on_closed)(void *owner),
                   void *owner);

/* The id of one more exchange or session. For the sessions. */
static inline uint64_t sessions_new_id(struct sessions *sessions) {
  uint64_t id = sessions->next_id;
  sessions->next_id += sessions->id_step;
  return id;
}

/* Closes an accepted stream with a reset: there is no memory to serve it. For the sessions. */
void sessions_refuse(struct sessions *sessions, struct stream *stream);

/* A downstream connection is gone for good. For the sessions; last statement. */
void sessions_forget_one(struct sessions *sessions);

/* Closes pools and probes; nothing may be open, and no memory be spared for exchanges. The owner then runs the loop until it is empty. */
void sessions_close(struct sessions *sessions);

/* After the loop has run empty. */
void sessions_free(struct sessions *sessions);

#endif
