/* Finding the configuration's files, and printing what there is to say, in a folder of the test's own. */
#include "found_files.h"
#include "liteginx/cli/check.h"
#include "liteginx/config/load.h"

/* The current folder goes before all others, and what only has the right name there does not count. */
static void test_looks_here_first(void **state) {
  struct fixture *fixture = *state;
  static const char *const env[] = {"LITEGINX_CONF_DIR", "conf", NULL};
  static const char *const elsewhere[] = {"conf/a.yml", "conf/b.yaml"}, *const file[] = {"./liteginx.yaml"};
  static const char *const both[] = {"./liteginx.yaml", "./liteginx/B.YML", "./liteginx/a.YAML"};
  make_file("liteginx", "the program");
  assert_true(read_paths(fixture, NULL, 0, env));
  assert_texts(fixture, elsewhere, 2);
  forget(fixture);
  remove_file("liteginx");
  make_folder("liteginx");
  make_file("liteginx/meson.build", "its source");
  assert_true(read_paths(fixture, NULL, 0, env));
  assert_texts(fixture, elsewhere, 2);
  forget(fixture);
  make_file("liteginx.yaml", "here");
  assert_true(read_paths(fixture, NULL, 0, env));
  assert_true(fixture->files.here_file && !fixture->files.here_folder);
  assert_texts(fixture, file, 1);
  forget(fixture);
  make_file("liteginx/a.YAML", "a");
  make_file("liteginx/B.YML", "b");
  assert_true(read_paths(fixture, NULL, 0, env));
  assert_true(fixture->files.here_file && fixture->files.here_folder);
  assert_texts(fixture, both, 3);
  forget(fixture);
}

static void test_takes_both_endings_here(void **state) {
  struct fixture *fixture = *state;
  static const char *const env[] = {"LITEGINX_CONF_DIR", "conf", NULL};
  static const char *const shorter[] = {"./liteginx.yml"}, *const longer[] = {"./liteginx.yaml"};
  make_file("liteginx.yml", "short");
  assert_true(read_paths(fixture, NULL, 0, env));
  assert_texts(fixture, shorter, 1);
  assert_string_equal(fixture->files.here_file, "./liteginx.yml");
  forget(fixture);
  make_file("liteginx.yaml", "long");
  assert_false(read_paths(fixture, NULL, 0, env));
  assert_texts(fixture, longer, 1);
  assert_int_equal(fixture->report.errors, 1);
  assert_str(fixture->report.first->text,
             STR("./liteginx.yml: error: ./liteginx.yaml is here, too, and only one of them can be meant (remove the "
                 "other, or name the one)"));
  forget(fixture);
  remove_file("liteginx.yml");
  make_hard_link("liteginx.yaml", "liteginx.yml");
  assert_true(read_paths(fixture, NULL, 0, env));
  assert_texts(fixture, longer, 1);
  forget(fixture);
}

static void test_tells_of_other_letters_here(void **state) {
  struct fixture *fixture = *state;
  static const char *const env[] = {"LITEGINX_CONF_DIR", "conf", NULL}, *const none[] = {"LITEGINX_CONF_DIR", "nope",
                                                                                         NULL};
  make_file("Liteginx.YAML", CONTENT);
  if (files_exist("liteginx.yaml")) unit_skip("large and small letters are the same here");
  assert_true(read_paths(fixture, NULL, 0, env));
  assert_int_equal(fixture->files.count, 2);
  assert_str(fixture->report.first->text,
             STR("./Liteginx.YAML: warning: this file is not read (call it liteginx.yaml, in "
                 "small letters, or name it)"));
  forget(fixture);
  assert_false(read_paths(fixture, NULL, 0, none));
  assert_int_equal(fixture->report.errors, 1);
  assert_int_equal(fixture->report.warnings, 1);
  forget(fixture);
  make_hard_link("Liteginx.YAML", "liteginx.yaml");
  assert_true(read_paths(fixture, NULL, 0, env));
  assert_null(fixture->report.first);
  assert_int_equal(fixture->files.count, 1);
  forget(fixture);
}

static size_t read_back(FILE *file, char *into, size_t size) {
  rewind(file);
  size_t len = fread(into, 1, size - 1, file);
  into[len] = '\0';
  fclose(file);
  return len;
}

