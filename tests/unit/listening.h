/* A loop with listeners, and what they accept. */
#ifndef LITEGINX_TESTS_UNIT_LISTENING_H
#define LITEGINX_TESTS_UNIT_LISTENING_H

#include "liteginx/server/listener.h"
#include "unit.h"

struct bench {
  struct loop loop;
  struct admission admission; /* of `listener` */
  struct listener listener, other;
  unsigned accepted, rooms;
};

static inline void on_room(void *owner) {
  ((struct bench *)owner)->rooms++;
}

static inline void on_full(void *owner) {
  (void)owner;
}

static const struct admission_events admission_events = {.on_room = on_room, .on_full = on_full};

static inline int set_up(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  *state = bench;
  if (!bench) return -1;
  admission_init(&bench->admission, 100, &admission_events, bench);
  return loop_init(&bench->loop);
}

static inline int tear_down(void **state) {
  struct bench *bench = *state;
  listener_close(&bench->listener);
  listener_close(&bench->listener);
  listener_close(&bench->other);
  loop_close(&bench->loop);
  int alive = uv_run(&bench->loop.uv, UV_RUN_DEFAULT);
  loop_free(&bench->loop);
  free(bench);
  return alive;
}

static inline void on_stream(struct listener *listener, struct stream *stream) {
  struct bench *bench = container_of(listener->loop, struct bench, loop);
  bench->accepted++;
  stream_close(stream, false);
}

static inline int open_on(struct bench *bench, struct listener *listener, const struct config_address *address,
                          struct listener_fault *fault) {
  *listener = (struct listener){.loop = &bench->loop, .on_stream = on_stream};
  if (listener == &bench->listener) listener->admission = &bench->admission;
  return listener_open(listener, address, fault);
}

static inline void turn(struct bench *bench) {
  for (int i = 0; i < 10; i++) uv_run(&bench->loop.uv, UV_RUN_NOWAIT);
}

#endif
