/* Smooth weighted round robin (nginx's order) computed once: afterwards a pick is one index into a sequence. */
#ifndef LITEGINX_ROUTE_BALANCER_H
#define LITEGINX_ROUTE_BALANCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BALANCER_NONE = -1 };

struct balancer {
  uint32_t *sequence; /* target indexes, each as often as its weight (divided by the common divisor) */
  size_t length;      /* 0: all weights are 0 */
  unsigned targets;
};

/* False: out of memory. Weights 0..1000. */
bool balancer_init(struct balancer *balancer, const unsigned *weights, unsigned targets);
void balancer_free(struct balancer *balancer);

/* The target at `position` (any number, taken modulo the length), or the next one behind it in the sequence for which
 * usable[index] holds; BALANCER_NONE: none. usable NULL: all are. */
int balancer_pick(const struct balancer *balancer, size_t position, const bool *usable);

#endif
