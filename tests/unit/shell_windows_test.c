/* Where Windows keeps configurations, what its shells are told, and variables in UTF-8. */
#include "liteginx/cli/shell.h"

#include "found_files.h"
#include "liteginx/config/load.h"

static void test_looks_in_the_usual_places(void **state) {
  struct fixture *fixture = *state;
  char own[FOLDER_BYTES + 64], roaming[FOLDER_BYTES + 64], file[FOLDER_BYTES + 128];
  snprintf(own, sizeof own, "%s\\conf", folder_root);
  snprintf(roaming, sizeof roaming, "%s\\Roaming", folder_root);
  snprintf(file, sizeof file, "%s\\liteginx\\x.yaml", roaming);
  make_folder("Roaming");
  make_folder("Roaming/liteginx");
  make_file("Roaming/liteginx/x.yaml", "x");
  const char *all[] = {"LITEGINX_CONF_DIR", own, "APPDATA", roaming, NULL};
  const char *const names[] = {file};
  assert_true(read_paths(fixture, NULL, 0, all));
  assert_int_equal(fixture->files.count, 2);
  forget(fixture);
  assert_true(read_paths(fixture, NULL, 0, all + 2));
  assert_texts(fixture, names, 1);
  forget(fixture);
}

/* libuv asks for %USERPROFILE% itself, and then for the user's profile. */
static void test_asks_the_system_where_home_is(void **state) {
  struct fixture *fixture = *state;
  const char *none[] = {NULL};
  os_set_variable("USERPROFILE", "C:\\Users\\nobody");
  assert_false(read_paths(fixture, NULL, 0, none));
  assert_true(fixture->files.nothing_found);
  assert_str(fixture->report.first->text,
             STR("error: there is no configuration: neither ./liteginx.yaml nor "
                 "C:\\Users\\nobody\\AppData\\Roaming\\liteginx is there (name a file or a folder)"));
  forget(fixture);
}

static void test_speaks_to_shells(void **state) {
  char line[64];
  (void)state;
  assert_int_equal(shell_quote(), '"');
  assert_string_equal(shell_quoted_quote(), "\"\"");
  assert_true(shell_takes(STR("http://localhost:5000/it's/%C3%BC?a=b&c")));
  assert_false(shell_takes(STR("http://localhost:5000/$metadata"))); /* PowerShell would look for a variable */
  assert_false(shell_takes(STR("`")));
  assert_false(shell_takes(STR("\"")));
  assert_string_equal(shell_curl(), "curl.exe");
  assert_string_equal(shell_config_places(), "%LITEGINX_CONF_DIR%, else %APPDATA%\\liteginx");
  shell_talk(line, sizeof line, "localhost", 5000);
  assert_string_equal(line, "curl.exe telnet://localhost:5000");
  shell_talk(line, sizeof line, "[::1]", 5000);
  assert_string_equal(line, "curl.exe telnet://[::1]:5000");
}

static const char *variable(void *owner, const char *name) {
  return shell_getenv(owner, name);
}

/* The process has them in UTF-16, and the C library in a code page that lacks most letters. */
static void test_variables_are_utf8(void **state) {
  struct arena arena;
  struct config_report report;
  static char text[] = "name: ${LITEGINX_TEST}\n"
                       "spec: [{kind: http, listen: 1, path: /, targets: [{host: localhost, port: 2}]}]\n";
  struct config_text file = {STR_INIT("f.yaml"), str_of(text)};
  (void)state;
  arena_init(&arena, NULL, 1 << 20);
  assert_true(SetEnvironmentVariableW(L"LITEGINX_TEST", L"f\u00fcr 5 \u20ac \U0001f422"));
  assert_string_equal(shell_getenv(&arena, "LITEGINX_TEST"), "für 5 € 🐢");
  assert_string_equal(shell_getenv(&arena, "liteginx_test"), "für 5 € 🐢");
  config_report_init(&report);
  struct config *config = config_load(&file, 1, variable, &arena, &report);
  assert_non_null(config);
  assert_str(config->listeners[0].routes[0].name, STR("für 5 € 🐢"));
  config_free(config);
  config_report_free(&report);
  assert_true(SetEnvironmentVariableW(L"LITEGINX_TEST", NULL));
  assert_null(shell_getenv(&arena, "LITEGINX_TEST"));
  arena_reset(&arena);
}

static void test_an_empty_variable_is_one(void **state) {
  struct arena arena;
  (void)state;
  arena_init(&arena, NULL, 1 << 20);
  assert_true(SetEnvironmentVariableW(L"LITEGINX_TEST", L""));
  assert_string_equal(shell_getenv(&arena, "LITEGINX_TEST"), "");
  arena_reset(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_looks_in_the_usual_places, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_asks_the_system_where_home_is, set_up, folder_remove),
      cmocka_unit_test(test_speaks_to_shells),
      cmocka_unit_test(test_variables_are_utf8),
      cmocka_unit_test(test_an_empty_variable_is_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
