/* What is something special to Windows only. */
#include "names.h"

static void a_backslash_is_a_letter_of_a_name(void **state) {
  static const struct name names[] = {{"C:\\a\\b", "", ""}, {"a\\b/c", "", "a\\b/"}, {"C:/a", "", "C:/"}};
  (void)state;
  check_names(names, sizeof names / sizeof *names);
  assert_false(filename_separates('\\'));
  assert_int_equal(filename_separator(STR("C:\\a")), '/');
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_backslash_is_a_letter_of_a_name)};
  return cmocka_run_group_tests_name("filename_unix", tests, NULL, NULL);
}
