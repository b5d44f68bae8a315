/* One thread's share of the server: its loop, its log, its sessions, its listeners. Nothing here is shared but the
 * snapshot. */
#ifndef LITEGINX_SERVER_WORKER_H
#define LITEGINX_SERVER_WORKER_H

#include "liteginx/base/log.h"
#include "liteginx/net/loop.h"
#include "liteginx/server/listener.h"
#include "liteginx/session/sessions.h"

/* The log's ring; and how long a name look-up that the system cannot stop may hold up the end. */
enum { WORKER_LOG_BYTES = 1024 * 1024, WORKER_END_MS = 1000 };

struct worker;

/* A listener with what it serves. */
struct worker_listener {
  struct listener listener;
  const struct snapshot_listener *snapshot;
  struct worker *worker;
};

struct worker {
  struct loop loop;
  struct log log;
  struct sessions sessions;
  struct worker_listener *listeners; /* in the snapshot's order */
  unsigned listener_count;
  unsigned max_connections;
  unsigned next; /* the listener whose turn it is to accept once there is room again */
  bool full;     /* all listeners are paused: max_connections is reached */
  void (*on_closed)(struct worker *worker);
};

/* What a worker is made of; the log is woken by `wake`. */
struct worker_plan {
  struct snapshot *snapshot;
  unsigned max_connections; /* from clients */
  unsigned max_upstream;    /* to targets, idle ones included */
  bool log_local;           /* as in struct sessions */
  void (*wake)(void *wake_owner);
  void *wake_owner;
  void (*on_closed)(struct worker *worker); /* one downstream connection has ended; called from within sessions */
};

/* Sets up, with no listener open. 0 or a libuv code. */
ENSURE_CHECKED int worker_init(struct worker *worker, const struct worker_plan *plan);

/* Opens all listeners; each that fails is an error in *report. False: at least one did. */
ENSURE_CHECKED bool worker_listen(struct worker *worker, struct config_report *report);

/* Closes all listeners; connections live on. Twice is once. */
void worker_deafen(struct worker *worker);

/* Closes what is left; no session may be open. */
void worker_close(struct worker *worker);

/* After worker_close: runs the loop until it is empty. False: a name look-up still hangs after WORKER_END_MS; the
 * worker cannot be freed, and the process can only leave by _Exit. */
ENSURE_CHECKED bool worker_finish(struct worker *worker);

/* After worker_finish was true, and after the log's last reader. */
void worker_free(struct worker *worker);

#endif
