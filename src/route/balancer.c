/* nginx's smooth weighted round robin, run once for a whole round: each step every weight is added to its target's
 * credit, the target with the most credit (the first of equal ones) is taken and pays the sum of all. The order
 * repeats after sum / gcd steps. */
#include "liteginx/route/balancer.h"

#include <stdlib.h>

#include "liteginx/base/ensure.h"

static unsigned common_divisor(const unsigned *weights, unsigned targets);
static void fill(struct balancer *balancer, const unsigned *weights, unsigned divisor, int64_t *credits);

bool balancer_init(struct balancer *balancer, const unsigned *weights, unsigned targets) {
  *balancer = (struct balancer){.targets = targets};
  unsigned divisor = common_divisor(weights, targets);
  if (divisor == 0) return true;
  ENSURE(targets > 0); /* or there were no divisor */
  size_t length = 0;
  for (unsigned i = 0; i < targets; i++) length += weights[i] / divisor;
  if (length > SIZE_MAX / sizeof *balancer->sequence) return false;
  int64_t *credits = calloc(targets, sizeof *credits);
  balancer->sequence = malloc(length * sizeof *balancer->sequence);
  if (credits && balancer->sequence) {
    balancer->length = length;
    fill(balancer, weights, divisor, credits);
  }
  free(credits);
  if (balancer->length == 0) balancer_free(balancer);
  return balancer->length > 0;
}

void balancer_free(struct balancer *balancer) {
  free(balancer->sequence);
  *balancer = (struct balancer){0};
}

int balancer_pick(const struct balancer *balancer, size_t position, const bool *usable) {
  if (balancer->length == 0) return BALANCER_NONE;
  size_t at = position % balancer->length;
  for (size_t tried = 0; tried < balancer->length; tried++) {
    uint32_t index = balancer->sequence[at];
    if (!usable || usable[index]) return (int)index;
    at = at + 1 < balancer->length ? at + 1 : 0;
  }
  return BALANCER_NONE;
}

/* 0: all weights are 0. */
static unsigned common_divisor(const unsigned *weights, unsigned targets) {
  unsigned divisor = 0;
  for (unsigned i = 0; i < targets; i++) {
    unsigned a = divisor, b = weights[i];
    while (b) {
      unsigned remainder = a % b;
      a = b;
      b = remainder;
    }
    divisor = a;
  }
  return divisor;
}

static void fill(struct balancer *balancer, const unsigned *weights, unsigned divisor, int64_t *credits) {
  int64_t sum = (int64_t)balancer->length;
  for (size_t step = 0; step < balancer->length; step++) {
    uint32_t best = 0;
    for (uint32_t i = 0; i < balancer->targets; i++) {
      credits[i] += weights[i] / divisor;
      if (credits[i] > credits[best]) best = i;
    }
    ENSURE(weights[best] > 0);
    credits[best] -= sum;
    balancer->sequence[step] = best;
  }
}
