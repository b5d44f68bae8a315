#include "liteginx/http/rule.h"

#include "unit.h"

static void what_is_taken(void **state) {
  static const struct rule list[] = {
      {RULE_SET, STR_INIT("X-Forwarded-Proto"), STR_INIT("https")},
      {RULE_ADD, STR_INIT("X-Added"), STR_INIT("1")},
      {RULE_REMOVE, STR_INIT("Cookie"), STR_INIT("")},
  };
  const struct rules rules = {list, 3}, none = {NULL, 0};
  (void)state;
  assert_true(rules_take(&rules, STR("x-forwarded-proto")) && rules_take(&rules, STR("COOKIE")));
  assert_false(rules_take(&rules, STR("X-Added")) || rules_take(&rules, STR("Host")) ||
               rules_take(&none, STR("Cookie")));
  assert_int_equal(rules_taken(&rules), 1u << FIELD_X_FORWARDED_PROTO);
  assert_int_equal(rules_taken(&none), 0);
  assert_true(rules_bytes(&rules) >= strlen("X-Forwarded-Proto: https\r\nX-Added: 1\r\n"));
}

/* What frames a message, routes it, or is about one connection is not for a configuration to say. */
static void what_may_be_named(void **state) {
  static const char *const never[] = {
      "Connection", "content-length", "Transfer-Encoding", "TE",  "Trailer",
      "Upgrade",    "Keep-Alive",     "Proxy-Connection",  "Via", "Proxy-Authorization"};
  static const char *const upwards[] = {"Host", "Expect", "Max-Forwards"};
  static const char *const always[] = {"Authorization",
                                       "Cookie",
                                       "X-Forwarded-For",
                                       "X-Request-Id",
                                       "Date",
                                       "Set-Cookie",
                                       "Access-Control-Allow-Origin"};
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(never); i++) {
    assert_false(rule_may_name(str_of(never[i]), true) || rule_may_name(str_of(never[i]), false));
  }
  for (size_t i = 0; i < UNIT_COUNT(upwards); i++) assert_false(rule_may_name(str_of(upwards[i]), true));
  for (size_t i = 0; i < UNIT_COUNT(always); i++) {
    assert_true(rule_may_name(str_of(always[i]), true) && rule_may_name(str_of(always[i]), false));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_taken), cmocka_unit_test(what_may_be_named)};
  return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
