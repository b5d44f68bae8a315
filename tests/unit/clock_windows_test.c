/* The time of day, against Windows' own, and over what a coarser clock would give. */
#include "liteginx/base/clock.h"

#include <uv.h>

#include "unit.h"

static void the_time_is_that_of_the_system(void **state) {
  SYSTEMTIME parts;
  struct tm now;
  (void)state;
  GetSystemTime(&parts);
  struct timespec time = clock_now();
  assert_int_equal(_gmtime64_s(&now, &time.tv_sec), 0);
  assert_in_range(now.tm_year + 1900, parts.wYear, parts.wYear + 1);
  int apart =
      (now.tm_hour * 60 + now.tm_min) * 60 + now.tm_sec - ((parts.wHour * 60 + parts.wMinute) * 60 + parts.wSecond);
  assert_true((apart >= 0 && apart <= 2) || apart <= -86398); /* midnight may lie between */
}

/* The system's tick is 15 ms, in which a small request begins and ends. */
static void it_is_finer_than_the_system_s_tick(void **state) {
  (void)state;
  struct timespec first = clock_now(), next = first;
  uint64_t begun_ns = uv_hrtime();
  while (next.tv_sec == first.tv_sec && next.tv_nsec == first.tv_nsec) next = clock_now();
  assert_true(uv_hrtime() - begun_ns < 5000000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_time_is_that_of_the_system),
      cmocka_unit_test(it_is_finer_than_the_system_s_tick),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
