/* Accepting in turn and carrying out orders. When room is short, the listeners that held connections back go on one
 * after the other, so that no busy one starves the others. */
#include "liteginx/server/worker.h"

#include <stdio.h>
#include <stdlib.h>

#include "liteginx/server/certificates.h"
#include "liteginx/server/system.h"
#include "liteginx/session/reception.h"

static void drain(struct worker *worker);
static void deafen(struct worker *worker);
static void report_if_empty(struct worker *worker);
static void on_thread(void *owner);
static void on_mail(uv_async_t *mail);
static void on_stream(struct listener *listener, struct stream *stream);
static void on_fault(struct listener *listener, int status);
static void on_session_closed(void *owner);
static void report_fault(struct config_report *report, const struct config_listener *listener,
                         const struct listener_fault *fault);
static bool report_socket_fault(struct config_report *report, struct config_place place, const char *where, int status);
static void on_end(uv_timer_t *timer);
static void ensure_closing(uv_handle_t *handle, void *timer);

int worker_init(struct worker *worker, const struct worker_plan *plan, unsigned number) {
  unsigned count = plan->snapshot->listener_count;
  *worker = (struct worker){.plan = plan};
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
  status = uv_async_init(&worker->loop.uv, &worker->mail, on_mail);
  if (status != 0) goto no_mail;
  sessions_init(&worker->sessions, &worker->loop, &worker->log, plan->snapshot, number, plan->workers,
                plan->max_upstream, on_session_closed, worker);
  worker->loop.dialled = plan->dialled;
  worker->loop.dialled_max = plan->max_upstream;
  worker->loop.splices.all_open = plan->pipes;
  worker->sessions.pool.on_scarce = plan->on_scarce;
  worker->sessions.pool.owner = plan->owner;
  worker->sessions.log_look = plan->log_look;
  worker->log.notes_local = plan->notes_local;
  return 0;
no_mail:
  loop_close(&worker->loop);
  uv_run(&worker->loop.uv, UV_RUN_DEFAULT);
  loop_free(&worker->loop);
no_loop:
  log_free(&worker->log);
no_log:
  free(worker->listeners);
  return status;
}

bool worker_show(struct worker *worker, struct config_report *report) {
  const struct worker_plan *plan = worker->plan;
  if (!plan->certificates) return true;
  worker->sessions.tls = certificates_serve(plan->certificates, plan->snapshot->config, report);
  return worker->sessions.tls != NULL;
}

bool worker_listen(struct worker *worker, const struct worker *first, struct config_report *report) {
  const struct worker_plan *plan = worker->plan;
  bool good = true;
  for (unsigned i = 0; i < worker->listener_count; i++) {
    const struct config_listener *config = worker->listeners[i].snapshot->config;
    struct listener *listener = &worker->listeners[i].listener;
    struct listener_fault fault;
    listener->loop = &worker->loop;
    listener->admission = plan->admission;
    listener->shared = plan->workers > 1;
    listener->on_stream = on_stream;
    listener->on_fault = on_fault;
    int status = first ? listener_join(listener, &first->listeners[i].listener, &fault)
                       : listener_open(listener, &config->address, &fault);
    if (status == 0) continue;
    report_fault(report, config, &fault);
    good = false;
  }
  return good;
}

int worker_start(struct worker *worker, uv_sem_t *start) {
  worker->start = start;
  int status = system_thread_create(&worker->thread, on_thread, worker);
  if (status != 0) worker->start = NULL;
  return status;
}

void worker_order(struct worker *worker, enum worker_order order) {
  atomic_fetch_or(&worker->orders, order);
  int status = uv_async_send(&worker->mail);
  ENSURE(status == 0);
}

void worker_join(struct worker *worker) {
  uv_thread_join(&worker->thread);
}

void worker_close(struct worker *worker) {
  deafen(worker);
  reception_close(&worker->sessions);
  uv_close((uv_handle_t *)&worker->mail, NULL);
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
  if (worker->sessions.tls) certificates_forget(worker->sessions.tls, worker->listener_count);
  sessions_free(&worker->sessions);
  loop_free(&worker->loop);
  log_free(&worker->log);
  free(worker->listeners);
}

static void drain(struct worker *worker) {
  for (unsigned i = 0; i < worker->listener_count; i++) listener_accept_waiting(&worker->listeners[i].listener);
  deafen(worker);
  reception_drain(&worker->sessions);
  report_if_empty(worker);
}

/* Closes all listeners; connections live on. */
static void deafen(struct worker *worker) {
  for (unsigned i = 0; i < worker->listener_count; i++) listener_close(&worker->listeners[i].listener);
}

static void report_if_empty(struct worker *worker) {
  if (worker->sessions.open > 0 || !worker->sessions.draining || atomic_exchange(&worker->empty, true)) return;
  worker->plan->on_empty(worker->plan->owner);
}

