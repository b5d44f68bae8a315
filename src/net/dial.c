/* One connection out of many addresses. Each attempt has memory of its own, which libuv holds until on_connect: a dial
 * that ends forgets its attempts (attempt->dial is NULL then) and closes their streams, and they free themselves.
 *
 * Whatever fails within dial_start is told by the `next` deadline a moment later, so that on_done never comes from
 * within the owner's own call. */
#include "liteginx/net/dial.h"

#include <stdlib.h>

#include "liteginx/net/local.h"
#include "liteginx/net/tcp.h"

struct attempt {
  struct list node;  /* in dial->attempts */
  struct dial *dial; /* NULL: nobody is interested any more */
  struct stream *stream;
  uv_connect_t request;
  struct sockaddr_storage address;
};

static void on_resolved(struct resolve_waiter *waiter, int status);
static void on_next(struct deadline *deadline);
static void on_give_up(struct deadline *deadline);
static void on_connect(uv_connect_t *request, int status);
static void go_on(struct dial *dial);
static void ask_again(struct dial *dial);
static bool connect_next(struct dial *dial);
static int attempt_start(struct dial *dial, const struct sockaddr_storage *address);
static void attempt_drop(struct attempt *attempt);
static void set_state(struct dial *dial, enum dial_state state);
static void dial_stop(struct dial *dial);
static void dial_finish(struct dial *dial, struct stream *stream, int status);

void dial_start(struct dial *dial, struct loop *loop, struct resolve_name *name, uint16_t port, uint64_t connect_ms,
                void (*on_done)(struct dial *dial, struct stream *stream, int status)) {
  set_state(dial, DIAL_RESOLVE);
  dial->loop = loop;
  dial->name = name;
  dial->port = port;
  dial->count = dial->tried = 0;
  dial->status = UV_EADDRNOTAVAIL;
  dial->on_done = on_done;
  dial->waiter.on_resolved = on_resolved;
  list_init(&dial->attempts);
  deadline_set(&loop->deadlines, &dial->give_up, connect_ms, on_give_up);
  int known = resolve_wait(name, &dial->waiter);
  if (known == 0) return;
  set_state(dial, DIAL_CONNECT);
  if (known > 0) {
    dial->count = resolve_addresses(name, port, dial->addresses);
  } else {
    dial->status = known;
  }
  if (!connect_next(dial)) deadline_set(&loop->deadlines, &dial->next, 1, on_next);
}

void dial_cancel(struct dial *dial) {
  if (dial->state != DIAL_IDLE) dial_stop(dial);
}

/* --- what it waits for --- */

static void on_resolved(struct resolve_waiter *waiter, int status) {
  struct dial *dial = container_of(waiter, struct dial, waiter);
  set_state(dial, DIAL_CONNECT);
  if (status == 0) {
    dial->count = resolve_addresses(dial->name, dial->port, dial->addresses);
  } else {
    dial->status = status;
  }
  go_on(dial);
}

static void on_next(struct deadline *deadline) {
  go_on(container_of(deadline, struct dial, next));
}

static void on_give_up(struct deadline *deadline) {
  dial_finish(container_of(deadline, struct dial, give_up), NULL, UV_ETIMEDOUT);
}

static void on_connect(uv_connect_t *request, int status) {
  struct attempt *attempt = container_of(request, struct attempt, request);
  struct dial *dial = attempt->dial;
  bool local = local_is((const struct sockaddr *)&attempt->address);
  if (dial && status == 0 && !local && tcp_met_itself(attempt->stream)) {
    /* Or we would hold the port of the very server that we wait for. */
    stream_close(attempt->stream, true);
    status = UV_ECONNREFUSED;
  }
  if (dial && status == 0) {
    struct stream *stream = attempt->stream;
    resolve_prefer(dial->name, (const struct sockaddr *)&attempt->address);
    list_remove(&attempt->node);
    free(attempt);
    dial_finish(dial, stream, 0);
    return;
  }
  if (local) status = local_reason((const struct sockaddr *)&attempt->address, status);
  if (dial) attempt_drop(attempt);
  free(attempt);
  if (!dial) return;
  dial->status = status;
  if (local && status == UV_EAGAIN) {
    ask_again(dial);
  } else {
    go_on(dial);
  }
}

/* --- steps --- */

static void go_on(struct dial *dial) {
  ENSURE(dial->state == DIAL_CONNECT);
  if (!connect_next(dial)) dial_finish(dial, NULL, dial->status);
}

/* There is a listener, whose queue is full. TCP asks again by itself; a path is the only address of its name. */
static void ask_again(struct dial *dial) {
  ENSURE(dial->count == 1);
  dial->tried = 0;
  deadline_set(&dial->loop->deadlines, &dial->next, DIAL_FULL_MS, on_next);
}

/* Starts with the next address that can be started with. False: nothing is under way. */
static bool connect_next(struct dial *dial) {
  deadline_clear(&dial->loop->deadlines, &dial->next);
  while (dial->tried < dial->count) {
    int status = attempt_start(dial, &dial->addresses[dial->tried++]);
    if (status == 0) {
      if (dial->tried < dial->count) deadline_set(&dial->loop->deadlines, &dial->next, DIAL_NEXT_MS, on_next);
      return true;
    }
    dial->status = status;
  }
  return !list_empty(&dial->attempts);
}

static int attempt_start(struct dial *dial, const struct sockaddr_storage *address) {
  struct attempt *attempt = calloc(1, sizeof *attempt);
  if (!attempt) return UV_ENOMEM;
  bool local = local_is((const struct sockaddr *)address);
  attempt->stream = local ? local_new(dial->loop) : tcp_new(dial->loop);
  if (!attempt->stream) {
    free(attempt);
    return UV_ENOMEM;
  }
  attempt->address = *address;
  const struct sockaddr *to = (const struct sockaddr *)&attempt->address;
  int status = local ? local_connect(attempt->stream, &attempt->request, to, on_connect)
                     : tcp_connect(attempt->stream, &attempt->request, to, on_connect);
  if (status != 0) {
    stream_close(attempt->stream, false);
    free(attempt);
    return status;
  }
  attempt->dial = dial;
  list_append(&dial->attempts, &attempt->node);
  return 0;
}

static void attempt_drop(struct attempt *attempt) {
  attempt->dial = NULL;
  list_remove(&attempt->node);
  /* The peer may have accepted it already: it must not take it for a client that said nothing and ended properly. */
  stream_close(attempt->stream, true);
}

static void dial_stop(struct dial *dial) {
  deadline_clear(&dial->loop->deadlines, &dial->give_up);
  deadline_clear(&dial->loop->deadlines, &dial->next);
  resolve_forget(&dial->waiter);
  LIST_EACH(node, &dial->attempts) {
    attempt_drop(container_of(node, struct attempt, node));
  }
  set_state(dial, DIAL_IDLE);
}

/* The one place where the state changes: a step forwards, or back to idle from anywhere. */
static void set_state(struct dial *dial, enum dial_state state) {
  ENSURE(state == DIAL_IDLE || state == dial->state + 1);
  dial->state = state;
}

static void dial_finish(struct dial *dial, struct stream *stream, int status) {
  bool connecting = dial->state == DIAL_CONNECT && dial->count > 0;
  dial_stop(dial);
  if (!stream && connecting) resolve_refresh(dial->name);
  dial->on_done(dial, stream, status);
}
