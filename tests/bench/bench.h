/* What the benchmarks share. Times are the best of some rounds, since whatever disturbs only ever adds. */
#ifndef LITEGINX_BENCH_H
#define LITEGINX_BENCH_H

#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include "liteginx/base/ensure.h"

enum { BENCH_ROUNDS = 15 };

static inline double bench_now_ns(void) {
  struct timespec now;
  ENSURE(timespec_get(&now, TIME_UTC) == TIME_UTC);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Nanoseconds of one of the `count` pieces of work that `run` does. */
static inline double bench_best_ns(void (*run)(void *owner), void *owner, unsigned count) {
  double best = 1e18;
  for (int round = 0; round < BENCH_ROUNDS; round++) {
    double start = bench_now_ns();
    run(owner);
    double took = (bench_now_ns() - start) / count;
    if (took < best) best = took;
  }
  return best;
}

/* A whole number of the command line. */
static inline int bench_number(const char *text) {
  char *end;
  long number = strtol(text, &end, 10);
  ENSURE(end != text && *end == '\0' && number >= 0 && number <= INT_MAX);
  return (int)number;
}

#endif
