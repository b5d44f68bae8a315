/* Where data is kept, by the XDG Base Directory Specification. */
#include "liteginx/cli/data_folder.h"

#include "os.h"
#include "with_arena.h"

static const char *from_pairs(void *owner, const char *name) {
  const char *const *pairs = owner;
  for (; pairs[0]; pairs += 2) {
    if (strcmp(pairs[0], name) == 0) return pairs[1];
  }
  return NULL;
}

static void test_finds_the_folder(void **state) {
  (void)state;
  static const struct {
    const char *pairs[5], *folder;
  } cases[] = {
      {{"XDG_DATA_HOME", "/data", "HOME", "/home/me", NULL}, "/data"},
      {{"XDG_DATA_HOME", "", "HOME", "/home/me", NULL}, "/home/me/.local/share"},
      {{"XDG_DATA_HOME", "relative", "HOME", "/home/me", NULL}, "/home/me/.local/share"},
      {{"HOME", "/home/me", NULL}, "/home/me/.local/share"},
  };
  for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
    void *pairs = (void *)(uintptr_t)cases[i].pairs;
    assert_string_equal(data_folder(&arena, from_pairs, pairs), cases[i].folder);
  }
}

/* libuv asks for $HOME itself, and then for the user's entry. */
static void test_asks_the_system_where_home_is(void **state) {
  (void)state;
  const char *none[] = {NULL};
  os_set_variable("HOME", "/somewhere");
  assert_string_equal(data_folder_home(&arena, from_pairs, none), "/somewhere");
  os_set_variable("HOME", "");
  assert_null(data_folder(&arena, from_pairs, none));
}

static void test_joins(void **state) {
  (void)state;
  assert_string_equal(data_folder_join(&arena, "/a", "b/c"), "/a/b/c");
  assert_string_equal(data_folder_join(&arena, "/a", ""), "/a");
  assert_null(data_folder_join(&arena, NULL, "b"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_finds_the_folder, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_asks_the_system_where_home_is, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_joins, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
