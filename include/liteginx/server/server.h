/* The whole server: from a checked configuration to an exit status.
 *
 *   CLOSED ──server_open──▶ SERVING ──SIGINT, SIGTERM, terminal gone──▶ DRAINING ──all have ended──▶ ENDING
 *                                                                         └──▶ CUTTING ──gone──▶ ENDING
 * From DRAINING to CUTTING: the time is over, or a second signal came. */
#ifndef LITEGINX_SERVER_SERVER_H
#define LITEGINX_SERVER_SERVER_H

#include "liteginx/server/log_writer.h"
#include "liteginx/server/worker.h"

enum server_state {
  SERVER_CLOSED,
  SERVER_SERVING,  /* for a reason to stop */
  SERVER_DRAINING, /* for connections to end */
  SERVER_CUTTING,  /* for the cut ones to close */
  SERVER_ENDING    /* for the loop to run empty */
};

enum { SERVER_STOPPED = 0, SERVER_STOPPED_AT_ONCE = 130 }; /* exit statuses */

struct server {
  enum server_state state;
  struct target_table targets;
  struct snapshot *snapshot;
  struct log_writer log_writer;
  struct worker worker;
  struct log *logs[1]; /* one per worker */
  uv_signal_t interrupt, terminate, hangup;
  struct deadline drain; /* until what is left is cut */
  bool had_terminal;     /* at the start, and hang-ups were not ignored: its loss is a reason to stop */
  int status;
  void (*on_end)(void *owner); /* may be NULL: nothing is served any more; close handles of your own on the loop */
  void *owner;
};

/* Takes over `config` (also on failure), binds every listener, starts the log. False: at least one error is in *report
 * and nothing is left open. Warnings may be there in both cases. */
ENSURE_CHECKED bool server_open(struct server *server, struct config *config, struct config_report *report);

/* Serves until it is told to stop. Returns the exit status. */
int server_run(struct server *server);

/* After server_run, or straight after server_open. False: a thread is stuck in the system (a name look-up, a terminal
 * that takes nothing) and uses this memory: leave by _Exit. */
ENSURE_CHECKED bool server_free(struct server *server);

/* How many connections at once: `wanted`, but no more than `descriptors` allow, of which each connection needs one
 * for its target too, and the process some for itself and its `listening` sockets; 0: as many as possible. */
unsigned server_max_connections(unsigned wanted, unsigned descriptors, unsigned listening);

#endif
