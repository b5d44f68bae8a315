/* Finding the configuration's files, and printing what there is to say, in a folder of the test's own. */
#include "liteginx/cli/files.h"

#include "folder.h"
#include "liteginx/cli/check.h"
#include "liteginx/config/load.h"

struct fixture {
  struct files files;
  struct config_report report;
};

static int set_up(void **state) {
  static struct fixture fixture;
  *state = &fixture;
  return folder_make(state);
}

static const char *home_env(void *owner, const char *name) {
  const char *const *table = owner;
  for (; table && *table; table += 2) {
    if (strcmp(table[0], name) == 0) return table[1];
  }
  return NULL;
}

static bool read_paths(struct fixture *fixture, const char *const *paths, unsigned count, const char *const *env) {
  config_report_init(&fixture->report);
  return files_read(&fixture->files, paths, count, home_env, (void *)(uintptr_t)env, &fixture->report);
}

static void forget(struct fixture *fixture) {
  files_free(&fixture->files);
  config_report_free(&fixture->report);
}

static void assert_texts(const struct fixture *fixture, const char *const *names, unsigned count) {
  assert_int_equal(fixture->files.count, count);
  for (unsigned i = 0; i < count; i++) assert_str(fixture->files.texts[i].name, str_of(names[i]));
}

static void test_looks_in_the_usual_places(void **state) {
  struct fixture *fixture = *state;
  char own[128], xdg[128], home[128], xdg_file[256], home_file[256];
  snprintf(own, sizeof own, "%s/conf", folder_root);
  snprintf(xdg, sizeof xdg, "%s/xdg", folder_root);
  snprintf(home, sizeof home, "%s/home", folder_root);
  snprintf(xdg_file, sizeof xdg_file, "%s/liteginx/x.yaml", xdg);
  snprintf(home_file, sizeof home_file, "%s/.config/liteginx/h.yaml", home);
  assert_int_equal(mkdir("xdg", 0755) | mkdir("xdg/liteginx", 0755) | mkdir("home", 0755), 0);
  assert_int_equal(mkdir("home/.config", 0755) | mkdir("home/.config/liteginx", 0755), 0);
  make_file("xdg/liteginx/x.yaml", "x");
  make_file("home/.config/liteginx/h.yaml", "h");
  const char *all[] = {"LITEGINX_CONF_DIR", own, "XDG_CONFIG_HOME", xdg, "HOME", home, NULL};
  const char *empty[] = {"LITEGINX_CONF_DIR", "", "XDG_CONFIG_HOME", "relative", "HOME", home, NULL};
  const char *const xdg_names[] = {xdg_file}, *const home_names[] = {home_file};
  assert_true(read_paths(fixture, NULL, 0, all));
  assert_int_equal(fixture->files.count, 2);
  forget(fixture);
  assert_true(read_paths(fixture, NULL, 0, all + 2));
  assert_texts(fixture, xdg_names, 1);
  forget(fixture);
  assert_true(read_paths(fixture, NULL, 0, empty));
  assert_texts(fixture, home_names, 1);
  forget(fixture);
}

/* libuv asks for $HOME itself, and then for the user's entry. */
static void test_asks_the_system_where_home_is(void **state) {
  struct fixture *fixture = *state;
  const char *none[] = {NULL};
  char home[128], wanted[256];
  snprintf(home, sizeof home, "%s/nobody's", folder_root);
  snprintf(wanted, sizeof wanted,
           "error: there is no configuration: neither ./liteginx.yaml nor %s/.config/liteginx is there (name a file or "
           "a folder)",
           home);
  assert_int_equal(setenv("HOME", home, 1), 0);
  assert_false(read_paths(fixture, NULL, 0, none));
  assert_true(fixture->files.nothing_found);
  assert_str(fixture->report.first->text, str_of(wanted));
  forget(fixture);
  assert_int_equal(setenv("HOME", "", 1), 0);
  assert_false(read_paths(fixture, NULL, 0, none));
  assert_str(fixture->report.first->text,
             STR("error: there is no home folder to look for a configuration in (name a file or a folder)"));
  forget(fixture);
}

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
  assert_int_equal(unlink("liteginx") | mkdir("liteginx", 0755), 0);
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
  assert_int_equal(unlink("liteginx.yml") | symlink("liteginx.yaml", "liteginx.yml"), 0);
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
  assert_int_equal(symlink("Liteginx.YAML", "liteginx.yaml"), 0);
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
  FILE *file = tmpfile();
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
  FILE *full = fopen("/dev/full", "w"), *err = tmpfile();
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
  FILE *out = tmpfile(), *err = tmpfile();
  assert_true(out && err);
  assert_int_equal(check_run(good, 1, out, err, false), 0);
  read_back(out, out_text, sizeof out_text);
  read_back(err, err_text, sizeof err_text);
  assert_string_equal(out_text, "1 listener, 1 route, 1 target: configuration is fine\n");
  assert_string_equal(err_text, "");

  out = tmpfile();
  err = tmpfile();
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
      cmocka_unit_test_setup_teardown(test_looks_in_the_usual_places, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_looks_here_first, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_takes_both_endings_here, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_tells_of_other_letters_here, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_asks_the_system_where_home_is, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_shows_what_to_write_where_nothing_is, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_check_counts_or_tells, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_check_says_where_it_cannot_write, set_up, folder_remove),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
