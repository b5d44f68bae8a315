/* Targets in one word. What is none, and what is said then, is in load_test's table of bad files. */
#include "liteginx/config/target_word.h"

#include "loaded.h"

static void test_targets_in_one_word(void **state) {
  (void)state;
  static const struct {
    const char *item, *host;
    unsigned port;
  } good[] = {
      {"localhost:3000", "localhost", 3000},
      {"http://localhost:3000", "localhost", 3000},
      {"HTTP://Shop.Localhost:80", "shop.localhost", 80},
      {"http://app", "app", 80},
      {"tcp://app:5432", "app", 5432},
      {"3000", "localhost", 3000},
      {"':3000'", "localhost", 3000},
      {"'[::1]:3000'", "::1", 3000},
      {"'http://[::1]:3000'", "::1", 3000},
      {"'http://[::1]'", "::1", 80},
      {"127.0.0.1:3000", "127.0.0.1", 3000},
      {"'app:${PORT}'", "app", 6000},
      {"'${NONE:-http://app:1}'", "app", 1},
  };
  for (size_t i = 0; i < UNIT_COUNT(good); i++) {
    struct fixture fixture = {.bind = NULL};
    char text[512];
    snprintf(text, sizeof text, HEAD "    path: /one\n    targets: [%s, {host: b, port: 2, weight: 7}]\n",
             good[i].item);
    load_text(&fixture, text);
    const struct config_route *route = assert_loaded(&fixture)->listeners[0].routes;
    if (fixture.report.first) fail_msg("%.*s", STR_ARG(fixture.report.first->text));
    assert_int_equal(route->target_count, 2);
    assert_str(route->targets[0].host, str_of(good[i].host));
    assert_int_equal(route->targets[0].port, good[i].port);
    assert_int_equal(route->targets[0].weight, 1);
    assert_int_equal(route->targets[1].weight, 7);
    unload(&fixture);
  }
  assert_messages(
      HEAD "    path: /one\n    targets: [http://localhost:3000/]\n",
      "f.yaml:6:15: warning: in 'targets: http://localhost:3000/': the '/' at its end changes nothing (leave "
      "it out; 'rewrite: /' replaces what 'path' matched)\n");
  assert_messages(HEAD "    path: /one\n    targets: [ws://app:81]\n",
                  "f.yaml:6:15: warning: in 'targets: ws://app:81': 'ws://' changes nothing (write 'app:81': WebSocket "
                  "passes by itself)\n");
}

/* The likeliest slip of all: YAML makes a mapping of it. One error each, and what to write. */
static void test_targets_with_a_blank_behind_the_colon(void **state) {
  (void)state;
  assert_messages(HEAD "    path: /one\n    targets: [localhost: 3000, b: 1]\n",
                  "f.yaml:6:15: error: a target must be HOST:PORT, got 'localhost: 3000' (write 'localhost:3000', "
                  "without the blank)\n"
                  "f.yaml:6:32: error: a target must be HOST:PORT, got 'b: 1' (write 'b:1', without the blank)\n");
  assert_messages(HEAD "    path: /one\n    targets:\n      - localhost: 3000\n",
                  "f.yaml:7:9: error: a target must be HOST:PORT, got 'localhost: 3000' (write 'localhost:3000', "
                  "without the blank)\n");
  assert_messages(
      HEAD "    path: /one\n    targets: {localhost: 3000, b: 1}\n",
      "f.yaml:6:14: error: 'targets' must be a list, got a mapping (write 'targets: [localhost:3000, b:1]', "
      "without the blank)\n");
  assert_messages(HEAD "    path: /one\n    targets:\n      localhost: 3000\n",
                  "f.yaml:7:7: error: 'targets' must be a list, got a mapping (write 'targets: [localhost:3000]', "
                  "without the blank)\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_targets_in_one_word),
      cmocka_unit_test(test_targets_with_a_blank_behind_the_colon),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
