/* The patterns are held against the numbers themselves, with the C library's expressions, which read them alike. */
#include <regex.h>

#include "range_pattern.h"

/* All ranges up to 130, and some that end where numbers do. */
static void assert_numbers(uint64_t least, uint64_t most, uint64_t first, uint64_t last) {
  struct json_range range = {least, most, ""};
  const char *pattern = pattern_of(&range, 1);
  regex_t compiled;
  char digits[32];
  assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
  for (uint64_t number = first;; number++) {
    snprintf(digits, sizeof digits, "%s%llu", number % 3 ? "" : "00", (unsigned long long)number);
    bool found = regexec(&compiled, digits, 0, NULL, 0) == 0;
    if (found != (number >= least && number <= most)) fail_msg("%s: %s", pattern, digits);
    if (number == last) break;
  }
  regfree(&compiled);
}

static void test_each_number(void **state) {
  (void)state;
  static const uint64_t mosts[] = {999, 1000, 1001, 65535, 99999, 4294967295U, INT64_MAX, UINT64_MAX - 1, UINT64_MAX};
  for (uint64_t least = 0; least < 130; least += 1 + least / 20) {
    for (uint64_t most = least; most < 130; most++) assert_numbers(least, most, 0, 140);
  }
  for (size_t i = 0; i < UNIT_COUNT(mosts); i++) {
    uint64_t most = mosts[i];
    assert_numbers(0, most, most - 30, most > UINT64_MAX - 30 ? UINT64_MAX : most + 30);
    assert_numbers(most - 5, most, most - 30, most > UINT64_MAX - 30 ? UINT64_MAX : most + 30);
    assert_numbers(1, most, 0, 500);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_number)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
