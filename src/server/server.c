/* Start and stop. The way out is the same for every reason: no more listeners, sessions drain, what is left is cut, the
 * loop runs empty, the log is written out. */
#include "liteginx/server/server.h"

#include <signal.h>

#include "liteginx/server/system.h"

enum { NOTICE_MS = 50, STDOUT = 1, STDERR = 2 };

/* Descriptors of the process itself: what it should have, and what it cannot do without besides its listening sockets
 * (standard streams, event queue, signals, name look-ups). */
enum { OWN_DESCRIPTORS = 64, LEAST_DESCRIPTORS = 16, LEAST_CONNECTIONS = 8 };

static bool open_worker(struct server *server, struct config_report *report);
static int start(struct server *server);
static void stop(struct server *server);
static int watch(struct server *server, uv_signal_t *signal, int number, uv_signal_cb on_signal);
static void change_state(struct server *server, enum server_state state);
static void cut(struct server *server);
static void end(struct server *server);
static void end_soon(struct server *server);
static void close_handles(struct server *server);
static void close_signal(uv_signal_t *signal);
static void fail(struct config_report *report, int status);
static void warn_of_descriptors(struct config_report *report, unsigned wanted, unsigned descriptors,
                                unsigned listening);
static void on_stop_signal(uv_signal_t *signal, int number);
static void on_hangup(uv_signal_t *signal, int number);
static void on_session_closed(struct worker *worker);
static void on_still_open(struct deadline *deadline);
static void on_drained(struct deadline *deadline);

bool server_open(struct server *server, struct config *config, struct config_report *report) {
  *server = (struct server){.state = SERVER_CLOSED};
  system_ignore_broken_pipe();
  target_table_init(&server->targets);
  server->snapshot = snapshot_new(config, &server->targets);
  if (!server->snapshot) {
    config_report_no_memory(report);
    return false;
  }
  int status = log_writer_init(&server->log_writer, STDOUT, STDERR);
  if (status == 0) {
    if (open_worker(server, report)) return true;
    log_writer_free(&server->log_writer);
  } else {
    fail(report, status);
  }
  snapshot_release(server->snapshot);
  return false;
}

int server_run(struct server *server) {
  ENSURE(server->state == SERVER_SERVING);
  uv_run(&server->worker.loop.uv, UV_RUN_DEFAULT);
  ENSURE(server->state == SERVER_ENDING);
  return server->status;
}

/* What a first signal does. */
static void stop(struct server *server) {
  struct worker *worker = &server->worker;
  uint64_t drain_ms = server->snapshot->config->settings.drain_ms;
  if (server->state != SERVER_SERVING) return;
  change_state(server, SERVER_DRAINING);
  worker_deafen(worker);
  sessions_drain(&worker->sessions);
  if (worker->sessions.open == 0 || drain_ms == 0) {
    end_soon(server);
  } else if (drain_ms <= NOTICE_MS) {
    deadline_set(&worker->loop.deadlines, &server->drain, drain_ms, on_drained);
  } else {
    deadline_set(&worker->loop.deadlines, &server->drain, NOTICE_MS, on_still_open);
  }
}

bool server_free(struct server *server) {
  if (server->state != SERVER_ENDING) close_handles(server);
  bool loop_ended = worker_finish(&server->worker);
  bool log_ended = log_writer_stop(&server->log_writer);
  if (!loop_ended || !log_ended) return false;
  worker_free(&server->worker);
  log_writer_free(&server->log_writer);
  snapshot_release(server->snapshot);
  server->state = SERVER_CLOSED;
  return true;
}

unsigned server_max_connections(unsigned wanted, unsigned descriptors, unsigned listening) {
  /* A paused listening socket withholds one accepted connection. */
  unsigned own = LEAST_DESCRIPTORS + 2 * listening;
  /* With few of them a second address that is dialled meanwhile counts. */
  unsigned least = descriptors > own ? (descriptors - own) / 3 : 0;
  if (least > LEAST_CONNECTIONS) least = LEAST_CONNECTIONS;
  if (least == 0) least = 1;
  if (own < OWN_DESCRIPTORS) own = OWN_DESCRIPTORS;
  unsigned possible = descriptors > own ? (descriptors - own) / 2 : 0;
  if (possible < least) possible = least;
  return wanted != 0 && wanted < possible ? wanted : possible;
}

/* A bare port is bound for both families. */
static unsigned listening_sockets(const struct snapshot *snapshot) {
  unsigned count = 0;
  for (unsigned i = 0; i < snapshot->listener_count; i++) {
    enum config_scope scope = snapshot->listeners[i].config->address.scope;
    count += scope == SCOPE_LOOPBACK || scope == SCOPE_ALL ? 2 : 1;
  }
  return count;
}

static bool open_worker(struct server *server, struct config_report *report) {
  const struct config_settings *settings = &server->snapshot->config->settings;
  struct worker *worker = &server->worker;
  unsigned descriptors = system_raise_descriptors();
  unsigned listening = listening_sockets(server->snapshot);
  warn_of_descriptors(report, settings->max_connections, descriptors, listening);
  struct worker_plan plan = {
      .snapshot = server->snapshot,
      .max_connections = server_max_connections(settings->max_connections, descriptors, listening),
      .max_upstream = server_max_connections(0, descriptors, listening),
      .log_local = uv_guess_handle(STDOUT) == UV_TTY,
      .wake = log_writer_wake,
      .wake_owner = &server->log_writer,
      .on_closed = on_session_closed,
  };
  int status = worker_init(worker, &plan);
  if (status != 0) {
    fail(report, status);
    return false;
  }
  if (worker_listen(worker, report)) {
    status = start(server);
    if (status == 0) return true;
    fail(report, status);
  }
  close_handles(server);
  if (worker_finish(worker)) worker_free(worker);
  return false;
}

