/* Files for one user, on every system. */
#include "liteginx/tls/private_folder.h"

#include "folder.h"

static int set_up(void **state) {
  (void)state;
  return temporary_folder(folder_root) == 0 && uv_chdir(folder_root) == 0 ? 0 : -1;
}

static void test_makes_folders_and_leaves_those_that_are_there(void **state) {
  (void)state;
  assert_int_equal(private_folder_make("a/b/c"), 0);
  assert_int_equal(private_folder_make("a/b/c"), 0);
  assert_int_equal(private_folder_make("a/b/c/"), 0);
  assert_int_equal(private_folder_access("a/b"), PRIVATE_FOLDER_OWN);
  make_file("plain", "");
  assert_int_not_equal(private_folder_make("plain"), 0);
  assert_int_not_equal(private_folder_make("plain/x"), 0);
  assert_int_equal(private_folder_make_new("a/b"), EEXIST);
  assert_int_equal(private_folder_make_new("a/new"), 0);
}

static void test_writes_once_and_reads(void **state) {
  (void)state;
  char bytes[8];
  size_t len;
  assert_int_equal(private_folder_write("file", STR("secret\n")), 0);
  assert_int_equal(private_folder_access("file"), PRIVATE_FOLDER_OWN);
  assert_int_equal(private_folder_write("file", STR("other")), EEXIST);
  assert_int_equal(private_folder_read("file", bytes, sizeof bytes, &len), 0);
  assert_str(str_make(bytes, len), STR("secret\n"));
  assert_int_equal(private_folder_read("file", bytes, 7, &len), 0);
  assert_int_equal(private_folder_read("file", bytes, 6, &len), EFBIG);
  assert_int_equal(private_folder_read("none", bytes, sizeof bytes, &len), ENOENT);
  assert_int_equal(private_folder_write("none/file", STR("x")), ENOENT);
}

static void test_renames_whole_folders(void **state) {
  (void)state;
  assert_int_equal(private_folder_make_new("one"), 0);
  assert_int_equal(private_folder_write("one/file", STR("1")), 0);
  assert_int_equal(private_folder_make_new("two"), 0);
  assert_int_equal(private_folder_write("two/file", STR("2")), 0);
  assert_int_equal(private_folder_rename("one", "two"), EEXIST);
  assert_int_equal(private_folder_rename("one", "three"), 0);
  assert_int_equal(private_folder_make_new("empty"), 0);
  assert_int_equal(private_folder_rename("three", "empty"), 0);
  assert_int_equal(private_folder_access("empty/file"), PRIVATE_FOLDER_OWN);
  assert_int_not_equal(private_folder_rename("none", "four"), 0);
}

static void test_removes(void **state) {
  (void)state;
  assert_int_equal(private_folder_make_new("one"), 0);
  assert_int_equal(private_folder_write("one/file", STR("1")), 0);
  assert_int_not_equal(private_folder_remove("one"), 0);
  assert_int_equal(private_folder_remove("one/file"), 0);
  assert_int_equal(private_folder_remove("one/file"), 0);
  assert_int_equal(private_folder_remove("one"), 0);
  assert_int_equal(private_folder_access("one"), PRIVATE_FOLDER_MISSING);
}

static void test_joins(void **state) {
  (void)state;
  char path[PRIVATE_FOLDER_PATH_BYTES], longer[PRIVATE_FOLDER_PATH_BYTES];
  memset(longer, 'x', sizeof longer);
  longer[sizeof longer - 1] = '\0';
  assert_true(private_folder_join(path, "a/b", "c"));
  assert_str(str_upto(str_of(path), 3), STR("a/b"));
  assert_int_equal(strlen(path), 5);
  assert_false(private_folder_join(path, longer, "c"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_makes_folders_and_leaves_those_that_are_there, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_writes_once_and_reads, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_renames_whole_folders, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_removes, set_up, folder_remove),
      cmocka_unit_test(test_joins),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
