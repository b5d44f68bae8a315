#include "liteginx/base/stamp.h"

#include "fixed_time.h"
#include "unit.h"

static void for_programs_and_for_people(void **state) {
  (void)state;
  char bytes[STAMP_BYTES];
  fixed_zone();
  assert_str(stamp_now(bytes, false), STR(FIXED_STAMP));
  assert_str(stamp_now(bytes, true), STR(FIXED_LOCAL_STAMP));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(for_programs_and_for_people)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
