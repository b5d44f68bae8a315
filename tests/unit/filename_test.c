/* What names of files begin with, and what they stand in, on the system at hand. */
#include "liteginx/base/filename.h"

#include "unit.h"

struct name {
  const char *text, *root, *folder;
};

static void check(const struct name *names, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct str name = str_of(names[i].text);
    assert_str(str_upto(name, filename_root(name)), str_of(names[i].root));
    assert_str(filename_folder(name), str_of(names[i].folder));
  }
}

static void slashes_are_known_everywhere(void **state) {
  static const struct name names[] = {
      {"", "", ""},    {"a", "", ""},          {"a/b", "", "a/"},       {"./a", "", "./"},
      {"/", "/", "/"}, {"/a", "/", "/"},       {"/a/b", "/", "/a/"},    {"a/", "", "a/"},
      {"..", "", ""},  {"///a", "///", "///"}, {"../a/b", "", "../a/"}, {"a//b", "", "a//"},
  };
  (void)state;
  check(names, sizeof names / sizeof *names);
  assert_true(filename_separates('/'));
  assert_false(filename_separates('a'));
  assert_int_equal(filename_separator(STR("a/b")), '/');
  assert_int_equal(filename_separator(STR("")), '/');
}

#ifdef _WIN32
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
  check(names, sizeof names / sizeof *names);
  assert_true(filename_separates('\\'));
  assert_int_equal(filename_separator(STR("C:\\a")), '\\');
}
#else
static void a_backslash_is_a_letter_of_a_name(void **state) {
  static const struct name names[] = {{"C:\\a\\b", "", ""}, {"a\\b/c", "", "a\\b/"}, {"C:/a", "", "C:/"}};
  (void)state;
  check(names, sizeof names / sizeof *names);
  assert_false(filename_separates('\\'));
  assert_int_equal(filename_separator(STR("C:\\a")), '/');
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(slashes_are_known_everywhere),
#ifdef _WIN32
      cmocka_unit_test(windows_has_drives_and_shares),
#else
      cmocka_unit_test(a_backslash_is_a_letter_of_a_name),
#endif
  };
  return cmocka_run_group_tests_name("filename", tests, NULL, NULL);
}
