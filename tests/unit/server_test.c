/* How many connections the descriptors allow. */
#include "liteginx/server/server.h"

#include "unit.h"

static void connections_fit_the_descriptors(void **state) {
  static const struct {
    unsigned wanted, descriptors, listening, expected;
  } good[] = {
      {0, 1024, 2, 480},   {0, 20000, 2, 9968},  {9, 1024, 2, 9}, {1000, 1024, 2, 480}, /* asked for too many */
      {0, 64, 2, 8},       {0, 64, 12, 8},       {0, 64, 16, 5},                        /* few descriptors */
      {0, 64, 40, 1},      {0, 16, 2, 1},        {3, 64, 40, 1},                        /* hardly any */
      {0, 1024, 100, 404}, {0, 65536, 2, 32736},                                        /* many listeners */
  };
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    assert_int_equal(server_max_connections(good[i].wanted, good[i].descriptors, good[i].listening), good[i].expected);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(connections_fit_the_descriptors)};
  return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
