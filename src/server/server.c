/* Start and stop. The way out is the same for every reason: no more listeners, sessions drain, what is left is cut, the
 * loops run empty, the log is written out. */
#include "liteginx/server/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "liteginx/config/load.h"
#include "liteginx/server/capacity.h"
#include "liteginx/server/session_end.h"
#include "liteginx/server/system.h"

enum { NOTICE_MS = 50, FULL_MS = 1000, STDOUT = 1, STDERR = 2 };

static int plan(struct server *server, struct config_report *report);
static int set_up(struct server *server);
static int init_workers(struct server *server);
static bool listen_all(struct server *server, struct config_report *report);
static int start(struct server *server);
static int watch(struct server *server, uv_signal_t *signal, int number, uv_signal_cb on_signal);
static void stop(struct server *server, uint64_t within_ms);
static void begin_drain(struct server *server);
static uint64_t left_ms(struct server *server);
static void cut(struct server *server);
static void clear_deadlines(struct server *server);
static void order_all(struct server *server, enum worker_order order);
static void set_state(struct server *server, enum server_state state);
static bool close_workers(struct server *server);
static void close_handles(struct server *server);
static void close_signals(struct server *server);
static void close_signal(uv_signal_t *signal);
static void tear_down(struct server *server);
static struct loop *main_loop(struct server *server);
static struct log *main_log(struct server *server);
static uint64_t count_all(struct server *server, size_t gauge);
static void fail(struct config_report *report, int status);
static void on_stop_signal(uv_signal_t *signal, int number);
static void on_hangup(uv_signal_t *signal, int number);
static void hang_up(struct server *server);
static void on_session_end(void *owner);
static void on_room(void *owner);
static void on_full(void *owner);
static void tell_full(struct server *server);
static void on_full_again(struct deadline *deadline);
static void on_scarce(void *owner);
static void on_empty(void *owner);
static void on_report(uv_async_t *reports);
static void on_still_open(struct deadline *deadline);
static void on_drained(struct deadline *deadline);
static void on_endless_drained(struct deadline *deadline);

static const struct admission_events admission_events = {.on_room = on_room, .on_full = on_full};

bool server_open(struct server *server, struct config *config, struct server_terminal terminal,
                 const struct certificates_source *source, struct config_report *report) {
  *server = (struct server){.state = SERVER_CLOSED, .terminal = terminal};
  system_ignore_broken_pipe();
  target_table_init(&server->targets);
  server->snapshot = snapshot_new(config, &server->targets);
  if (!server->snapshot) {
    config_report_no_memory(report);
    return false;
  }
  if (!certificates_open(config, source, report, &server->certificates)) {
    snapshot_release(server->snapshot);
    return false;
  }
  int status = plan(server, report);
  if (status != 0) {
    certificates_close(server->certificates);
    snapshot_release(server->snapshot);
    fail(report, status);
    return false;
  }
  if (listen_all(server, report)) {
    status = start(server);
    if (status == 0) return true;
    fail(report, status);
  }
  if (close_workers(server)) tear_down(server);
  return false;
}

int server_run(struct server *server) {
  ENSURE(server->state == SERVER_SERVING);
  for (unsigned i = 1; i < server->worker_count; i++) uv_sem_post(&server->start);
  if (server->terminal.err) {
    survey_begin(&server->survey, main_loop(server), &server->workers[0].sessions.pool.resolver, main_log(server),
                 server->terminal.err_color, server->snapshot);
  }
  uv_run(&main_loop(server)->uv, UV_RUN_DEFAULT);
  ENSURE(server->state == SERVER_ENDING);
  return server->status;
}

bool server_free(struct server *server) {
  bool loops_ended = close_workers(server);
  bool log_ended = log_writer_stop(&server->log_writer);
  if (!loops_ended || !log_ended) return false;
  tear_down(server);
  server->state = SERVER_CLOSED;
  return true;
}

