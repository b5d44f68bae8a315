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

static void hints_quote_what_is_several_words(void **state) {
  (void)state;
  assert_string_equal(filename_quote("/usr/bin/liteginx"), "");
  assert_string_equal(filename_quote("C:\\conf\\für.yaml"), "");
  assert_string_equal(filename_quote("my conf.yaml"), "\"");
  assert_string_equal(filename_quote("a(1).yaml"), "\"");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(slashes_are_known_everywhere),
                                     cmocka_unit_test(hints_quote_what_is_several_words)};
  return cmocka_run_group_tests_name("filename", tests, NULL, NULL);
}