static void test_shows_what_to_write_where_nothing_is(void **state) {
  struct fixture *fixture = *state;
  static const char *const env[] = {"LITEGINX_CONF_DIR", "empty", NULL}, *const none[] = {"LITEGINX_CONF_DIR", "nope",
                                                                                          NULL};
  char printed[2048];
  FILE *file = os_temporary_file();
  assert_non_null(file);
  assert_false(read_paths(fixture, NULL, 0, env));
  assert_true(fixture->files.nothing_found);
  files_print(&fixture->files, &fixture->report, file, false);
  read_back(file, printed, sizeof printed);
  assert_non_null(strstr(
      printed,
      "error: there is no configuration: ./liteginx.yaml is not there, and empty holds no *.yaml (name a file or a "
      "folder)\n"));
  assert_non_null(strstr(printed, "save these lines as ./liteginx.yaml"));
  assert_non_null(strstr(printed, files_first_config()));
  forget(fixture);
  assert_false(read_paths(fixture, NULL, 0, none));
  assert_str(
      fixture->report.first->text,
      STR("error: there is no configuration: neither ./liteginx.yaml nor nope is there (name a file or a folder)"));
  forget(fixture);

  struct config_text text = {STR("first.yaml"), str_of(files_first_config())};
  config_report_init(&fixture->report);
  struct config *config = config_load(&text, 1, home_env, NULL, &fixture->report);
  assert_non_null(config);
  assert_null(fixture->report.first);
  config_free(config);
  config_report_free(&fixture->report);
  unsigned lines = 0;
  for (const char *at = files_first_config(); *at; at++) lines += *at == '\n';
  assert_int_equal(lines, 5);
}

static void test_check_says_where_it_cannot_write(void **state) {
  (void)state;
  static const char *const good[] = {"good.yaml"};
  char text[512];
  FILE *full = fopen("/dev/full", "w"), *err = os_temporary_file();
  if (!full) unit_skip("there is no /dev/full");
  assert_int_equal(check_run(good, 1, full, err, false), 1);
  fclose(full);
  read_back(err, text, sizeof text);
  assert_string_equal(text,
                      "liteginx: the configuration is fine, but the output could not be written: no space left on "
                      "device\n");
}

static void test_check_counts_or_tells(void **state) {
  (void)state;
  static const char *const good[] = {"good.yaml"}, *const bad[] = {"good.yaml", "conf", "none"};
  char out_text[512], err_text[2048];
  FILE *out = os_temporary_file(), *err = os_temporary_file();
  assert_true(out && err);
  assert_int_equal(check_run(good, 1, out, err, false), 0);
  read_back(out, out_text, sizeof out_text);
  read_back(err, err_text, sizeof err_text);
  assert_string_equal(out_text, "1 listener, 1 route, 1 target: configuration is fine\n");
  assert_string_equal(err_text, "");

  out = os_temporary_file();
  err = os_temporary_file();
  assert_true(out && err);
  assert_int_equal(check_run(bad, 3, out, err, true), 1);
  read_back(out, out_text, sizeof out_text);
  read_back(err, err_text, sizeof err_text);
  assert_string_equal(out_text, "");
  char *start = strstr(err_text, "\nTo start, save these lines");
  assert_non_null(start);
  *start = '\0'; /* what follows is shown by test_shows_what_to_write_where_nothing_is */
  assert_string_equal(
      err_text,
      "conf/a.yml:1:1: \x1b[1;31merror:\x1b[0m a document must be a mapping with 'name' and 'spec', or "
      "with 'settings', got a single value\n    1 | a\n      | \x1b[1;32m^\x1b[0m\n"
      "conf/b.yaml:1:1: \x1b[1;31merror:\x1b[0m a document must be a mapping with 'name' and 'spec', or "
      "with 'settings', got a single value\n    1 | b\n      | \x1b[1;32m^\x1b[0m\n"
      "conf/nested.yaml: \x1b[1;33mwarning:\x1b[0m this folder is not read, whatever its name: only the files "
      "beside it are (move its files up, or name it too)\n"
      "none: \x1b[1;31merror:\x1b[0m no such file or folder (check the path)\n");
}

static void test_tells_of_an_empty_path(void **state) {
  struct fixture *fixture = *state;
  static const char *const paths[] = {"", "plain"};
  assert_false(read_paths(fixture, paths, 2, NULL));
  assert_int_equal(fixture->report.errors, 1);
  assert_str(fixture->report.first->text, STR("error: --config is given an empty path (name a file or a folder)"));
  assert_int_equal(fixture->files.count, 1);
  forget(fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_tells_of_an_empty_path, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_looks_here_first, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_takes_both_endings_here, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_tells_of_other_letters_here, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_shows_what_to_write_where_nothing_is, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_check_counts_or_tells, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_check_says_where_it_cannot_write, set_up, folder_remove),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
