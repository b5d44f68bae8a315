/* What only Unix has of inputs: permissions, devices, and folders that can be opened as files. */
#include <sys/stat.h>
#include <unistd.h>

#include "read_paths.h"

static void test_tells_of_missing_permission(void **state) {
  struct fixture fixture;
  (void)state;
  enum { NOBODY = 65534 };
  static const char *const paths[] = {"plain", "empty"};
  uid_t user = geteuid();
  assert_int_equal(chmod("plain", 0) | chmod("empty", 0) | chmod(".", 0755), 0);
  if (user == 0) assert_int_equal(seteuid(NOBODY), 0); /* root may read everything */
  assert_false(read_paths(&fixture, paths, 2));
  assert_int_equal(seteuid(user), 0);
  assert_int_equal(fixture.report.errors, 2);
  assert_str(fixture.report.first->text,
             STR("empty: error: permission denied (let this user read and enter the folder)"));
  assert_str(fixture.report.last->text,
             STR("plain: error: permission denied (let this user read the file, and enter its folders)"));
  forget(&fixture);
  assert_int_equal(chmod("plain", 0644) | chmod("empty", 0755), 0);
}

/* Elsewhere there simply is no such file. */
static void test_tells_of_a_file_that_is_no_folder(void **state) {
  struct fixture fixture;
  static const char *const paths[] = {"plain/x"};
  (void)state;
  assert_false(read_paths(&fixture, paths, 1));
  assert_str(fixture.report.first->text,
             STR("plain/x: error: a part of this path is a file, not a folder (check the path)"));
  assert_int_equal(inputs_add(&fixture.inputs, STR("plain/x")), UV_ENOTDIR);
  forget(&fixture);
}

static void test_tells_of_a_device(void **state) {
  struct fixture fixture;
  static const char *const paths[] = {"/dev/null"};
  (void)state;
  assert_false(read_paths(&fixture, paths, 1));
  assert_str(fixture.report.first->text, STR("/dev/null: error: this is neither a file nor a folder (save the "
                                             "configuration as a file, or send it to --config -)"));
  forget(&fixture);
}

static void test_tells_of_a_folder_as_standard_input(void **state) {
  struct fixture fixture;
  static const char *const paths[] = {"-"};
  (void)state;
  int before = dup(STDIN_FILENO), folder = open("conf", O_RDONLY | O_CLOEXEC);
  assert_true(before >= 0 && folder >= 0 && dup2(folder, STDIN_FILENO) == STDIN_FILENO);
  assert_false(read_paths(&fixture, paths, 1));
  assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
  assert_int_equal(close(before) | close(folder), 0);
  assert_str(fixture.report.first->text,
             STR("<stdin>: error: the file cannot be read: illegal operation on a directory"));
  forget(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_tells_of_missing_permission, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_tells_of_a_file_that_is_no_folder, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_tells_of_a_device, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_tells_of_a_folder_as_standard_input, folder_make, folder_remove),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