/* --- start --- */

/* How many of what; then what needs nothing but memory. 0, or a libuv code and nothing left but the snapshot. */
static int plan(struct server *server, struct config_report *report) {
  const struct config_settings *settings = &server->snapshot->config->settings;
  unsigned descriptors = system_raise_descriptors();
  unsigned listening = capacity_sockets(server->snapshot);
  unsigned cores = settings->workers ? settings->workers : system_cores(); /* which reads files */
  unsigned workers = capacity_workers(settings->workers, cores, system_deals_connections(), descriptors, listening);
  unsigned possible = capacity_connections(0, descriptors, listening, workers);
  capacity_warn(report, settings, workers, possible, descriptors);
  unsigned most = capacity_connections(settings->max_connections, descriptors, listening, workers);
  admission_init(&server->admission, most, &admission_events, server);
  server->descriptors = descriptors;
  server->limit_is_set = most < possible;
  server->worker_count = workers;
  server->plan = (struct worker_plan){
      .snapshot = server->snapshot,
      .certificates = server->certificates,
      .admission = &server->admission,
      .max_upstream = possible,
      .dialled = &server->dialled,
      .pipes = &server->pipes,
      .workers = workers,
      .log_look = {.terminal = system_is_terminal(STDOUT), .color = server->terminal.out_color},
      .notes_local = server->terminal.err,
      .wake = log_writer_wake,
      .wake_owner = &server->log_writer,
      .on_scarce = on_scarce,
      .on_empty = on_empty,
      .owner = server,
  };
  return set_up(server);
}

static int set_up(struct server *server) {
  int status = log_writer_init(&server->log_writer, STDOUT, STDERR, server->plan.notes_local);
  if (status != 0) return status;
  status = uv_sem_init(&server->start, 0);
  if (status == 0) {
    status = init_workers(server);
    if (status == 0) return 0;
    uv_sem_destroy(&server->start);
  }
  log_writer_free(&server->log_writer);
  return status;
}

static int init_workers(struct server *server) {
  server->workers = calloc(server->worker_count, sizeof *server->workers);
  server->logs = calloc(server->worker_count, sizeof(struct log *));
  int status = server->workers && server->logs ? 0 : UV_ENOMEM;
  unsigned good = 0;
  while (status == 0 && good < server->worker_count) {
    status = worker_init(&server->workers[good], &server->plan, good);
    if (status == 0) {
      server->logs[good] = &server->workers[good].log;
      good++;
    }
  }
  if (status == 0) return 0;
  while (good-- > 0) {
    struct worker *worker = &server->workers[good];
    worker_close(worker);
    if (worker_finish(worker)) worker_free(worker);
  }
  free(server->workers);
  free(server->logs);
  return status;
}

/* What the system says to the first one of its addresses holds for the others. */
static bool listen_all(struct server *server, struct config_report *report) {
  struct worker *first = &server->workers[0];
  bool good = true;
  for (unsigned i = 0; good && i < server->worker_count; i++) good = worker_show(&server->workers[i], report);
  config_forget_keys(server->snapshot->config); /* OpenSSL has its own */
  good = good && worker_listen(first, NULL, report);
  for (unsigned i = 1; good && i < server->worker_count; i++) good = worker_listen(&server->workers[i], first, report);
  return good;
}

/* The log's thread comes last, so that a failure leaves none but what close_workers ends. */
static int start(struct server *server) {
  server->had_terminal = !system_hangup_ignored() && system_has_terminal();
  int status = uv_async_init(&main_loop(server)->uv, &server->reports, on_report);
  for (unsigned i = 0; status == 0 && i < SYSTEM_STOP_SIGNALS; i++) {
    status = watch(server, &server->stops[i], system_stop_signals()[i], on_stop_signal);
  }
  if (status == 0) status = watch(server, &server->hangup, SIGHUP, on_hangup);
  for (unsigned i = 1; status == 0 && i < server->worker_count; i++) {
    status = worker_start(&server->workers[i], &server->start);
  }
  if (status == 0) status = session_end_watch(on_session_end, server);
  if (status == 0) status = log_writer_start(&server->log_writer, server->logs, server->worker_count);
  if (status == 0) set_state(server, SERVER_SERVING);
  return status;
}

