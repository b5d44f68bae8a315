/* Reading files, folders and standard input in a folder of the test's own. */
#include "liteginx/cli/inputs.h"

#include "folder.h"

struct fixture {
  struct inputs inputs;
  struct config_report report;
  struct config_text *texts;
};

/* False: at least one error. */
static bool read_paths(struct fixture *fixture, const char *const *paths, unsigned count) {
  config_report_init(&fixture->report);
  inputs_init(&fixture->inputs, &fixture->report);
  for (unsigned i = 0; i < count; i++) {
    int code = inputs_add(&fixture->inputs, str_of(paths[i]));
    if (code != 0) inputs_report(&fixture->inputs, str_of(paths[i]), code);
  }
  fixture->texts = inputs_texts(&fixture->inputs);
  assert_non_null(fixture->texts);
  config_report_sort(&fixture->report);
  return fixture->report.errors == 0;
}

static void forget(struct fixture *fixture) {
  inputs_free(&fixture->inputs);
  config_report_free(&fixture->report);
}

static void assert_texts(const struct fixture *fixture, const char *const *names, unsigned count) {
  assert_int_equal(fixture->inputs.count, count);
  for (unsigned i = 0; i < count; i++) assert_str(fixture->texts[i].name, str_of(names[i]));
}

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
  static const char *const paths[] = {"plain", "conf/", "conf/b.yaml", "./conf/b.yaml", "plain", "link"};
  static const char *const names[] = {"conf/a.yml", "conf/b.yaml", "plain"};
  assert_int_equal(symlink("plain", "link"), 0);
  assert_true(read_paths(&fixture, paths, 6));
  assert_texts(&fixture, names, 3);
  forget(&fixture);
}

static void test_tells_what_cannot_be_read(void **state) {
  struct fixture fixture;
  (void)state;
  static const char *const bad[][2] = {
      {"none.yaml", "none.yaml: error: no such file or folder (check the path)"},
      {"plain/x", "plain/x: error: a part of this path is a file, not a folder (check the path)"},
      {"empty", "empty: error: this folder holds no *.yaml or *.yml (put a configuration there, or name another one)"},
      {"/dev/null",
       "/dev/null: error: this is neither a file nor a folder (save the configuration as a file, or send it to "
       "--config -)"},
      {"large", "large:1:1: error: the file has 1048577 bytes, more than the limit of 1 MiB (split it)"},
      {"dangling", "dangling/a.yaml: error: no such file or folder (check the path)"},
      {"circle", "circle: error: the file cannot be read: too many symbolic links encountered"},
  };
  make_file("large", "");
  assert_int_equal(truncate("large", 1024 * 1024 + 1), 0);
  assert_int_equal(mkdir("dangling", 0755), 0);
  assert_int_equal(symlink("nowhere", "dangling/a.yaml") | symlink("circle", "circle"), 0);
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
    const char *paths[] = {bad[i][0], "plain"};
    assert_false(read_paths(&fixture, paths, 2));
    assert_int_equal(fixture.report.errors, 1);
    assert_str(fixture.report.first->text, str_of(bad[i][1]));
    assert_int_equal(fixture.inputs.count, 1);
    forget(&fixture);
  }
}

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
  int before = dup(STDIN_FILENO), file = open(name, O_RDONLY | O_CLOEXEC);
  assert_true(before >= 0 && file >= 0 && dup2(file, STDIN_FILENO) == STDIN_FILENO);
  bool good = read_paths(fixture, paths, 2);
  assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
  assert_int_equal(close(before) | close(file), 0);
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
  make_file("large", "");
  assert_int_equal(truncate("large", 1024 * 1024), 0);
  assert_true(read_input(&fixture, "large"));
  assert_int_equal(fixture.texts[0].text.len, 1024 * 1024);
  forget(&fixture);
  assert_int_equal(truncate("large", 1024 * 1024 + 1), 0);
  assert_false(read_input(&fixture, "large"));
  assert_str(fixture.report.first->text,
             STR("<stdin>:1:1: error: standard input has more than the limit of 1 MiB (save it as several files)"));
  forget(&fixture);
  assert_false(read_input(&fixture, "conf"));
  assert_str(fixture.report.first->text,
             STR("<stdin>: error: the file cannot be read: illegal operation on a directory"));
  forget(&fixture);
}

static void test_knows_what_was_read(void **state) {
  struct fixture fixture;
  static const char *const paths[] = {"plain"};
  (void)state;
  assert_int_equal(symlink("plain", "link"), 0);
  assert_true(read_paths(&fixture, paths, 1));
  assert_false(inputs_lack(&fixture.inputs, STR("link")));
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
  } cases[] = {{"none", UV_ENOENT}, {"plain/x", UV_ENOTDIR}, {"empty", UV_EOF}, {"plain", 0}, {"conf", 0}};
  struct fixture fixture;
  (void)state;
  assert_true(read_paths(&fixture, NULL, 0));
  for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
    assert_int_equal(inputs_add(&fixture.inputs, str_of(cases[i].path)), cases[i].code);
  }
  assert_int_equal(fixture.report.errors, 0);
  forget(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_reads_a_folder_by_name, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_reads_each_file_once, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_tells_what_cannot_be_read, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_tells_of_missing_permission, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_tells_of_a_folder_with_a_file_s_name, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_reads_standard_input, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_knows_what_was_read, folder_make, folder_remove),
      cmocka_unit_test_setup_teardown(test_leaves_to_others_what_is_not_there, folder_make, folder_remove),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
