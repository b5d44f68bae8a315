/* What names of files begin with, and what they stand in, on all systems. */
#include "names.h"

static void slashes_are_known_everywhere(void **state) {
  static const struct name names[] = {
      {"", "", ""},    {"a", "", ""},          {"a/b", "", "a/"},       {"./a", "", "./"},
      {"/", "/", "/"}, {"/a", "/", "/"},       {"/a/b", "/", "/a/"},    {"a/", "", "a/"},
      {"..", "", ""},  {"///a", "///", "///"}, {"../a/b", "", "../a/"}, {"a//b", "", "a//"},
  };
  (void)state;
  check_names(names, sizeof names / sizeof *names);
  assert_true(filename_separates('/'));
  assert_false(filename_separates('a'));
  assert_int_equal(filename_separator(STR("a/b")), '/');
  assert_int_equal(filename_separator(STR("")), '/');
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(slashes_are_known_everywhere)};
  return cmocka_run_group_tests_name("filename", tests, NULL, NULL);
}
