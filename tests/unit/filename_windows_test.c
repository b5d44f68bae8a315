/* Drives, shares and backslashes. */
#include "names.h"

static void windows_has_drives_and_shares(void **state) {
  static const struct name names[] = {
      {"C:\\a\\b", "C:\\", "C:\\a\\"},
      {"c:/a", "c:/", "c:/"},
      {"C:a", "C:", "C:"},
      {"C:", "C:", "C:"},
      {"\\a", "\\", "\\"},
      {"a\\b", "", "a\\"},
      {"\\\\server\\share\\a\\b", "\\\\server\\share\\", "\\\\server\\share\\a\\"},
      {"//server/share/a", "//server/share/", "//server/share/"},
      {"\\\\server\\share", "\\\\server\\share", "\\\\server\\share"},
      {"1:\\a", "", "1:\\"},
  };
  (void)state;
  check_names(names, sizeof names / sizeof *names);
  assert_true(filename_separates('\\'));
  assert_int_equal(filename_separator(STR("C:\\a")), '\\');
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(windows_has_drives_and_shares)};
  return cmocka_run_group_tests_name("filename_windows", tests, NULL, NULL);
}
