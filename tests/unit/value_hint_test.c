/* Values of fields in the words of other programs. */
#include "liteginx/config/value_hint.h"

#include "advice.h"
#include "with_arena.h"

#define FILLED        "(nothing is filled in here: write 'preserve', 'target', or the name itself)"
#define UNKNOWN(name) "(nothing stands for '" name "' here; for this text, write its '$' twice)"

static void test_values(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t offset;
    const char *hint;
  } rows[] = {
      {"$host", 0, "(write '{host}')"},
      {"a $remote_addr, $uri", 2, "(write '{client_ip}')"},
      {"{{remote_host} {remote_host}", 15, "(write '{client_ip}')"},
      {"{http.request.uri.path}", 0, "(write '{path}')"},
      {"$scheme", 0, "(targets get X-Forwarded-Proto without a word of yours)"},
      {"$proxy_add_x_forwarded_for", 0, "(targets get X-Forwarded-For without a word of yours)"},
      {"$upstream_addr", 0, UNKNOWN("$upstream_addr")},
      {"{host}{path} {id} {client_ip}", 0, ""},
      {"{host} $host", 7, "(write '{host}')"},
      {"$HOST costs 5$ or $5, ${x}", 0, ""},
      {"{remote_host", 0, ""},
      {"", 0, ""},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    size_t offset;
    struct str hint = value_hint(&arena, str_of(rows[i].text), true, true, &offset);
    if (!str_eq(hint, str_of(rows[i].hint))) fail_msg("%s: %.*s", rows[i].text, STR_ARG(hint));
    if (hint.len) assert_int_equal(offset, rows[i].offset);
  }
  size_t offset;
  assert_int_equal(value_hint(&arena, STR("$host"), false, true, &offset).len, 0);
  struct str hint = value_hint(&arena, STR("$request_id"), true, false, &offset);
  assert_str(hint, STR(UNKNOWN("$request_id"))); /* who gets the answer does not get that field */
}

static void test_hosts(void **state) {
  (void)state;
  static const struct {
    const char *text, *hint;
  } rows[] = {
      {"$host", "(write 'preserve', or leave it out)"},
      {"{http.reverse_proxy.upstream.hostport}", "(write 'target')"},
      {"$nothing", FILLED},
      {"$host:80", FILLED},
      {"a b", ""},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct str hint = value_hint_host(&arena, str_of(rows[i].text));
    if (!str_eq(hint, str_of(rows[i].hint))) fail_msg("%s: %.*s", rows[i].text, STR_ARG(hint));
    if (hint.len) assert_advice("spec", "host_header", NULL, hint);
  }
}

static void test_words_that_are_no_hosts(void **state) {
  (void)state;
  static const char *const meant[][2] = {
      {"prserve", "preserve"}, {"Tarhet", "target"}, {"TRUE", "preserve"}, {"upstream", "target"}, {"auto", "target"}};
  static const char *const others[] = {"api.example.com", "app", "web1"};
  for (size_t i = 0; i < UNIT_COUNT(meant); i++)
    assert_string_equal(value_hint_host_word(str_of(meant[i][0])), meant[i][1]);
  for (size_t i = 0; i < UNIT_COUNT(others); i++) assert_null(value_hint_host_word(str_of(others[i])));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_hosts),
      cmocka_unit_test(test_words_that_are_no_hosts),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
