/* Which keys go together, and the words for what does not. */
#include "liteginx/config/choice.h"

#include "loaded.h"

static void test_what_goes_together(void **state) {
  (void)state;
  static const struct {
    const char *rest, *messages;
  } rows[] = {
      {"targets: [1], rewrite: /, hold: 1s, timeouts: {}}", ""},
      {"redirect: /b}", ""},
      {"respond: {}}", ""},
      {"match: exact}", "f.yaml:3:5: error: missing key 'targets', 'redirect' or 'respond'\n"},
      {"hold: 1s}", "f.yaml:3:5: error: missing key 'targets', 'redirect' or 'respond'\n"},
      {"targets: [1], redirect: /b}",
       "f.yaml:3:53: error: 'redirect' does not go with 'targets' (one of 'targets', 'redirect' or 'respond')\n"},
      {"redirect: /b, respond: {}, targets: [1]}",
       "f.yaml:3:53: error: 'respond' does not go with 'redirect' (one of 'targets', 'redirect' or 'respond')\n"},
      {"redirect: /b, hold: 1s}", "f.yaml:3:53: error: 'hold' does not go with 'redirect' (it is for 'targets')\n"},
      {"respond: {}, rewrite: /}", "f.yaml:3:52: error: 'rewrite' does not go with 'respond' (it is for 'targets')\n"},
      {"respond: {}, timeouts: {idle: 1s}}",
       "f.yaml:3:52: error: 'timeouts' does not go with 'respond' (it is for 'targets')\n"},
      {"respond: {body: a, file: b.bin}}",
       "f.yaml:3:58: error: 'file' does not go with 'body' (one of 'body' or 'file')\n"},
      {"tagrets: [1], hold: 1s}", "f.yaml:3:39: error: unknown key 'tagrets' (did you mean 'targets'?)\n"},
      {"redirct: /b, hold: 1s}", "f.yaml:3:39: error: unknown key 'redirct' (did you mean 'redirect'?)\n"
                                 "f.yaml:3:52: error: 'hold' does not go with 'redirect' (it is for 'targets')\n"},
      {"return: 404}",
       "f.yaml:3:39: error: unknown key 'return' (write 'respond: {status: 404, body: \"not here\"}', or "
       "'redirect: /new')\n"},
      {"redirect: /b, hold: ~}", "f.yaml:3:59: error: 'hold' has no value (expected a single value)\n"},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    char text[512];
    snprintf(text, sizeof text, "name: a\nspec:\n  - {kind: http, listen: 1, path: /a, %s\n", rows[i].rest);
    assert_messages(text, rows[i].messages);
  }
}

static void test_tcp_has_targets_only(void **state) {
  (void)state;
  assert_messages("name: a\nspec: [{kind: tcp, listen: 1}]\n", "f.yaml:2:8: error: missing key 'targets'\n");
  assert_messages("name: a\nspec: [{kind: tcp, listen: 1, redirect: /}]\n",
                  "f.yaml:2:31: error: 'redirect' is for kind http (tcp has no paths and hosts)\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_goes_together),
      cmocka_unit_test(test_tcp_has_targets_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
