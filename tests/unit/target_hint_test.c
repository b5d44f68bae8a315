/* What is told about targets in the words of other programs, and that what it says to write is one. */
#include "liteginx/config/target_hint.h"

#include "advice.h"
#include "liteginx/base/socket_path.h"
#include "unit.h"

#define SUCH_AS "(write one such as 'localhost:3000')"
#define ALL     "(write one such as 'localhost:3000', or '{host: localhost, port: 3000, weight: 1}')"

static void assert_said(const char *text, const char *wanted) {
  struct arena arena;
  struct scalar_target target;
  arena_init(&arena, NULL, 1 << 20);
  enum scalar_target_form form = scalar_split_target(str_of(text), &target);
  struct str said = target_hint(&arena, str_of(text), form, &target);
  assert_str(said, str_of(wanted));
  assert_advice("spec", "item", NULL, said);
  arena.max_bytes = arena.total_bytes;
  bool made = said.len && str_find(str_of(wanted), '(') < said.len;
  if (made) assert_null(target_hint(&arena, str_of(text), form, &target).ptr);
  arena_reset(&arena);
}

static void test_words(void **state) {
  (void)state;
  static const struct {
    const char *text, *said;
  } all[] = {
      {"localhost:3000", ""},
      {"http://localhost:3000", ""},
      {"tcp://localhost:3000", ""},
      {"3000", ""},
      {"ws://x:3", "in 'targets: ws://x:3': 'ws://' changes nothing (write 'x:3': WebSocket passes by itself)"},
      {"WS://x", "in 'targets: WS://x': 'ws://' changes nothing (write 'x:80': WebSocket passes by itself)"},
      {"x:3/",
       "in 'targets: x:3/': the '/' at its end changes nothing (leave it out; 'rewrite: /' replaces what 'path' "
       "matched)"},
      {"localhost", "a target needs a port, got 'localhost' (write 'localhost:3000', with your port)"},
      {"[::1]", "a target needs a port, got '[::1]' (write '\"[::1]:3000\"', with your port)"},
      {"x:", "a target needs a port, got 'x:' (write 'x:3000', with your port)"},
      {"a!", "a target needs a port, got 'a!' " SUCH_AS},
      {":", "a target needs a port, got ':' " SUCH_AS},
      {"[::1", "a target needs a port, got '[::1' " SUCH_AS},
      {"true", "a target must be HOST:PORT, got 'true' " SUCH_AS},
      {"No", "a target must be HOST:PORT, got 'No' " SUCH_AS},
      {"::1", "an IPv6 address needs brackets, got '::1' (write '\"[::1]:3000\"', with your port)"},
      {"fe80::2:8080", "an IPv6 address needs brackets, got 'fe80::2:8080' (write '\"[fe80::2]:8080\"')"},
      {"u:p@x:3", "a target has no user and no password, got 'u:p@x:3' (write 'x:3': clients send their own, and they "
                  "pass through)"},
      {"http://u@x",
       "a target has no user and no password, got 'http://u@x' (write 'x:80': clients send their own, and "
       "they pass through)"},
      {"x:3:4", "a target has one port, got 'x:3:4' (write 'x:3' or 'x:4')"},
      {"x:3:y", "a target must be HOST:PORT, got 'x:3:y' (write 'x:3')"},
      {"a:b:c", "a target must be HOST:PORT, got 'a:b:c' " SUCH_AS},
      {"//x:3", "a target must be HOST:PORT, got '//x:3' (write 'x:3')"},
      {"ftp://x:21",
       "a target must be HOST:PORT, got 'ftp://x:21' (write 'x:21', if plain HTTP or TCP is spoken there)"},
      {"h2c://x:3", "HTTP/2 to targets does not work yet, got 'h2c://x:3' (write 'x:3', if HTTP/1.1 is spoken there, "
                    "too)"},
      {"https://x", "TLS to targets does not work yet, got 'https://x' (write a port that speaks plain HTTP, as in "
                    "'x:80')"},
      {"https://x:443/a",
       "TLS to targets does not work yet, got 'https://x:443/a' (write a port that speaks plain HTTP, "
       "as in 'x:80')"},
      {"https://[::1]:3443",
       "TLS to targets does not work yet, got 'https://[::1]:3443' (write a port that speaks plain "
       "HTTP, as in '\"[::1]:3443\"')"},
      {"https://a!", "TLS to targets does not work yet, got 'https://a!' (write a port that speaks plain HTTP, as in "
                     "'localhost:80')"},
      {"http://x:3/a/b", "a target has no path, got 'http://x:3/a/b' (write 'x:3', and 'rewrite: /a/b' beside 'path')"},
      {"x:3/a?b=1", "a target has no path, got 'x:3/a?b=1' (write 'x:3', and 'rewrite: /a' beside 'path')"},
      {"x:3?b=1", "a target has no path, got 'x:3?b=1' (write 'x:3'; the path of the request follows by itself)"},
      {"x:3/$1", "a target has no path, got 'x:3/$1' (write 'x:3'; the path of the request follows by itself)"},
      {"http://x:3$request_uri", "a target has no path, got 'http://x:3$request_uri' (write 'x:3'; the path of the "
                                 "request follows by itself)"},
      {"x:3/../a", "a target has no path, got 'x:3/../a' (write 'x:3'; the path of the request follows by itself)"},
      {"a!:3/b", "a target has no path, got 'a!:3/b' " SUCH_AS},
      {"unix:/run/app", ""},
      {"", "a target must be HOST:PORT, got '' " ALL},
      {"localhost: 3000", "a target must be HOST:PORT, got 'localhost: 3000' (write 'localhost:3000', without the "
                          "blank)"},
      {"localhost 3000",
       "a target must be HOST:PORT, got 'localhost 3000' (write 'localhost:3000', without the blank)"},
      {"a!: 3000", "a target must be HOST:PORT, got 'a!: 3000' " ALL},
      {"localhost:3000 weight=5;",
       "a target must be HOST:PORT, got 'localhost:3000 weight=5;' (write '{host: localhost, "
       "port: 3000, weight: 5}')"},
      {"[::1]:3000 weight=5",
       "a target must be HOST:PORT, got '[::1]:3000 weight=5' (write '{host: \"::1\", port: 3000, "
       "weight: 5}')"},
      {"x:3 weight=5000", "a target must be HOST:PORT, got 'x:3 weight=5000' " ALL},
      {"x:3;", "a target must be HOST:PORT, got 'x:3;' (write 'x:3')"},
      {"x:3 backup", "a target must be HOST:PORT, got 'x:3 backup' " ALL},
      {"a:1,b:2", "a target must be HOST:PORT, got 'a:1,b:2' (make each one an item of its own)"},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) assert_said(all[i].text, all[i].said);
}

