/* One fixed time for what writes stamps: this clock_now goes before the program's. To be included once, by the test's
 * own file. */
#ifndef LITEGINX_TESTS_FIXED_TIME_H
#define LITEGINX_TESTS_FIXED_TIME_H

#include "liteginx/base/clock.h"
#include "os.h"

#define FIXED_STAMP "2026-11-24T14:03:07.123Z"
/* After fixed_zone. */
#define FIXED_LOCAL_STAMP "15:03:07.123"

struct timespec clock_now(void) {
  return (struct timespec){.tv_sec = 1795528987, .tv_nsec = 123999999};
}

/* An hour ahead of UTC. */
static inline void fixed_zone(void) {
  os_set_zone("XYZ-1");
}

#endif
