/* The patterns are held against the numbers themselves, with the C library's expressions, which read them alike. */
#include "liteginx/config/json_range.h"

#include <regex.h>

#include "unit.h"

static const char *pattern_of(const struct json_range *ranges, unsigned count) {
  static char text[4096];
  struct page page = PAGE_EMPTY;
  struct json_page json = {.page = &page};
  json_range_write(&json, NULL, ranges, count);
  assert_false(page.failed);
  struct str view = buf_view(&page.text);
  assert_true(view.len > 2 && view.len < sizeof text);
  memcpy(text, view.ptr + 1, view.len - 2); /* without the quotes */
  text[view.len - 2] = '\0';
  page_free(&page);
  return text;
}

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
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_patterns), cmocka_unit_test(test_units),
                                     cmocka_unit_test(test_each_number)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