/* Nobody is told to write what this system has not. */
static void test_a_path(void **state) {
  (void)state;
  assert_said("/api", socket_path_max() == 0
                          ? "a target must be HOST:PORT, got '/api' " ALL
                          : "a target must be HOST:PORT or unix:PATH, got '/api' (write 'unix:/api')");
}

static void test_a_blank_behind_the_colon(void **state) {
  (void)state;
  static const struct {
    const char *text, *item, *list;
  } all[] = {
      {"{localhost: 3000}",
       "a target must be HOST:PORT, got 'localhost: 3000' (write 'localhost:3000', without the blank)",
       "(write 'targets: [localhost:3000]', without the blank)"},
      {"{http://x: 3000}", "a target must be HOST:PORT, got 'http://x: 3000' (write 'x:3000', without the blank)",
       "(write 'targets: [x:3000]', without the blank)"},
      {"{'[::1]': 3000}", "a target must be HOST:PORT, got '[::1]: 3000' (write '\"[::1]:3000\"', without the blank)",
       "(write 'targets: [\"[::1]:3000\"]', without the blank)"},
      {"{x: '${PORT}'}", "a target must be HOST:PORT, got 'x: ${PORT}' (write '\"x:${PORT}\"', without the blank)",
       "(write 'targets: [\"x:${PORT}\"]', without the blank)"},
      {"{x: }", "a target needs a port, got 'x' (write 'x:3000', with your port)", ""},
      {"{x: 3000, weight: 2}", "a target must be HOST:PORT, got 'x: 3000' (write '{host: x, port: 3000, weight: 2}')",
       ""},
      {"{x: 3000, weight: y}", "a target must be HOST:PORT, got 'x: 3000' " ALL, ""},
      {"{x: 3000, y: 3001}", "", "(write 'targets: [x:3000, y:3001]', without the blank)"},
      {"{x: y}", "", ""},
      {"{x: 3000, port: 1}", "", ""},
      {"{host: 3000}", "", ""},
      {"{prot: 3000}", "", ""},
      {"{url: 3000}", "", ""},
      {"{x: [1]}", "", ""},
      {"{}", "", ""},
      {"{weight: 1}", "", ""},
      {"{x:1: 3000}", "", ""},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    struct arena arena;
    struct config_report report;
    arena_init(&arena, NULL, 1 << 20);
    config_report_init(&report);
    const struct yaml_node *mapping = yaml_read(&arena, STR("f"), str_of(all[i].text), &report);
    assert_non_null(mapping);
    struct str item = target_hint_mapping(&arena, mapping), list = target_hint_list(&arena, mapping);
    assert_str(item, str_of(all[i].item));
    assert_str(list, str_of(all[i].list));
    assert_advice("spec", "item", NULL, item);
    assert_advice("spec", "targets", NULL, list);
    arena.max_bytes = arena.total_bytes;
    if (item.len) assert_null(target_hint_mapping(&arena, mapping).ptr);
    if (list.len) assert_null(target_hint_list(&arena, mapping).ptr);
    config_report_free(&report);
    arena_reset(&arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_words),
      cmocka_unit_test(test_a_path),
      cmocka_unit_test(test_a_blank_behind_the_colon),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
