/* What one worker counts. Written by its own thread alone; others may read a slightly old value. */
#ifndef LITEGINX_BASE_METRICS_H
#define LITEGINX_BASE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "liteginx/base/ending.h"

struct metrics {
  _Atomic uint64_t endings[ENDING_COUNT]; /* exchanges and sessions by their ending */
  _Atomic uint64_t downstream_accepted;
  /* Right now, of the connections from clients: those with a request, and those with something that has no end of its
   * own (tunnels, event streams, TCP sessions), which do not count as the former. */
  _Atomic uint64_t busy, endless;
};

/* One more. Cheaper than an atomic increment: there is one writer. */
static inline void metrics_count(_Atomic uint64_t *counter) {
  atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1, memory_order_relaxed);
}

/* One less. */
static inline void metrics_uncount(_Atomic uint64_t *counter) {
  atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) - 1, memory_order_relaxed);
}

#endif
