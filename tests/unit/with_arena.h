/* One arena for all that a test makes, emptied behind it: set_up and tear_down are for each test, or for all of a file. */
#ifndef LITEGINX_TESTS_UNIT_WITH_ARENA_H
#define LITEGINX_TESTS_UNIT_WITH_ARENA_H

#include "liteginx/base/arena.h"
#include "unit.h"

static struct arena arena;

static int set_up(void **state) {
  (void)state;
  arena_init(&arena, NULL, 1 << 20);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_reset(&arena);
  return 0;
}

#endif
