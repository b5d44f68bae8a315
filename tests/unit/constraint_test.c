/* What the local CA may sign for. */
#include "liteginx/tls/constraint.h"

#include "liteginx/tls/certificate.h"
#include "unit.h"

static bool permits(NAME_CONSTRAINTS *constraints, const char *text) {
  GENERAL_NAME *name = certificate_name(str_of(text));
  assert_non_null(name);
  bool permits = constraint_permits(constraints, name);
  GENERAL_NAME_free(name);
  return permits;
}

static void test_permits_what_is_nobodys(void **state) {
  (void)state;
  static const char *const good[] = {
      "localhost",     "app.localhost", "a.b.localhost", "app.test", "*.app.test", "test",           "db.internal",
      "nas.home.arpa", "127.0.0.1",     "127.255.0.9",   "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.178.1",
      "169.254.9.9",   "::1",           "fc00::1",       "fd12::9",  "fe80::1",    "febf::1",
  };
  static const char *const bad[] = {
      "example.com",
      "www.google.com",
      "mytest",
      "notlocalhost",
      "test.com",
      "localhost.com",
      "arpa",
      "local",
      "a.local",
      "1.1.1.1",
      "128.0.0.1",
      "172.15.0.1",
      "172.32.0.1",
      "192.169.0.1",
      "11.0.0.1",
      "0.0.0.0",
      "::2",
      "2001:db8::1",
      "fec0::1",
      "::",
      "::ffff:127.0.0.1",
      "*.com",
  };
  struct tls_problem problem;
  NAME_CONSTRAINTS *made = constraint_make(NULL, 0, &problem);
  assert_non_null(made);
  for (size_t i = 0; i < UNIT_COUNT(good); i++) {
    if (!permits(made, good[i])) fail_msg("%s is not permitted", good[i]);
  }
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
    if (permits(made, bad[i])) fail_msg("%s is permitted", bad[i]);
  }
  NAME_CONSTRAINTS_free(made);
}

static void test_permits_declared_hosts(void **state) {
  (void)state;
  static const struct str hosts[] = {STR_INIT("dev.example.com"), STR_INIT("*.shop.example.org"),
                                     STR_INIT("app.test"),        STR_INIT("203.0.113.9"),
                                     STR_INIT("2001:db8::5"),     STR_INIT("dev.example.com")};
  struct tls_problem problem;
  NAME_CONSTRAINTS *plain = constraint_make(NULL, 0, &problem), *made = constraint_make(hosts, 6, &problem);
  assert_non_null(made);
  static const char *const good[] = {"dev.example.com", "a.dev.example.com", "x.shop.example.org", "*.shop.example.org",
                                     "203.0.113.9",     "2001:db8::5",       "localhost"};
  static const char *const bad[] = {"example.com", "www.example.com", "example.org", "203.0.113.8", "2001:db8::6"};
  for (size_t i = 0; i < UNIT_COUNT(good); i++) {
    if (!permits(made, good[i])) fail_msg("%s is not permitted", good[i]);
  }
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
    if (permits(made, bad[i])) fail_msg("%s is permitted", bad[i]);
  }
  /* What is permitted already, or was declared before, adds nothing. */
  assert_int_equal(sk_GENERAL_SUBTREE_num(made->permittedSubtrees),
                   sk_GENERAL_SUBTREE_num(plain->permittedSubtrees) + 4);
  NAME_CONSTRAINTS_free(plain);
  NAME_CONSTRAINTS_free(made);
}

static void test_refuses_a_host_that_is_no_name(void **state) {
  (void)state;
  const struct str hosts[] = {STR_INIT("a b")};
  struct tls_problem problem;
  assert_null(constraint_make(hosts, 1, &problem));
  assert_string_equal(problem.text, "'a b' is no name that a certificate can hold");
}

static void test_none_permit_all(void **state) {
  (void)state;
  assert_true(permits(NULL, "example.com"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_permits_what_is_nobodys),
      cmocka_unit_test(test_permits_declared_hosts),
      cmocka_unit_test(test_refuses_a_host_that_is_no_name),
      cmocka_unit_test(test_none_permit_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