static void on_thread(void *owner) {
  struct worker *worker = owner;
  uv_sem_wait(worker->start);
  uv_run(&worker->loop.uv, UV_RUN_DEFAULT);
  worker->ended = worker_finish(worker);
}

static void on_mail(uv_async_t *mail) {
  struct worker *worker = container_of(mail, struct worker, mail);
  unsigned orders = atomic_exchange(&worker->orders, 0);
  if (orders & WORKER_DRAIN) drain(worker);
  if (orders & WORKER_CUT_ENDLESS) reception_cut_endless(&worker->sessions);
  if (orders & WORKER_CUT) reception_cut(&worker->sessions);
  if (orders & WORKER_SHED) pool_shed(&worker->sessions.pool);
  if (orders & WORKER_ACCEPT) {
    for (unsigned i = 0; i < worker->listener_count; i++) {
      worker->next = (worker->next + 1) % worker->listener_count;
      listener_resume(&worker->listeners[worker->next].listener);
    }
  }
  if (orders & WORKER_CLOSE) {
    worker_close(worker);
    uv_stop(&worker->loop.uv);
  }
}

static void on_stream(struct listener *listener, struct stream *stream) {
  struct worker_listener *each = container_of(listener, struct worker_listener, listener);
  reception_accept(&each->worker->sessions, stream, each->snapshot, listener->port);
}

static void on_fault(struct listener *listener, int status) {
  struct worker *worker = container_of(listener, struct worker_listener, listener)->worker;
  uint64_t now_ms = loop_now_ms(&worker->loop);
  if (worker->fault_told_ms && now_ms - worker->fault_told_ms < WORKER_FAULT_MS) return;
  worker->fault_told_ms = now_ms;
  const struct config_address *address =
      &container_of(listener, struct worker_listener, listener)->snapshot->config->address;
  char where[LISTENER_ADDRESS_BYTES];
  if (address->scope == SCOPE_LOCAL) {
    snprintf(where, sizeof where, "unix:%.*s", STR_ARG(address->path));
  } else {
    snprintf(where, sizeof where, "port %u", listener->port);
  }
  log_note(&worker->log, "connections to %s cannot be accepted (%s): they wait, and are tried again", where,
           uv_strerror(status));
}

/* The server forgets the workers once they all are empty: that comes last. */
static void on_session_closed(void *owner) {
  struct worker *worker = owner;
  admission_give(worker->plan->admission);
  report_if_empty(worker);
}

/* One sentence: which address, where it is written, why, what to do. */
static void report_fault(struct config_report *report, const struct config_listener *listener,
                         const struct listener_fault *fault) {
  const struct sockaddr *address = (const struct sockaddr *)&fault->address;
  char where[LISTENER_ADDRESS_BYTES], words[LISTENER_OWNER_BYTES];
  if (fault->status == UV_ENOMEM) {
    config_report_no_memory(report);
    return;
  }
  listener_address_text(address, where);
  if (listener->address.scope == SCOPE_LOCAL && report_socket_fault(report, listener->place, where, fault->status)) {
    return;
  }
  if (fault->status == UV_EADDRINUSE) {
    if (!system_port_owner(address, words, sizeof words)) snprintf(words, sizeof words, "another program");
    config_report_add(report, true, listener->place,
                      "cannot listen on %s: %s listens there already; stop it or change `listen:`", where, words);
  } else if (fault->status == UV_EACCES) {
    system_denied_port_advice(listener_address_port(address), words, sizeof words);
    config_report_add(report, true, listener->place, "cannot listen on %s: %s", where, words);
  } else if (fault->status == UV_EADDRNOTAVAIL) {
    config_report_add(report, true, listener->place,
                      "cannot listen on %s: this machine has no such address; change `listen:`", where);
  } else {
    config_report_add(report, true, listener->place, "cannot listen on %s: %s", where, uv_strerror(fault->status));
  }
}

/* What a file can have wrong. False: it is something else. */
static bool report_socket_fault(struct config_report *report, struct config_place place, const char *where,
                                int status) {
  static const struct {
    int status;
    const char *words;
  } faults[] = {
      {UV_EEXIST, "a file of that name is there, and it is no socket; remove it or change `listen:`"},
      {UV_ENOENT, "there is no such folder; make it or change `listen:`"},
      {UV_ENOTDIR, "there is no such folder; make it or change `listen:`"},
      {UV_EACCES, "this user may not make a file in that folder; choose another one"},
      {UV_EPERM, "this user may not make or replace that file; choose another one"},
      {UV_EROFS, "nothing can be written in that folder; choose another one"},
  };
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    if (faults[i].status != status) continue;
    config_report_add(report, true, place, "cannot listen on %s: %s", where, faults[i].words);
    return true;
  }
  return false;
}

static void on_end(uv_timer_t *timer) {
  uv_stop(timer->loop);
}

static void ensure_closing(uv_handle_t *handle, void *timer) {
  ENSURE(handle == timer || uv_is_closing(handle));
}
