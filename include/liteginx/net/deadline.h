/* All timeouts of one worker on one libuv timer: a hierarchical timing wheel. To arm, move and disarm is O(1) without
 * allocation; moving a deadline later is one store. Never early, at most DEADLINE_TICK_MS late (plus the loop's own
 * lateness). With nothing armed the timer sleeps. */
#ifndef LITEGINX_NET_DEADLINE_H
#define LITEGINX_NET_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "liteginx/base/ensure.h"
#include "liteginx/base/list.h"

enum { DEADLINE_TICK_MS = 4, DEADLINE_SLOTS = 64, DEADLINE_LEVELS = 6 };

/* Embedded in its owner; all zeroes is "not armed". */
struct deadline {
  struct list node;
  uint64_t due_ms;   /* 0: not armed */
  uint64_t filed_ms; /* the time its slot stands for: due_ms or earlier */
  void (*on_due)(struct deadline *deadline);
};

struct deadlines {
  uv_timer_t timer;
  uint64_t now_tick; /* all ticks up to this one have been served */
  uint64_t timer_ms; /* when the timer fires; 0: it does not run */
  unsigned armed;
  uint64_t occupied[DEADLINE_LEVELS]; /* bit per slot: not empty */
  struct list slots[DEADLINE_LEVELS][DEADLINE_SLOTS];
};

void deadlines_init(struct deadlines *deadlines, uv_loop_t *uv);

/* Closes the timer. Nothing may be armed any more. */
void deadlines_close(struct deadlines *deadlines);

/* Arms `deadline`, or moves it: on_due runs once, in_ms from now (uv_now), from the loop, disarmed already; it may arm
 * again or free its owner. in_ms 0 means never: disarms. */
void deadline_set(struct deadlines *deadlines, struct deadline *deadline, uint64_t in_ms,
                  void (*on_due)(struct deadline *deadline));

/* Disarms; harmless where it is not armed. */
void deadline_clear(struct deadlines *deadlines, struct deadline *deadline);

static inline bool deadline_armed(const struct deadline *deadline) {
  return deadline->due_ms != 0;
}

#endif
