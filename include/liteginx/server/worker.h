/* One thread's share of the server: its loop, its log, its sessions, its listeners. Workers share nothing but the
 * snapshot, the targets' state and the number of connections, and never call each other: the server gives orders
 * through a worker's mail, the worker reports back when it is empty. The first worker lives in the main thread, on
 * whose loop the server itself is; the others have threads of their own. */
#ifndef LITEGINX_SERVER_WORKER_H
#define LITEGINX_SERVER_WORKER_H

#include "liteginx/base/log.h"
#include "liteginx/net/loop.h"
#include "liteginx/server/listener.h"
#include "liteginx/session/sessions.h"

/* The log's ring; how long a name look-up that the system cannot stop may hold up the end; how often the log says at most
 * that accepting fails. */
enum { WORKER_LOG_BYTES = 1024 * 1024, WORKER_END_MS = 1000, WORKER_FAULT_MS = 10 * 1000 };

struct worker;

/* A listener with what it serves. */
struct worker_listener {
  struct listener listener;
  const struct snapshot_listener *snapshot;
  struct worker *worker;
};

/* What the server wants done; bits. */
enum worker_order {
  WORKER_ACCEPT = 1,      /* there may be room for connections that were held back */
  WORKER_DRAIN = 2,       /* close the listeners, let sessions end, report when none is left */
  WORKER_CUT = 4,         /* end them all */
  WORKER_SHED = 8,        /* close idle connections to targets while there are too many of them all */
  WORKER_CLOSE = 16,      /* none is left: close everything, end the thread */
  WORKER_CUT_ENDLESS = 32 /* while draining: end what has no end of its own */
};

/* What all workers have in common; outlives them. */
struct worker_plan {
  struct snapshot *snapshot;
  const struct certificates *certificates; /* NULL: no TLS is spoken */
  struct admission *admission;
  unsigned max_upstream;     /* connections to targets, idle ones included, of all workers */
  _Atomic unsigned *dialled; /* how many there are */
  _Atomic unsigned *pipes;   /* how many all workers have, as in struct splices */
  unsigned workers;          /* how many there are */
  struct access_look log_look;
  bool notes_local;               /* as in struct log */
  void (*wake)(void *wake_owner); /* of the log */
  void *wake_owner;
  void (*on_scarce)(void *owner); /* there are max_upstream: idle ones may have to go; from any worker's thread */
  void (*on_empty)(void *owner);  /* a worker that drains has no session left; from the worker's thread, once each */
  void *owner;
};

struct worker {
  const struct worker_plan *plan;
  struct loop loop;
  struct log log;
  struct sessions sessions;
  struct worker_listener *listeners; /* in the snapshot's order */
  unsigned listener_count;
  unsigned next;          /* the listener whose turn it is to accept once there is room again */
  uint64_t fault_told_ms; /* when the log last said that accepting fails; 0: never */
  uv_async_t mail;
  _Atomic unsigned orders; /* of enum worker_order, not carried out yet */
  _Atomic bool empty;      /* reported */
  uv_thread_t thread;
  uv_sem_t *start; /* what the thread waits for; NULL: it has none */
  bool ended;      /* worker_finish's result; after worker_join */
};

/* Sets up, with no listener open. 0 or a libuv code. */
ENSURE_CHECKED int worker_init(struct worker *worker, const struct worker_plan *plan, unsigned number);

/* Makes what its listeners show to who speaks TLS. False: an error is in *report. */
ENSURE_CHECKED bool worker_show(struct worker *worker, struct config_report *report);

/* Opens all listeners, on the addresses of `first` unless that is NULL; each that fails is an error in *report. False:
 * at least one did. */
ENSURE_CHECKED bool worker_listen(struct worker *worker, const struct worker *first, struct config_report *report);

/* Gives the worker a thread, which waits for `start` and then serves until WORKER_CLOSE. From now on only worker_order
 * and worker_join may be called. 0 or a libuv code. */
ENSURE_CHECKED int worker_start(struct worker *worker, uv_sem_t *start);

/* From any thread, until WORKER_CLOSE was ordered. The worker carries it out in its own. */
void worker_order(struct worker *worker, enum worker_order order);

/* After WORKER_CLOSE: waits for the thread's end. `ended` then says what worker_finish said. */
void worker_join(struct worker *worker);

/* For a worker without a thread: closes what is left (no session may be open). */
void worker_close(struct worker *worker);

/* After worker_close: runs the loop until it is empty. False: a name look-up still hangs after WORKER_END_MS; the
 * worker cannot be freed, and the process can only leave by _Exit. */
ENSURE_CHECKED bool worker_finish(struct worker *worker);

/* After worker_finish was true, and after the log's last reader. */
void worker_free(struct worker *worker);

#endif