static int watch(struct server *server, uv_signal_t *signal, int number, uv_signal_cb on_signal) {
  int status = uv_signal_init(&main_loop(server)->uv, signal);
  if (status != 0) return status;
  signal->data = server;
  return uv_signal_start(signal, on_signal, number);
}

/* --- stop --- */

static void set_state(struct server *server, enum server_state state) {
  ENSURE(state > server->state);
  server->state = state;
}

/* What a first signal does. Nobody may take longer than `within_ms`, also if the stop has begun already. */
static void stop(struct server *server, uint64_t within_ms) {
  if (server->state == SERVER_SERVING) {
    uint64_t drain_ms = server->snapshot->config->settings.drain_ms;
    server->drain_ms = drain_ms < within_ms ? drain_ms : within_ms;
    server->due_ms = loop_now_ms(main_loop(server)) + server->drain_ms;
    set_state(server, SERVER_DRAINING);
    survey_end(&server->survey);
    order_all(server, WORKER_DRAIN);
    begin_drain(server);
  } else if (server->state == SERVER_DRAINING && within_ms < left_ms(server)) {
    server->due_ms = loop_now_ms(main_loop(server)) + within_ms;
    deadline_set(&main_loop(server)->deadlines, &server->drain, within_ms, on_drained);
  }
}

/* Until what is still open is cut. */
static uint64_t left_ms(struct server *server) {
  uint64_t now_ms = loop_now_ms(main_loop(server));
  return server->due_ms > now_ms ? server->due_ms - now_ms : 0;
}

static void begin_drain(struct server *server) {
  if (server->drain_ms <= NOTICE_MS) {
    deadline_set(&main_loop(server)->deadlines, &server->drain, server->drain_ms ? server->drain_ms : 1, on_drained);
  } else {
    deadline_set(&main_loop(server)->deadlines, &server->drain, NOTICE_MS, on_still_open);
  }
  uint64_t endless_ms = server->snapshot->config->settings.drain_tunnels_ms;
  if (endless_ms < server->drain_ms) {
    deadline_set(&main_loop(server)->deadlines, &server->drain_endless, endless_ms ? endless_ms : 1,
                 on_endless_drained);
  }
}

/* Ends what has not ended by itself. */
static void cut(struct server *server) {
  unsigned open = admission_open(&server->admission);
  set_state(server, SERVER_CUTTING);
  clear_deadlines(server);
  /* None: the last one's report is on its way. */
  if (open) log_note(main_log(server), "cutting %u connection%s", open, open == 1 ? "" : "s");
  order_all(server, WORKER_CUT);
}

static void clear_deadlines(struct server *server) {
  deadline_clear(&main_loop(server)->deadlines, &server->full_again);
  deadline_clear(&main_loop(server)->deadlines, &server->drain);
  deadline_clear(&main_loop(server)->deadlines, &server->drain_endless);
}

static void order_all(struct server *server, enum worker_order order) {
  for (unsigned i = 0; i < server->worker_count; i++) worker_order(&server->workers[i], order);
}

/* Threads first: one may still be about to report. False: a worker cannot be freed. */
static bool close_workers(struct server *server) {
  bool waiting = server->state != SERVER_ENDING; /* for the start */
  bool ended = true;
  for (unsigned i = 0; i < server->worker_count; i++) {
    if (!server->workers[i].start) continue;
    worker_order(&server->workers[i], WORKER_CLOSE);
    if (waiting) uv_sem_post(&server->start);
  }
  for (unsigned i = 0; i < server->worker_count; i++) {
    if (server->workers[i].start) worker_join(&server->workers[i]);
  }
  close_handles(server);
  for (unsigned i = 0; i < server->worker_count; i++) {
    struct worker *worker = &server->workers[i];
    if (!worker->start) {
      worker_close(worker);
      worker->ended = worker_finish(worker);
    }
    ended = ended && worker->ended;
  }
  return ended;
}

