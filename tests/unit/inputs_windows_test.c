/* What only Windows has of inputs: names between backslashes, of any letters, and one file by names in other letters. */
#include "read_paths.h"

static void test_joins_as_the_folder_is_written(void **state) {
  static const char *const all[][3] = {
      {"C:\\conf", "a.yaml", "C:\\conf\\a.yaml"},
      {"C:\\conf\\", "a.yaml", "C:\\conf\\a.yaml"},
      {"C:/conf", "a.yaml", "C:/conf/a.yaml"},
      {"C:/conf/", "a.yaml", "C:/conf/a.yaml"},
      {"C:", "a.yaml", "C:a.yaml"},
      {"C:conf", "a.yaml", "C:conf/a.yaml"},
      {"conf", "a.yaml", "conf/a.yaml"},
      {"conf\\", "a.yaml", "conf\\a.yaml"},
      {".\\conf", "a.yaml", ".\\conf\\a.yaml"},
      {"\\\\server\\share", "a.yaml", "\\\\server\\share\\a.yaml"},
      {"//server/share", "a.yaml", "//server/share/a.yaml"},
  };
  struct config_report report;
  struct inputs inputs;
  (void)state;
  config_report_init(&report);
  inputs_init(&inputs, &report);
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    assert_str(inputs_join(&inputs, str_of(all[i][0]), str_of(all[i][1])), str_of(all[i][2]));
  }
  inputs_free(&inputs);
  config_report_free(&report);
}

static void test_reads_by_backslashes(void **state) {
  struct fixture fixture;
  static const char *const paths[] = {".\\conf\\", "conf\\b.yaml"}, *const names[] = {".\\conf\\a.yml",
                                                                                      ".\\conf\\b.yaml"};
  (void)state;
  assert_true(read_paths(&fixture, paths, 2));
  assert_texts(&fixture, names, 2);
  forget(&fixture);
}

static void test_one_file_in_other_letters_is_one(void **state) {
  struct fixture fixture;
  static const char *const paths[] = {"good.yaml", "GOOD.YAML", ".\\Good.yaml"}, *const names[] = {"good.yaml"};
  (void)state;
  assert_true(read_paths(&fixture, paths, 3));
  assert_texts(&fixture, names, 1);
  forget(&fixture);
}

/* The code page of an old program has none of these. */
static void test_reads_names_of_any_letters(void **state) {
  struct fixture fixture;
  uv_fs_t request;
  static const char *const paths[] = {"für 5 €"}, *const names[] = {"für 5 €/żółw 🐢.yaml"};
  (void)state;
  make_folder(paths[0]);
  int file = done(&request, uv_fs_open(NULL, &request, names[0], UV_FS_O_WRONLY | UV_FS_O_CREAT, 0600, NULL));
  assert_true(file >= 0);
  assert_int_equal(os_write(file, "x", 1), 1);
  os_close(file);
  assert_true(read_paths(&fixture, paths, 1));
  assert_texts(&fixture, names, 1);
  assert_str(fixture.texts[0].text, STR("x"));
  forget(&fixture);
}

static void test_nothing_can_be_read(void **state) {
  struct fixture fixture;
  static const char *const paths[] = {"Q:\\no such drive\\a.yaml"};
  (void)state;
  assert_false(read_paths(&fixture, paths, 1));
  assert_str(fixture.report.first->text,
             STR("Q:\\no such drive\\a.yaml: error: no such file or folder (check the path)"));
  forget(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_joins_as_the_folder_is_written),
      cmocka_unit_test_setup_teardown(test_reads_by_backslashes, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_one_file_in_other_letters_is_one, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_reads_names_of_any_letters, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_nothing_can_be_read, folder_make, folder_remove),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
