/* Not every C library for Windows has timespec_get. Windows counts 100 ns since 1601. */
#include "liteginx/base/clock.h"

#include <stdint.h>
#include <windows.h>

#define TICKS_PER_S  UINT64_C(10000000)
#define UNIX_EPOCH_S UINT64_C(11644473600) /* 1970 in seconds since 1601 */

struct timespec clock_now(void) {
  FILETIME time;
  GetSystemTimePreciseAsFileTime(&time);
  uint64_t ticks = (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
  return (struct timespec){.tv_sec = (time_t)(ticks / TICKS_PER_S - UNIX_EPOCH_S),
                           .tv_nsec = (long)(ticks % TICKS_PER_S * 100)};
}