static void close_handles(struct server *server) {
  if (server->on_end) server->on_end(server->owner);
  session_end_unwatch();
  close_signals(server);
  if (server->reports.loop) uv_close((uv_handle_t *)&server->reports, NULL);
}

static void close_signals(struct server *server) {
  for (unsigned i = 0; i < SYSTEM_STOP_SIGNALS; i++) close_signal(&server->stops[i]);
  close_signal(&server->hangup);
}

static void close_signal(uv_signal_t *signal) {
  if (signal->loop) uv_close((uv_handle_t *)signal, NULL);
}

/* After close_workers was true. */
static void tear_down(struct server *server) {
  for (unsigned i = 0; i < server->worker_count; i++) worker_free(&server->workers[i]);
  free(server->workers);
  free(server->logs);
  uv_sem_destroy(&server->start);
  log_writer_free(&server->log_writer);
  certificates_close(server->certificates);
  snapshot_release(server->snapshot);
}

/* The first worker's, which the server shares. */
static struct loop *main_loop(struct server *server) {
  return &server->workers[0].loop;
}

static struct log *main_log(struct server *server) {
  return &server->workers[0].log;
}

/* --- what is told --- */

/* Over all workers, of the gauge at that place in struct metrics. */
static uint64_t count_all(struct server *server, size_t gauge) {
  uint64_t count = 0;
  for (unsigned i = 0; i < server->worker_count; i++) {
    _Atomic uint64_t *own = (void *)((char *)&server->workers[i].sessions.metrics + gauge);
    count += atomic_load_explicit(own, memory_order_relaxed);
  }
  return count;
}

static void fail(struct config_report *report, int status) {
  if (status == UV_ENOMEM) {
    config_report_no_memory(report);
  } else {
    config_report_add(report, true, (struct config_place){0}, "cannot start: %s", uv_strerror(status));
  }
}

/* --- events --- */

static void on_stop_signal(uv_signal_t *signal, int number) {
  (void)number;
  struct server *server = signal->data;
  if (server->state == SERVER_SERVING) {
    stop(server, UINT64_MAX);
  } else if (server->state == SERVER_DRAINING) {
    server->status = SERVER_STOPPED_AT_ONCE;
    cut(server);
  }
}

static void on_hangup(uv_signal_t *signal, int number) {
  (void)number;
  hang_up(signal->data);
}

static void hang_up(struct server *server) {
  uint64_t within_ms;
  if (system_hangup_stops(server->had_terminal, &within_ms)) {
    stop(server, within_ms);
  } else if (server->state == SERVER_SERVING) {
    log_note(main_log(server), "SIGHUP: reload is not available yet, the configuration stays as it is");
  }
}

/* From a thread of its own. */
static void on_session_end(void *owner) {
  struct server *server = owner;
  atomic_store(&server->session_ends, true);
  int status = uv_async_send(&server->reports);
  ENSURE(status == 0);
}

/* This and the next three come from any worker's thread. */
static void on_room(void *owner) {
  order_all(owner, WORKER_ACCEPT);
}

static void on_full(void *owner) {
  struct server *server = owner;
  atomic_store(&server->is_full, true);
  int status = uv_async_send(&server->reports);
  ENSURE(status == 0);
}

static void on_scarce(void *owner) {
  struct server *server = owner;
  if (server->worker_count > 1) order_all(server, WORKER_SHED);
}

static void on_empty(void *owner) {
  struct server *server = owner;
  int status = uv_async_send(&server->reports);
  ENSURE(status == 0);
}

