/* The patterns as texts; whether they are right, json_range_unix_test.c asks. */
#include "range_pattern.h"

static void test_patterns(void **state) {
  (void)state;
  static const struct {
    uint64_t least, most;
    const char *pattern;
  } all[] = {
      {0, 0, "^(0*(0))$"},
      {0, 9, "^(0*([0-9]))$"},
      {1, 1024, "^(0*([1-9][0-9]{0,2}|10[0-1][0-9]|102[0-4]))$"},
      {95, 234, "^(0*(9[5-9]|1[0-9]{2}|2[0-2][0-9]|23[0-4]))$"},
      {1024, 65536,
       "^(0*(102[4-9]|10[3-9][0-9]|1[1-9][0-9]{2}|[2-9][0-9]{3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|"
       "655[0-2][0-9]|6553[0-6]))$"},
      {0, 1000, "^(0*([0-9]|[1-9][0-9]{1,2}|1000))$"},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    struct json_range range = {all[i].least, all[i].most, ""};
    assert_string_equal(pattern_of(&range, 1), all[i].pattern);
  }
}

static void test_units(void **state) {
  (void)state;
  static const struct json_range ranges[] = {{5, 9, "B?"}, {1, 0, "MiB"}, {1, 1, "KiB"}};
  assert_string_equal(pattern_of(ranges, 3), "^(0*([5-9])B?|0*(1)KiB)$");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_patterns), cmocka_unit_test(test_units)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
