/* What it costs to pick a target: all of them usable, every second one resting, and only the last one left. */
#include <stdio.h>

#include "bench.h"
#include "liteginx/route/balancer.h"

enum { MOST = 100, TIMES = 1 << 16 };

struct bench {
  struct balancer balancer;
  const bool *usable;
  size_t position; /* goes on over all rounds */
};

static void pick(void *owner) {
  struct bench *bench = owner;
  for (unsigned i = 0; i < TIMES; i++) {
    int index = balancer_pick(&bench->balancer, bench->position++, bench->usable);
    ENSURE(index != BALANCER_NONE && (!bench->usable || bench->usable[index]));
  }
}

int main(void) {
  static const unsigned sizes[] = {1, 3, MOST};
  printf("%8s %12s %12s %12s\n", "targets", "all up", "half rest", "one is up");
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    unsigned weights[MOST];
    bool half[MOST] = {0}, one[MOST] = {0};
    for (unsigned target = 0; target < sizes[i]; target++) {
      weights[target] = 1 + target % 3;
      half[target] = target % 2 == 0;
    }
    one[sizes[i] - 1] = true;
    const bool *const usable[] = {NULL, half, one};
    struct bench bench = {.position = 0};
    ENSURE(balancer_init(&bench.balancer, weights, sizes[i]));
    printf("%8u", sizes[i]);
    for (size_t k = 0; k < sizeof usable / sizeof usable[0]; k++) {
      bench.usable = usable[k];
      printf(" %9.1f ns", bench_best_ns(pick, &bench, TIMES));
    }
    printf("\n");
    balancer_free(&bench.balancer);
  }
  return 0;
}