/* Once all workers are empty nothing is served any more: server_run returns. */
static void on_report(uv_async_t *reports) {
  struct server *server = container_of(reports, struct server, reports);
  if (server->state == SERVER_ENDING) return;
  if (atomic_exchange(&server->session_ends, false)) hang_up(server);
  if (server->state == SERVER_SERVING && atomic_exchange(&server->is_full, false)) tell_full(server);
  for (unsigned i = 0; i < server->worker_count; i++) {
    if (!atomic_load(&server->workers[i].empty)) return;
  }
  set_state(server, SERVER_ENDING);
  clear_deadlines(server);
  uv_stop(&main_loop(server)->uv);
}

/* Once when it begins, and once when it is over: no line for each who waits. */
static void tell_full(struct server *server) {
  if (server->full_since_ms) return;
  unsigned most = server->admission.max;
  uint64_t busy = count_all(server, offsetof(struct metrics, busy));
  uint64_t endless = count_all(server, offsetof(struct metrics, endless));
  uint64_t idle = busy + endless < most ? most - busy - endless : 0;
  char way_out[96] = "raise max_connections in the settings";
  if (!server->limit_is_set) {
    snprintf(way_out, sizeof way_out, "allow more %s than %u, two for each connection", system_descriptors_word(),
             server->descriptors);
  }
  log_note(main_log(server),
           "all %u connections that there may be are taken (%llu idle, %llu with a request, %llu tunnels, "
           "event streams and TCP sessions): who comes now waits until one ends; %s",
           most, (unsigned long long)idle, (unsigned long long)busy, (unsigned long long)endless, way_out);
  server->full_since_ms = loop_now_ms(main_loop(server));
  deadline_set(&main_loop(server)->deadlines, &server->full_again, FULL_MS, on_full_again);
}

/* Over is what nobody has met for a while: at the limit connections come and go all the time. */
static void on_full_again(struct deadline *deadline) {
  struct server *server = container_of(deadline, struct server, full_again);
  if (server->state != SERVER_SERVING) return;
  if (admission_was_full(&server->admission) || admission_open(&server->admission) >= server->admission.max) {
    deadline_set(&main_loop(server)->deadlines, &server->full_again, FULL_MS, on_full_again);
    return;
  }
  uint64_t lasted_ms = loop_now_ms(main_loop(server)) - server->full_since_ms;
  server->full_since_ms = 0;
  log_note(main_log(server), "there is room for connections again, after %u.%u s", (unsigned)(lasted_ms / 1000),
           (unsigned)(lasted_ms % 1000 / 100));
}

/* Not said at once: most connections are idle ones, of which most are gone by now. */
static void on_still_open(struct deadline *deadline) {
  struct server *server = container_of(deadline, struct server, drain);
  unsigned open = admission_open(&server->admission);
  uint64_t endless_ms = server->snapshot->config->settings.drain_tunnels_ms;
  char but[64] = "";
  if (endless_ms < server->drain_ms && count_all(server, offsetof(struct metrics, endless))) {
    snprintf(but, sizeof but, ", tunnels and streams within %.3g s", (double)endless_ms / 1000);
  }
  log_note(main_log(server), "stopping: %u open connection%s may end within %.3g s%s (once more: at once)", open,
           open == 1 ? "" : "s", (double)server->drain_ms / 1000, but);
  deadline_set(&main_loop(server)->deadlines, &server->drain, server->drain_ms - NOTICE_MS, on_drained);
}

/* Their time is over. */
static void on_drained(struct deadline *deadline) {
  cut(container_of(deadline, struct server, drain));
}

/* So is that of tunnels, event streams and TCP sessions, which nobody would end. */
static void on_endless_drained(struct deadline *deadline) {
  order_all(container_of(deadline, struct server, drain_endless), WORKER_CUT_ENDLESS);
}
