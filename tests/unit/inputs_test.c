/* Reading files, folders and standard input in a folder of the test's own. */
#include "liteginx/cli/inputs.h"

#include "liteginx/cli/file.h"
#include "read_paths.h"

static void test_reads_a_folder_by_name(void **state) {
  struct fixture fixture;
  (void)state;
  static const char *const paths[] = {"conf"}, *const names[] = {"conf/a.yml", "conf/b.yaml"};
  assert_true(read_paths(&fixture, paths, 1));
  assert_texts(&fixture, names, 2);
  assert_str(fixture.texts[0].text, STR("a"));
  assert_str(fixture.texts[1].text, STR("b"));
  forget(&fixture);
}

static void test_reads_each_file_once(void **state) {
  struct fixture fixture;
  (void)state;
  static const char *const paths[] = {"plain", "conf/", "conf/b.yaml", "./conf/b.yaml", "plain", "more"};
  static const char *const names[] = {"conf/a.yml", "conf/b.yaml", "plain"};
  make_hard_link("plain", "more");
  assert_true(read_paths(&fixture, paths, 6));
  assert_texts(&fixture, names, 3);
  forget(&fixture);
}

/* The other file is read all the same. */
static void assert_unreadable(const char *path, const char *message) {
  struct fixture fixture;
  const char *paths[] = {path, "plain"};
  assert_false(read_paths(&fixture, paths, 2));
  assert_int_equal(fixture.report.errors, 1);
  assert_str(fixture.report.first->text, str_of(message));
  assert_int_equal(fixture.inputs.count, 1);
  forget(&fixture);
}

static void test_tells_what_cannot_be_read(void **state) {
  static const char *const bad[][2] = {
      {"none.yaml", "none.yaml: error: no such file or folder (check the path)"},
      {"empty", "empty: error: this folder holds no *.yaml or *.yml (put a configuration there, or name another one)"},
      {"large", "large:1:1: error: the file has 1048577 bytes, more than the limit of 1 MiB (split it)"},
  };
  (void)state;
  make_large_file("large", 1024 * 1024 + 1);
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) assert_unreadable(bad[i][0], bad[i][1]);
}

static void test_follows_links(void **state) {
  struct fixture fixture;
  (void)state;
  static const char *const paths[] = {"plain", "link"}, *const names[] = {"plain"};
  make_folder("dangling");
  if (!make_link("plain", "link") || !make_link("nowhere", "dangling/a.yaml") || !make_link("circle", "circle")) {
    unit_skip(NO_LINKS);
  }
  assert_true(read_paths(&fixture, paths, 2));
  assert_texts(&fixture, names, 1);
  assert_false(inputs_lack(&fixture.inputs, STR("link")));
  forget(&fixture);
  assert_unreadable("dangling", "dangling/a.yaml: error: no such file or folder (check the path)");
  assert_unreadable("circle", "circle: error: the file cannot be read: too many symbolic links encountered");
}

static void test_tells_of_a_folder_with_a_file_s_name(void **state) {
  struct fixture fixture;
  (void)state;
  static const char *const paths[] = {"conf"};
  assert_true(read_paths(&fixture, paths, 1));
  assert_int_equal(fixture.report.warnings, 1);
  assert_str(fixture.report.first->text, STR("conf/nested.yaml: warning: this folder is not read, whatever its name: "
                                             "only the files beside it are (move its files up, or name it too)"));
  forget(&fixture);
}

/* Puts the file in the place of standard input, and reads it as the configuration. */
static bool read_input(struct fixture *fixture, const char *name) {
  static const char *const paths[] = {"-", "plain"};
  enum { STDIN = 0 };
  uv_fs_t request;
  int before = os_duplicate(STDIN), file = done(&request, uv_fs_open(NULL, &request, name, UV_FS_O_RDONLY, 0, NULL));
  assert_true(before >= 0 && file >= 0 && os_replace(STDIN, file));
  bool good = read_paths(fixture, paths, 2);
  assert_true(os_replace(STDIN, before));
  os_close(before);
  os_close(file);
  return good;
}

static void test_reads_standard_input(void **state) {
  struct fixture fixture;
  (void)state;
  static const char *const names[] = {"<stdin>", "plain"};
  assert_true(read_input(&fixture, "good.yaml"));
  assert_texts(&fixture, names, 2);
  assert_str(fixture.texts[0].text, STR(CONTENT));
  forget(&fixture);
  make_large_file("large", 1024 * 1024);
  assert_true(read_input(&fixture, "large"));
  assert_int_equal(fixture.texts[0].text.len, 1024 * 1024);
  forget(&fixture);
  make_large_file("large", 1024 * 1024 + 1);
  assert_false(read_input(&fixture, "large"));
  assert_str(fixture.report.first->text,
             STR("<stdin>:1:1: error: standard input has more than the limit of 1 MiB (save it as several files)"));
  forget(&fixture);
}

static void test_knows_what_was_read(void **state) {
  struct fixture fixture;
  static const char *const paths[] = {"plain"};
  (void)state;
  make_hard_link("plain", "more");
  assert_true(read_paths(&fixture, paths, 1));
  assert_false(inputs_lack(&fixture.inputs, STR("more")));
  assert_false(inputs_lack(&fixture.inputs, STR("none")));
  assert_true(inputs_lack(&fixture.inputs, STR("good.yaml")));
  assert_true(inputs_in_folder("conf"));
  assert_false(inputs_in_folder("empty") || inputs_in_folder("plain") || inputs_in_folder("none"));
  forget(&fixture);
}

/* What is not there, and a folder without files of ours, is left to whoever asked for it. */
static void test_leaves_to_others_what_is_not_there(void **state) {
  static const struct {
    const char *path;
    int code;
  } cases[] = {{"none", UV_ENOENT}, {"empty", UV_EOF}, {"plain", 0}, {"conf", 0}};
  struct fixture fixture;
  (void)state;
  assert_true(read_paths(&fixture, NULL, 0));
  for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
    assert_int_equal(inputs_add(&fixture.inputs, str_of(cases[i].path)), cases[i].code);
  }
  assert_int_equal(fixture.report.errors, 0);
  forget(&fixture);
}

static void test_files_without_numbers_are_not_one(void **state) {
  (void)state;
  struct file_id one = {7, 1}, same = {7, 1}, elsewhere = {8, 1}, none = {7, 0};
  assert_true(file_id_equal(one, same));
  assert_false(file_id_equal(one, elsewhere));
  assert_false(file_id_equal(none, none));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_reads_a_folder_by_name, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_reads_each_file_once, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_tells_what_cannot_be_read, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_follows_links, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_tells_of_a_folder_with_a_file_s_name, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_reads_standard_input, folder_make, folder_remove),
      cmocka_unit_test(test_files_without_numbers_are_not_one),
      cmocka_unit_test_setup_teardown(test_knows_what_was_read, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_leaves_to_others_what_is_not_there, folder_make, folder_remove),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
