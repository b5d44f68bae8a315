/* One spec. What is wrong with one, and what is said then, is in load_test's table of bad files. */
#include "liteginx/config/spec.h"

#include "loaded.h"

/* What is good YAML, a good pattern, and hardly ever meant. */
static void test_warns_of_what_is_taken_literally(void **state) {
  (void)state;
  assert_messages(HEAD "    path: /api/*\n" TARGETS,
                  "f.yaml:5:16: warning: in 'path: /api/*': this is matched letter by letter (write '/api', or "
                  "'/api/{*rest}' where a rewrite uses the rest)\n");
  assert_messages(HEAD "    path: '/é/:id'\n    rewrite: /x/:id\n" TARGETS,
                  "f.yaml:5:15: warning: in 'path: /é/:id': this is matched letter by letter (write '/é/{id}')\n"
                  "f.yaml:6:17: warning: in 'rewrite: /x/:id': this is sent letter by letter (write '/x/{id}')\n");
  assert_messages(
      HEAD "    path: /a\n    rewrite: /$1\n" TARGETS,
      "f.yaml:6:15: warning: in 'rewrite: /$1': this is sent letter by letter (write '/': what stands behind "
      "the matched path follows by itself)\n");
  assert_messages(HEAD "    path: ^/(.*)\n" TARGETS,
                  "f.yaml:5:11: error: in 'path: ^/(.*)': it must begin with '/' (write '/', or '/{*rest}' where a "
                  "rewrite uses the rest)\n");
  assert_messages(HEAD "    path: /u/{id:int}\n" TARGETS,
                  "f.yaml:5:17: error: in 'path: /u/{id:int}': a parameter's name is a letter or '_', then letters, "
                  "digits, '_' (write '/u/{id}')\n");
  assert_messages(HEAD "    path: ~ ^/x\n    rewrite: ^/x/(.*)$ /$1 break\n" TARGETS,
                  "f.yaml:5:11: error: in 'path: ~ ^/x': it must begin with '/' (write '/x')\n"
                  "f.yaml:6:14: error: in 'rewrite: ^/x/(.*)$ /$1 break': it must begin with '/' (write '/': what "
                  "stands behind the matched path follows by itself)\n");
  assert_messages(
      HEAD "    host: _\n    path: /a\n" TARGETS,
      "f.yaml:5:11: warning: in 'host: _': only a request for this very name matches it (leave 'host' out to "
      "match every host)\n");
  assert_messages(HEAD "    host: https://bücher.example\n    path: /a\n" TARGETS,
                  "f.yaml:5:11: error: 'host' must be a name such as shop.localhost or *.localhost, got "
                  "'https://bücher.example' (write 'xn--bcher-kva.example', its form on the wire)\n");
}

/* Each kind of error leaves the others of its spec to be told, and the spec unused. */
static void test_tells_all_errors_of_a_spec(void **state) {
  (void)state;
  assert_messages("name: a\nspec:\n  - kind: udp\n    listen: x\n    hold: 1\n    timeouts: {idle: 2, connect: 3s}\n"
                  "    path: one\n    host: '*'\n    match: none\n    rewrite: two\n"
                  "    targets: [{host: '', port: 0, weight: x}]\n",
                  "f.yaml:3:11: error: 'kind' must be http or tcp, got 'udp'\n"
                  "f.yaml:4:13: error: 'listen' must be a port 0..65535, or ADDRESS:PORT, got 'x'\n"
                  "f.yaml:5:11: error: 'hold' must be a duration such as 10s, 500ms or 1m30s, got '1' (did you mean "
                  "'1ms' or '1s'?)\n"
                  "f.yaml:6:22: error: 'idle' must be a duration such as 10s, 500ms or 1m30s, got '2' (did you mean "
                  "'2ms' or '2s'?)\n"
                  "f.yaml:7:11: error: in 'path: one': it must begin with '/' (write '/one')\n"
                  "f.yaml:8:11: error: 'host' must be a name such as shop.localhost or *.localhost, got '*' (leave "
                  "'host' out to match every host)\n"
                  "f.yaml:9:12: error: 'match' must be prefix or exact, got 'none'\n"
                  "f.yaml:10:14: error: in 'rewrite: two': it must begin with '/' (write '/two')\n"
                  "f.yaml:11:22: error: 'host' must be a name or an address, got ''\n"
                  "f.yaml:11:32: error: 'port' must be 1..65535, got '0'\n"
                  "f.yaml:11:43: error: 'weight' must be 0..1000, got 'x'\n");
}

/* What is for http only is not looked at in a tcp spec: that it is there is the one error. */
static void test_keys_of_http_in_a_tcp_spec(void **state) {
  (void)state;
  assert_messages("name: a\nspec:\n  - {kind: TCP, listen: 1, rewrite: x, match: y, host: '*', path: [], "
                  "targets: [1]}\n",
                  "f.yaml:3:28: error: 'rewrite' is for kind http (tcp has no paths and hosts)\n"
                  "f.yaml:3:40: error: 'match' is for kind http (tcp has no paths and hosts)\n"
                  "f.yaml:3:50: error: 'host' is for kind http (tcp has no paths and hosts)\n"
                  "f.yaml:3:67: error: 'path' must be a single value, got a list\n");
}

static void test_times(void **state) {
  (void)state;
  struct fixture fixture = {.bind = NULL};
  load_text(&fixture, GOOD "    timeouts: {response: 2s}\n    hold: 0s\n---\nsettings: {hold: 7s}\n---\n"
                           "name: b\nspec: [{kind: tcp, listen: 1, targets: [1]}]\n");
  const struct config *config = assert_loaded(&fixture);
  const struct config_route *first = config->listeners[0].routes, *second = config->listeners[1].routes;
  assert_int_equal(first->hold_ms, 0);
  assert_int_equal(first->timeouts.connect_ms, 3000);
  assert_int_equal(first->timeouts.response_ms, 2000);
  assert_int_equal(first->timeouts.idle_ms, 0);
  assert_int_equal(second->hold_ms, 7000);
  assert_int_equal(second->timeouts.connect_ms, 3000);
  unload(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_warns_of_what_is_taken_literally),
      cmocka_unit_test(test_tells_all_errors_of_a_spec),
      cmocka_unit_test(test_keys_of_http_in_a_tcp_spec),
      cmocka_unit_test(test_times),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
