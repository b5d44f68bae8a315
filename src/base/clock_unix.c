/* C11's own. */
#include "liteginx/base/clock.h"

struct timespec clock_now(void) {
  struct timespec now;
  (void)timespec_get(&now, TIME_UTC);
  return now;
}
