/* Accepting and its bound. Listeners are paused all together when max_connections is reached, and go on in turn, so
 * that no busy one starves the others. */
#include "liteginx/server/worker.h"

#include <stdio.h>
#include <stdlib.h>

#include "liteginx/server/system.h"

static void on_stream(struct listener *listener, struct stream *stream);
static void on_session_closed(void *owner);
static void report_fault(struct config_report *report, const struct config_listener *listener,
                         const struct listener_fault *fault);
static void on_end(uv_timer_t *timer);
static void ensure_closing(uv_handle_t *handle, void *timer);

int worker_init(struct worker *worker, const struct worker_plan *plan) {
  unsigned count = plan->snapshot->listener_count;
  *worker = (struct worker){.max_connections = plan->max_connections, .on_closed = plan->on_closed};
  worker->listeners = calloc(count + 1u, sizeof *worker->listeners);
  if (!worker->listeners) return UV_ENOMEM;
  worker->listener_count = count;
  for (unsigned i = 0; i < count; i++) {
    worker->listeners[i].worker = worker;
    worker->listeners[i].snapshot = &plan->snapshot->listeners[i];
  }
  int status = log_init(&worker->log, WORKER_LOG_BYTES, plan->wake, plan->wake_owner) == 0 ? 0 : UV_ENOMEM;
  if (status != 0) goto no_log;
  status = loop_init(&worker->loop);
  if (status != 0) goto no_loop;
  status = sessions_init(&worker->sessions, &worker->loop, &worker->log, plan->snapshot, plan->log_local,
                         plan->max_upstream, on_session_closed, worker);
  if (status == 0) return 0;
  loop_close(&worker->loop);
  uv_run(&worker->loop.uv, UV_RUN_DEFAULT);
  loop_free(&worker->loop);
no_loop:
  log_free(&worker->log);
no_log:
  free(worker->listeners);
  return status;
}

bool worker_listen(struct worker *worker, struct config_report *report) {
  bool good = true;
  for (unsigned i = 0; i < worker->listener_count; i++) {
    struct worker_listener *each = &worker->listeners[i];
    const struct config_listener *config = each->snapshot->config;
    struct listener_fault fault;
    if (listener_open(&each->listener, &worker->loop, &config->address, on_stream, &fault) == 0) continue;
    report_fault(report, config, &fault);
    good = false;
  }
  return good;
}

void worker_deafen(struct worker *worker) {
  for (unsigned i = 0; i < worker->listener_count; i++) listener_close(&worker->listeners[i].listener);
}

void worker_close(struct worker *worker) {
  worker_deafen(worker);
  sessions_close(&worker->sessions);
  loop_close(&worker->loop);
}

bool worker_finish(struct worker *worker) {
  uv_loop_t *uv = &worker->loop.uv;
  uv_timer_t timer;
  if (uv_timer_init(uv, &timer) != 0 || uv_timer_start(&timer, on_end, WORKER_END_MS, 0) != 0) ENSURE_UNREACHABLE();
  uv_unref((uv_handle_t *)&timer);
  /* Only a look-up may outlive this: an open handle would be forgotten by somebody. */
  uv_walk(uv, ensure_closing, &timer);
  if (uv_run(uv, UV_RUN_DEFAULT) != 0) return false;
  uv_close((uv_handle_t *)&timer, NULL);
  uv_run(uv, UV_RUN_DEFAULT);
  return true;
}

void worker_free(struct worker *worker) {
  sessions_free(&worker->sessions);
  loop_free(&worker->loop);
  log_free(&worker->log);
  free(worker->listeners);
}

static void on_stream(struct listener *listener, struct stream *stream) {
  struct worker_listener *each = container_of(listener, struct worker_listener, listener);
  struct worker *worker = each->worker;
  sessions_accept(&worker->sessions, stream, each->snapshot, listener->port);
  if (worker->full || worker->sessions.open < worker->max_connections) return;
  worker->full = true;
  for (unsigned i = 0; i < worker->listener_count; i++) listener_pause(&worker->listeners[i].listener, true);
}

static void on_session_closed(void *owner) {
  struct worker *worker = owner;
  if (worker->full && worker->sessions.open < worker->max_connections && !worker->sessions.draining) {
    worker->full = false;
    for (unsigned i = 0; i < worker->listener_count && !worker->full; i++) {
      worker->next = (worker->next + 1) % worker->listener_count;
      listener_pause(&worker->listeners[worker->next].listener, false);
    }
  }
  worker->on_closed(worker);
}

/* One sentence: which address, where it is written, why, what to do. */
static void report_fault(struct config_report *report, const struct config_listener *listener,
                         const struct listener_fault *fault) {
  const struct sockaddr *address = (const struct sockaddr *)&fault->address;
  char where[LISTENER_ADDRESS_BYTES], words[512];
  if (fault->status == UV_ENOMEM) {
    config_report_no_memory(report);
    return;
  }
  listener_address_text(address, where);
  if (fault->status == UV_EADDRINUSE) {
    if (!system_port_owner(address, words, sizeof words)) snprintf(words, sizeof words, "another program");
    config_report_add(report, true, listener->place,
                      "cannot listen on %s: %s listens there already; stop it or change `listen:`", where, words);
  } else if (fault->status == UV_EACCES) {
    system_low_port_advice(listener_address_port(address), words, sizeof words);
    config_report_add(report, true, listener->place,
                      "cannot listen on %s: this port is kept for privileged programs; %s", where, words);
  } else if (fault->status == UV_EADDRNOTAVAIL) {
    config_report_add(report, true, listener->place,
                      "cannot listen on %s: this machine has no such address; change `listen:`", where);
  } else {
    config_report_add(report, true, listener->place, "cannot listen on %s: %s", where, uv_strerror(fault->status));
  }
}

static void on_end(uv_timer_t *timer) {
  uv_stop(timer->loop);
}

static void ensure_closing(uv_handle_t *handle, void *timer) {
  ENSURE(handle == timer || uv_is_closing(handle));
}
