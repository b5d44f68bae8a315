/* The keys of changed fields, and of Host: what they are read as, and what is said about wrong ones. */
#include "liteginx/config/headers_keys.h"

#include "loaded.h"

#define SPEC "name: a\nspec:\n  - {kind: http, listen: 1, path: '/u/{id}', targets: [1], "

static const struct config_route *route_of(struct fixture *fixture, const char *keys) {
  char text[1024];
  snprintf(text, sizeof text, SPEC "%s}\n", keys);
  load_text(fixture, text);
  const struct config_route *route = &assert_loaded(fixture)->listeners[0].routes[0];
  assert_null(fixture->report.first);
  return route;
}

static void test_what_is_read(void **state) {
  struct fixture fixture = {.bind = NULL};
  (void)state;
  const struct config_route *route =
      route_of(&fixture, "headers: {request: {set: {X-Id: 'u{id}', x-two: 2}, add: {X-On: true}, "
                         "remove: [Cookie]}, response: {remove: [Server, X-Powered-By]}}, "
                         "cors: true, rewrite_response: false, host_header: target");
  static const enum schema_changes_row rows[] = {CHANGES_set, CHANGES_set, CHANGES_add, CHANGES_remove};
  static const char *const names[] = {"X-Id", "x-two", "X-On", "Cookie"};
  assert_int_equal(route->request_changes.count, 4);
  for (unsigned i = 0; i < 4; i++) {
    assert_int_equal(route->request_changes.at[i].change, rows[i]);
    assert_str(route->request_changes.at[i].name, str_of(names[i]));
  }
  assert_int_equal(route->request_changes.at[0].value.count, 2);
  assert_int_equal(route->request_changes.at[0].value.pieces[1].kind, VALUE_PARAM);
  assert_str(route->request_changes.at[2].value.pieces[0].literal, STR("true"));
  assert_int_equal(route->response_changes.count, 2);
  assert_true(route->cors && !route->rewrite_response);
  assert_int_equal(route->host_header, HOST_HEADER_TARGET);
  unload(&fixture);
}

static void test_what_is_there_without_a_word(void **state) {
  struct fixture fixture = {.bind = NULL};
  (void)state;
  const struct config_route *route = route_of(&fixture, "headers: {request: {}, response: {set: {}}}");
  assert_true(!route->cors && route->rewrite_response && route->host_header == HOST_HEADER_PRESERVE);
  assert_int_equal(route->request_changes.count + route->response_changes.count, 0);
  unload(&fixture);
}

static void test_hosts(void **state) {
  static const struct {
    const char *text;
    enum config_host_header how;
  } rows[] = {{"preserve", HOST_HEADER_PRESERVE},    {"target", HOST_HEADER_TARGET},
              {"Preserve", HOST_HEADER_PRESERVE},    {"TARGET", HOST_HEADER_TARGET},
              {"api.example.com", HOST_HEADER_NAME}, {"API.example.com:8443", HOST_HEADER_NAME},
              {"'[::1]:80'", HOST_HEADER_NAME},      {"1.2.3.4", HOST_HEADER_NAME}};
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct fixture fixture = {.bind = NULL};
    char keys[128];
    snprintf(keys, sizeof keys, "host_header: %s", rows[i].text);
    const struct config_route *route = route_of(&fixture, keys);
    assert_int_equal(route->host_header, rows[i].how);
    struct str bare = str_of(rows[i].text);
    if (bare.ptr[0] == '\'') bare = str_make(bare.ptr + 1, bare.len - 2);
    if (rows[i].how == HOST_HEADER_NAME) assert_str(route->host_name, bare);
    unload(&fixture);
  }
}

