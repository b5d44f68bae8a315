/* On Windows libuv insists that time never goes back: where a test has set the time of a loop forward, the system's counter
 * follows. How it is replaced, fake_getaddrinfo.h says. For one program's one .c file. */
#ifndef LITEGINX_TESTS_UNIT_FAKE_CLOCK_H
#define LITEGINX_TESTS_UNIT_FAKE_CLOCK_H

#include <string.h>
#include <uv.h>

static int64_t fake_clock_ahead; /* of the system's counter, in its ticks */

static BOOL WINAPI fake_query_counter(LARGE_INTEGER *ticks) {
  static BOOL(WINAPI * real)(LARGE_INTEGER *);
  if (!real) {
    FARPROC found = GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "QueryPerformanceCounter");
    memcpy(&real, &found, sizeof real);
  }
  if (!real(ticks)) return FALSE;
  ticks->QuadPart += fake_clock_ahead;
  return TRUE;
}

BOOL(WINAPI *__imp_QueryPerformanceCounter)(LARGE_INTEGER *) = fake_query_counter;

/* To be called before it runs. */
static inline void fake_clock_reach(const uv_loop_t *loop) {
  LARGE_INTEGER per_s;
  uint64_t now_ms = uv_hrtime() / 1000000;
  QueryPerformanceFrequency(&per_s);
  if (loop->time > now_ms) fake_clock_ahead += (int64_t)(loop->time - now_ms + 1) * per_s.QuadPart / 1000;
}

#endif
