#include "liteginx/http/rule.h"

#include "unit.h"

static void what_is_taken(void **state) {
  static struct rule list[] = {
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

/* An app behind CGI cannot tell X_User from X-User. */
static void names_that_apps_take_for_one(void **state) {
  static struct rule list[] = {{RULE_SET, STR_INIT("X-User"), STR_INIT("me")},
                               {RULE_REMOVE, STR_INIT("X_Old-Name"), STR_INIT("")},
                               {RULE_ADD, STR_INIT("X-Added"), STR_INIT("1")}};
  const struct rules rules = {list, 3};
  (void)state;
  assert_true(rules_take_alias(&rules, STR("X_User")) && rules_take_alias(&rules, STR("x-user")));
  assert_true(rules_take_alias(&rules, STR("X-Old_Name")));
  assert_false(rules_take_alias(&rules, STR("X_Added")) || rules_take_alias(&rules, STR("XUser")));
  assert_false(rules_take(&rules, STR("X_User")));
  assert_true(rules_put(&rules, STR("x-added")) && rules_put(&rules, STR("X-User")));
  assert_false(rules_put(&rules, STR("X_Old-Name")));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_taken), cmocka_unit_test(names_that_apps_take_for_one)};
  return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
