/* The whole server: from a checked configuration to an exit status.
 *
 *   CLOSED ──server_open──▶ SERVING ──SIGINT, SIGTERM, terminal gone──▶ DRAINING ──all have ended──▶ ENDING
 *                                                                         └──▶ CUTTING ──gone──▶ ENDING
 * From DRAINING to CUTTING: the time is over, or a second signal came.
 *
 * The states are the main thread's. It gives orders to all workers alike, its own included, and goes on when the last
 * of them has reported. */
#ifndef LITEGINX_SERVER_SERVER_H
#define LITEGINX_SERVER_SERVER_H

#include "liteginx/server/certificates.h"
#include "liteginx/server/log_writer.h"
#include "liteginx/server/survey.h"
#include "liteginx/server/system.h"
#include "liteginx/server/worker.h"

enum server_state {
  SERVER_CLOSED,
  SERVER_SERVING,  /* for a reason to stop */
  SERVER_DRAINING, /* for connections to end */
  SERVER_CUTTING,  /* for the cut ones to close */
  SERVER_ENDING    /* for the loops to run empty */
};

enum { SERVER_STOPPED = 0, SERVER_STOPPED_AT_ONCE = 130 }; /* exit statuses */

/* What is known of who reads along. */
struct server_terminal {
  bool out_color, err_color; /* of standard output and error, where they are to be coloured */
  bool err;                  /* standard error is a terminal */
};

struct server {
  enum server_state state;
  struct target_table targets;
  struct snapshot *snapshot;
  struct certificates *certificates;
  struct admission admission;
  _Atomic bool is_full;      /* a worker has turned a connection away, which the log is to say */
  _Atomic bool session_ends; /* the user logs off */
  _Atomic unsigned dialled;  /* connections to targets */
  _Atomic unsigned pipes;    /* for splicing, of all workers */
  struct log_writer log_writer;
  struct worker_plan plan;
  struct worker *workers; /* the first one is the main thread's */
  unsigned worker_count;
  struct log **logs; /* theirs */
  uv_sem_t start;    /* for their threads */
  /* On the first worker's loop: */
  uv_async_t reports; /* a worker has become empty, or is_full, or session_ends */
  uv_signal_t stops[SYSTEM_STOP_SIGNALS], hangup;
  struct deadline drain;         /* until what is left is cut */
  uint64_t drain_ms;             /* which is that time, once it has begun */
  uint64_t due_ms;               /* when it is over, by loop_now_ms */
  struct deadline drain_endless; /* until what has no end of its own is */
  struct deadline full_again;    /* to look whether the limit of connections is still met */
  uint64_t full_since_ms;        /* 0: it is not, as far as the log has said */
  unsigned descriptors;          /* that this process may have */
  bool limit_is_set;             /* by max_connections; else the descriptors are what bounds */
  struct server_terminal terminal;
  struct survey survey;
  bool had_terminal; /* at the start, and hang-ups were not ignored: its loss is a reason to stop */
  int status;
  void (*on_end)(void *owner); /* may be NULL: nothing is served any more; close handles of your own on that loop */
  void *owner;
};

/* Takes over `config` (also on failure), binds every listener, starts the log. False: at least one error is in *report
 * and nothing is left open. Warnings may be there in both cases. */
ENSURE_CHECKED bool server_open(struct server *server, struct config *config, struct server_terminal terminal,
                                const struct certificates_source *source, struct config_report *report);

/* Starts the other workers, tells on a terminal which targets answer, serves until it is told to stop. Returns the exit status. */
int server_run(struct server *server);

/* After server_run, or straight after server_open. False: a thread is stuck in the system (a name look-up, a terminal
 * that takes nothing) and uses this memory: leave by _Exit. */
ENSURE_CHECKED bool server_free(struct server *server);

#endif
