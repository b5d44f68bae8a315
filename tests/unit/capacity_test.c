/* How many workers serve, and how many connections the descriptors allow. */
#include "liteginx/server/capacity.h"

#include "liteginx/server/system.h"
#include "unit.h"

static void workers_are_as_many_as_asked_for_or_as_fit(void **state) {
  static const struct {
    unsigned wanted, cores;
    bool deals;
    unsigned descriptors, listening, expected;
  } good[] = {
      {0, 1, true, 1024, 2, 1},
      {0, 8, true, 1024, 2, 8},
      {1, 8, true, 1024, 2, 1},
      {2, 1, true, 1024, 2, 2},
      {0, 8, true, 64, 2, 4},
      {0, 8, true, 64, 40, 1}, /* few descriptors */
      {5, 8, true, 64, 40, 5},
      {0, 8, false, 1024, 2, 1},
      {1, 8, false, 1024, 2, 1},
      {3, 8, false, 1024, 2, 1},
      {0, 5000, true, 1000000, 2, 1024},
  };
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    assert_int_equal(capacity_workers(good[i].wanted, good[i].cores, good[i].deals, good[i].descriptors,
                                      good[i].listening),
                     good[i].expected);
  }
}

static void there_is_a_processor(void **state) {
  (void)state;
  assert_in_range(system_cores(), 1, 100000);
}

static void connections_fit_the_descriptors(void **state) {
  static const struct {
    unsigned wanted, descriptors, listening, workers, expected;
  } good[] = {
      {0, 1024, 2, 1, 480},   {0, 20000, 2, 1, 9968},  {9, 1024, 2, 1, 9}, {1000, 1024, 2, 1, 480}, /* too many */
      {0, 64, 2, 1, 8},       {0, 64, 12, 1, 8},       {0, 64, 30, 1, 6}, /* few descriptors */
      {0, 64, 47, 1, 1},      {0, 16, 2, 1, 1},        {3, 64, 47, 1, 1}, /* hardly any */
      {0, 1024, 100, 1, 454}, {0, 65536, 2, 1, 32736},                    /* many listeners */
      {0, 64, 2, 6, 3},       {0, 1024, 2, 64, 282},                      /* many workers */
  };
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    assert_int_equal(capacity_connections(good[i].wanted, good[i].descriptors, good[i].listening, good[i].workers),
                     good[i].expected);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(workers_are_as_many_as_asked_for_or_as_fit),
      cmocka_unit_test(there_is_a_processor),
      cmocka_unit_test(connections_fit_the_descriptors),
  };
  return cmocka_run_group_tests_name("capacity", tests, NULL, NULL);
}
