/* Where Unix keeps configurations, and what its shells are told. */
#include "liteginx/cli/shell.h"

#include "found_files.h"

static void test_looks_in_the_usual_places(void **state) {
  struct fixture *fixture = *state;
  char own[FOLDER_BYTES + 64], xdg[FOLDER_BYTES + 64], home[FOLDER_BYTES + 64], xdg_file[FOLDER_BYTES + 192],
      home_file[FOLDER_BYTES + 192];
  snprintf(own, sizeof own, "%s/conf", folder_root);
  snprintf(xdg, sizeof xdg, "%s/xdg", folder_root);
  snprintf(home, sizeof home, "%s/home", folder_root);
  snprintf(xdg_file, sizeof xdg_file, "%s/liteginx/x.yaml", xdg);
  snprintf(home_file, sizeof home_file, "%s/.config/liteginx/h.yaml", home);
  static const char *const folders[] = {"xdg", "xdg/liteginx", "home", "home/.config", "home/.config/liteginx"};
  for (size_t i = 0; i < UNIT_COUNT(folders); i++) make_folder(folders[i]);
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
  char home[FOLDER_BYTES + 64], wanted[FOLDER_BYTES + 192];
  snprintf(home, sizeof home, "%s/nobody's", folder_root);
  snprintf(wanted, sizeof wanted,
           "error: there is no configuration: neither ./liteginx.yaml nor %s/.config/liteginx is there (name a file or "
           "a folder)",
           home);
  os_set_variable("HOME", home);
  assert_false(read_paths(fixture, NULL, 0, none));
  assert_true(fixture->files.nothing_found);
  assert_str(fixture->report.first->text, str_of(wanted));
  forget(fixture);
  os_set_variable("HOME", "");
  assert_false(read_paths(fixture, NULL, 0, none));
  assert_str(fixture->report.first->text,
             STR("error: there is no home folder to look for a configuration in (name a file or a folder)"));
  forget(fixture);
}

static void test_speaks_to_shells(void **state) {
  char line[64];
  (void)state;
  assert_int_equal(shell_quote(), '\'');
  assert_string_equal(shell_quoted_quote(), "'\\''");
  assert_string_equal(shell_curl(), "curl");
  shell_talk(line, sizeof line, "localhost", 5000);
  assert_string_equal(line, "nc localhost 5000");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_looks_in_the_usual_places, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_asks_the_system_where_home_is, set_up, folder_remove),
      cmocka_unit_test(test_speaks_to_shells),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