/* Signals, then the log's thread: the last step, so that a failure has no thread to stop. */
static int start(struct server *server) {
  server->had_terminal = !system_hangup_ignored() && system_has_terminal();
  int status = watch(server, &server->interrupt, SIGINT, on_stop_signal);
  if (status == 0) status = watch(server, &server->terminate, SIGTERM, on_stop_signal);
  if (status == 0) status = watch(server, &server->hangup, SIGHUP, on_hangup);
  server->logs[0] = &server->worker.log;
  if (status == 0) status = log_writer_start(&server->log_writer, server->logs, 1);
  if (status == 0) change_state(server, SERVER_SERVING);
  return status;
}

static int watch(struct server *server, uv_signal_t *signal, int number, uv_signal_cb on_signal) {
  int status = uv_signal_init(&server->worker.loop.uv, signal);
  if (status != 0) return status;
  signal->data = server;
  return uv_signal_start(signal, on_signal, number);
}

static void change_state(struct server *server, enum server_state state) {
  ENSURE(state > server->state);
  server->state = state;
}

/* Ends what has not ended by itself. */
static void cut(struct server *server) {
  struct worker *worker = &server->worker;
  unsigned open = worker->sessions.open;
  change_state(server, SERVER_CUTTING);
  log_printf(&worker->log, LOG_ERR, "liteginx: cutting %u connection%s", open, open == 1 ? "" : "s");
  deadline_clear(&worker->loop.deadlines, &server->drain);
  sessions_cut(&worker->sessions);
  if (worker->sessions.open == 0) end_soon(server);
}

/* Nothing is served any more: server_run returns. */
static void end(struct server *server) {
  change_state(server, SERVER_ENDING);
  close_handles(server);
  uv_stop(&server->worker.loop.uv);
}

/* From the loop, since the sessions that have just ended may be on the stack. */
static void end_soon(struct server *server) {
  deadline_set(&server->worker.loop.deadlines, &server->drain, 1, on_drained);
}

static void close_handles(struct server *server) {
  if (server->on_end) server->on_end(server->owner);
  close_signal(&server->interrupt);
  close_signal(&server->terminate);
  close_signal(&server->hangup);
  worker_close(&server->worker);
}

static void close_signal(uv_signal_t *signal) {
  if (signal->loop) uv_close((uv_handle_t *)signal, NULL);
}

static void fail(struct config_report *report, int status) {
  config_report_add(report, true, (struct config_place){0}, "cannot start: %s", uv_strerror(status));
}

static void warn_of_descriptors(struct config_report *report, unsigned wanted, unsigned descriptors,
                                unsigned listening) {
  unsigned possible = server_max_connections(0, descriptors, listening);
  if (wanted > possible) {
    config_report_add(report, false, (struct config_place){0},
                      "max_connections is %u, but %u open files (`ulimit -n`) are enough for %u only", wanted,
                      descriptors, possible);
  } else if (wanted == 0 && possible < LEAST_CONNECTIONS) {
    config_report_add(report, false, (struct config_place){0},
                      "%u open files (`ulimit -n`) are enough for %u connection%s at once only", descriptors, possible,
                      possible == 1 ? "" : "s");
  }
}

static void on_stop_signal(uv_signal_t *signal, int number) {
  (void)number;
  struct server *server = signal->data;
  if (server->state == SERVER_SERVING) {
    stop(server);
  } else if (server->state == SERVER_DRAINING) {
    server->status = SERVER_STOPPED_AT_ONCE;
    cut(server);
  }
}

static void on_hangup(uv_signal_t *signal, int number) {
  (void)number;
  struct server *server = signal->data;
  if (server->had_terminal && !system_has_terminal()) {
    stop(server);
  } else if (server->state == SERVER_SERVING) {
    log_printf(&server->worker.log, LOG_ERR,
               "liteginx: SIGHUP: reload is not available yet, the configuration stays as it is");
  }
}

static void on_session_closed(struct worker *worker) {
  struct server *server = container_of(worker, struct server, worker);
  if (server->state >= SERVER_DRAINING && worker->sessions.open == 0) end_soon(server);
}

/* Not said at once: most connections are idle ones, which are gone by now. */
static void on_still_open(struct deadline *deadline) {
  struct server *server = container_of(deadline, struct server, drain);
  struct worker *worker = &server->worker;
  unsigned open = worker->sessions.open;
  uint64_t drain_ms = server->snapshot->config->settings.drain_ms;
  log_printf(&worker->log, LOG_ERR,
             "liteginx: stopping: %u open connection%s may end within %.3g s (once more: at once)", open,
             open == 1 ? "" : "s", (double)drain_ms / 1000);
  deadline_set(&worker->loop.deadlines, &server->drain, drain_ms - NOTICE_MS, on_drained);
}

/* All connections have ended, or their time is over. */
static void on_drained(struct deadline *deadline) {
  struct server *server = container_of(deadline, struct server, drain);
  if (server->worker.sessions.open == 0) {
    end(server);
  } else {
    cut(server);
  }
}
