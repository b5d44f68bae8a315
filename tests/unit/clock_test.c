/* The time of day, against the C library's own seconds. */
#include "liteginx/base/clock.h"

#include "unit.h"

static void the_time_is_that_of_the_c_library(void **state) {
  (void)state;
  time_t before = time(NULL);
  struct timespec now = clock_now();
  time_t after = time(NULL);
  assert_true(now.tv_sec >= before - 1 && now.tv_sec <= after + 1); /* whose clock may be a coarser one */
  assert_in_range(now.tv_nsec, 0, 999999999);
}

static void it_does_not_run_backwards(void **state) {
  (void)state;
  struct timespec last = clock_now();
  for (int i = 0; i < 1000; i++) {
    struct timespec now = clock_now();
    assert_true(now.tv_sec > last.tv_sec || (now.tv_sec == last.tv_sec && now.tv_nsec >= last.tv_nsec));
    last = now;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_time_is_that_of_the_c_library),
      cmocka_unit_test(it_does_not_run_backwards),
  };
  return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
