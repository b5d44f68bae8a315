/* The time of a loop may be set as a test likes: its next run sets it right again, also back. */
#ifndef LITEGINX_TESTS_UNIT_FAKE_CLOCK_H
#define LITEGINX_TESTS_UNIT_FAKE_CLOCK_H

#include <uv.h>

/* To be called before it runs. */
static inline void fake_clock_reach(const uv_loop_t *loop) {
  (void)loop;
}

#endif
