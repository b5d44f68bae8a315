/* The table of actions, and the words for what they do. What they decide is plan_test's. */
#include "liteginx/action/table.h"

#include "liteginx/base/socket_path.h"
#include "liteginx/config/tables.h"
#include "loaded.h"

/* Whoever has the key of an action has its row, and each group of keys that say it has one. */
static void test_the_table_is_whole(void **state) {
  (void)state;
  for (unsigned i = 0; i < SPEC_COUNT; i++) {
    const struct key *key = &schema_spec.rows[i];
    bool says = key_in_group(key, "action");
    if ((action_table[i].name != NULL) != says) fail_msg("%s", key->name);
    assert_int_equal(action_table[i].words != NULL, says);
    assert_int_equal(action_table[i].decide != NULL, says && i != SPEC_targets);
    assert_int_equal(action_table[i].counted_as != NULL, says && i != SPEC_targets);
  }
}

static void assert_words(const char *keys, const char *name, const char *words) {
  struct fixture fixture = {.bind = NULL};
  struct arena arena;
  char text[512];
  arena_init(&arena, NULL, 4096);
  snprintf(text, sizeof text, "name: a\nspec:\n  - {kind: http, listen: 1, path: '/u/{id}', %s}\n", keys);
  load_text(&fixture, text);
  const struct config_route *route = &assert_loaded(&fixture)->listeners[0].routes[0];
  assert_string_equal(action_of(route)->name, name);
  assert_str(action_of(route)->words(&arena, route), str_of(words));
  arena_reset(&arena);
  arena_init(&arena, NULL, 0);
  assert_null(action_of(route)->words(&arena, route).ptr);
  unload(&fixture);
}

static void test_words(void **state) {
  (void)state;
  static const struct {
    const char *route, *name, *words;
  } rows[] = {
      {"targets: [3000]", "proxy", "localhost:3000"},
      {"targets: [3000, '[::1]:3001', {host: a, port: 1, weight: 2}]", "proxy",
       "localhost:3000 ×1, [::1]:3001 ×1, a:1 ×2"},
      {"targets: [1, 2, 3, 4, 5, 6]", "proxy", "localhost:1, localhost:2, localhost:3, localhost:4, … and 2 more"},
      {"redirect: '/new/{id}'", "redirect", "307 to /new/{id}"},
      {"redirect: {to: 'https://a.example', status: 308}", "redirect", "308 to https://a.example"},
      {"redirect: \"/\\u009b\"", "redirect", "307 to /\\xc2\\x9b"},
      {"respond: {}", "respond", "200, empty"},
      {"respond: {status: 204}", "respond", "204, empty"},
      {"respond: {type: a/b}", "respond", "200 a/b, empty"},
      {"respond: {body: x}", "respond", "200 text/plain, 1 byte"},
      {"respond: {file: hello.txt, status: 503}", "respond", "503 text/plain, 6 bytes"},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) assert_words(rows[i].route, rows[i].name, rows[i].words);
}

static void test_words_of_a_socket(void **state) {
  (void)state;
  if (socket_path_max() == 0) unit_skip("there are no Unix sockets here");
  assert_words("targets: ['unix:./a.sock']", "proxy", "unix:a.sock");
}

static void test_long_texts_are_cut(void **state) {
  (void)state;
  struct arena arena;
  char text[ACTION_SHOWN_BYTES + 1];
  memset(text, 'x', sizeof text);
  arena_init(&arena, NULL, 4096);
  assert_int_equal(action_shown(&arena, str_make(text, ACTION_SHOWN_BYTES)).len, ACTION_SHOWN_BYTES);
  struct str cut = action_shown(&arena, str_make(text, sizeof text));
  assert_true(str_ends_with(cut, STR("x…")) && cut.len == ACTION_SHOWN_BYTES + strlen("…"));
  arena_reset(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_table_is_whole),
      cmocka_unit_test(test_words),
      cmocka_unit_test(test_words_of_a_socket),
      cmocka_unit_test(test_long_texts_are_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