static void test_what_is_wrong(void **state) {
  static const struct {
    const char *keys, *said;
  } rows[] = {
      {"headers: {request: {set: {Host: a}}}", "f.yaml:3:86: error: the field 'Host' cannot be changed here (write "
                                               "'host_header: NAME')\n"},
      {"headers: {request: {add: {content-length: 1}}}",
       "f.yaml:3:86: error: the field 'content-length' cannot be changed here (it frames the message)\n"},
      {"headers: {response: {remove: [Connection]}}", "f.yaml:3:90: error: the field 'Connection' cannot be changed "
                                                      "here (it is about one connection, and each side has "
                                                      "its own)\n"},
      {"headers: {response: {set: {Via: x}}}",
       "f.yaml:3:87: error: the field 'Via' cannot be changed here (a circle of proxies is noticed by it)\n"},
      {"headers: {response: {set: {X-A: a $host}}}", "f.yaml:3:94: warning: in 'X-A: a $host': this '$' stands for "
                                                     "itself (write '{host}')\n"},
      {"headers: {response: {set: {X-A: '{remote_host}'}}}",
       "f.yaml:3:93: error: in 'X-A: {remote_host}': there are {client_ip}, {host}, {path} and the parameters of "
       "'path', "
       "and not this; a brace itself is '{{' or '}}' (write '{client_ip}')\n"},
      {"host_header: targte", "f.yaml:3:73: warning: targets are told the host 'targte' (did you mean 'target'?)\n"},
      {"headers: {request: {set: {X-A: 'a$$b $c'}}}", ""},
      {"host_header: $http_host", "f.yaml:3:73: error: 'host_header' must be preserve, target, or a name such as "
                                  "api.example.com, got '$http_host' (write 'preserve', or leave it out)\n"},
      {"headers: {request: {set: {'a b': x}}}",
       "f.yaml:3:86: error: 'a b' is no name of a field (such as X-Api-Key)\n"},
      {"headers: {request: {remove: ['']}}", "f.yaml:3:89: error: '' is no name of a field (such as X-Api-Key)\n"},
      {"headers: {request: {set: {X-A: 1, x-a: 2}}}",
       "f.yaml:3:94: error: the field 'x-a' is here twice (names of fields have no case)\n"},
      {"headers: {request: {set: {X-A: 1}, remove: [x-a]}}",
       "f.yaml:3:104: error: the field 'x-a' is here twice (names of fields have no case; 'set' takes away what was "
       "there)\n"},
      {"headers: {request: {set: {X-A: '{nothing}'}}}", "f.yaml:3:92: error: in 'X-A: {nothing}': there are "
                                                        "{client_ip}, {host}, {path} and the parameters of 'path', and "
                                                        "not this; a brace itself is '{{' or '}}'\n"},
      {"headers: {request: {set: {X-A: \"a\\r\\nb\"}}}",
       "f.yaml:3:91: error: in 'X-A: a\\x0d\\x0ab': a field holds no line breaks and no control characters\n"},
      {"headers: {request: {set: {X-A: }}}", "f.yaml:3:91: error: 'X-A' has no value (expected a single value)\n"},
      {"headers: {request: {sets: {}}}", "f.yaml:3:80: error: unknown key 'sets' (did you mean 'set'?)\n"},
      {"headers: [a]", "f.yaml:3:69: error: 'headers' must be a mapping, got a list\n"},
      {"host_header: 'a b'", "f.yaml:3:73: error: 'host_header' must be preserve, target, or a name such as "
                             "api.example.com, got 'a b'\n"},
      {"host_header: '*.a'", "f.yaml:3:73: error: 'host_header' must be preserve, target, or a name such as "
                             "api.example.com, got '*.a'\n"},
  };
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    char text[1024];
    snprintf(text, sizeof text, SPEC "%s}\n", rows[i].keys);
    assert_messages(text, rows[i].said);
  }
}

static void test_what_does_not_go_together(void **state) {
  struct fixture fixture = {.bind = NULL};
  (void)state;
  load_text(&fixture, "name: a\nspec:\n  - {kind: http, listen: 1, path: /, respond: {status: 401}, "
                      "headers: {response: {set: {www-authenticate: Basic}}}}\n");
  (void)assert_loaded(&fixture);
  assert_null(fixture.report.first); /* such a status means something now */
  unload(&fixture);
  assert_messages(
      "name: a\nspec:\n  - {kind: http, listen: 1, path: /, redirect: /x, headers: {request: {remove: [A]}}}\n",
      "f.yaml:3:62: error: 'request' does nothing without 'targets' (no request goes up here)\n");
  assert_messages("name: a\nspec:\n  - {kind: http, listen: 1, path: /, respond: {}, host_header: target}\n",
                  "f.yaml:3:51: error: 'host_header' does not go with 'respond' (it is for 'targets')\n");
  assert_messages("name: a\nspec:\n  - {kind: tcp, listen: 1, targets: [1], cors: true}\n",
                  "f.yaml:3:42: error: 'cors' is for kind http (tcp has no paths and hosts)\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_is_read),
      cmocka_unit_test(test_what_is_there_without_a_word),
      cmocka_unit_test(test_hosts),
      cmocka_unit_test(test_what_is_wrong),
      cmocka_unit_test(test_what_does_not_go_together),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
