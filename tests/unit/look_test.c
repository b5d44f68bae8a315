/* What is said of certificates before anybody connects. */
#include "liteginx/tls/look.h"

#include "made_certificates.h"

static const char *const names[] = {"a.test", "*.b.test", "127.0.0.1", NULL};

static unsigned look(const struct made_certificate *made, const char *host, int64_t now_s,
                     struct tls_finding findings[TLS_FINDINGS_MAX]) {
  struct str hosts[] = {str_of(host)};
  return tls_look(str_of(made->certificate_text), str_of(made->key_text), STR(""), hosts, 1, now_s, findings);
}

static void test_names(void **state) {
  (void)state;
  static const struct {
    const char *host;
    bool covered;
  } rows[] = {{"a.test", true},    {"x.a.test", false}, {"x.b.test", true},   {"*.b.test", true},   {"b.test", false},
              {"*.a.test", false}, {"127.0.0.1", true}, {"127.0.0.2", false}, {"x.y.b.test", false}};
  struct made_certificate made;
  struct tls_finding findings[TLS_FINDINGS_MAX];
  int64_t now_s = (int64_t)clock_now().tv_sec;
  make_certificate(&made, names, false, now_s - MADE_DAY_S, now_s + 90 * MADE_DAY_S);
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    unsigned count = look(&made, rows[i].host, now_s, findings);
    if (count != !rows[i].covered) fail_msg("%s", rows[i].host);
    if (count) assert_false(findings[0].is_error);
    if (count) assert_non_null(strstr(findings[0].words.text, rows[i].host));
  }
  forget_certificate(&made);
}

static void test_dates(void **state) {
  (void)state;
  struct made_certificate made;
  struct tls_finding findings[TLS_FINDINGS_MAX];
  int64_t from_s = 1800000000, to_s = from_s + 90 * MADE_DAY_S;
  make_certificate(&made, names, false, from_s, to_s);
  assert_int_equal(look(&made, "a.test", from_s, findings), 0);
  assert_int_equal(look(&made, "a.test", to_s - 14 * MADE_DAY_S, findings), 0);
  assert_int_equal(look(&made, "a.test", from_s - 1, findings), 1);
  assert_string_equal(findings[0].words.text, "this certificate begins only on 2027-01-15: clients refuse it");
  assert_int_equal(look(&made, "a.test", to_s - 14 * MADE_DAY_S + 1, findings), 1);
  assert_string_equal(findings[0].words.text, "this certificate ends on 2027-04-15: have a new one made");
  assert_int_equal(look(&made, "a.test", to_s, findings), 1);
  assert_string_equal(findings[0].words.text, "this certificate has ended on 2027-04-15: clients refuse it");
  assert_false(findings[0].is_error);
  forget_certificate(&made);
}

static void test_pairs(void **state) {
  (void)state;
  struct made_certificate one, other;
  struct tls_finding findings[TLS_FINDINGS_MAX];
  int64_t now_s = (int64_t)clock_now().tv_sec;
  make_certificate(&one, names, false, now_s - MADE_DAY_S, now_s + 90 * MADE_DAY_S);
  make_certificate(&other, names, false, now_s - MADE_DAY_S, now_s + 90 * MADE_DAY_S);
  assert_int_equal(tls_look(str_of(one.certificate_text), str_of(other.key_text), STR(""), NULL, 0, now_s, findings),
                   1);
  assert_true(findings[0].is_error);
  assert_int_equal(tls_look(str_of(one.certificate_text), str_of(one.key_text), STR(""), NULL, 0, now_s, findings), 0);
  assert_int_equal(tls_look(STR(""), STR(""), STR(""), NULL, 0, now_s, findings), 0);
  forget_certificate(&one);
  forget_certificate(&other);
}

static void test_authorities_of_clients(void **state) {
  (void)state;
  struct made_certificate leaf, authority;
  struct tls_finding findings[TLS_FINDINGS_MAX];
  int64_t now_s = (int64_t)clock_now().tv_sec;
  make_certificate(&leaf, names, false, now_s - MADE_DAY_S, now_s + 90 * MADE_DAY_S);
  make_certificate(&authority, NULL, true, now_s - MADE_DAY_S, now_s + 90 * MADE_DAY_S);
  assert_int_equal(tls_look(STR(""), STR(""), str_of(authority.certificate_text), NULL, 0, now_s, findings), 0);
  assert_int_equal(tls_look(STR(""), STR(""), str_of(leaf.certificate_text), NULL, 0, now_s, findings), 1);
  assert_false(findings[0].is_error);
  assert_int_equal(tls_look(STR(""), STR(""), str_of(leaf.key_text), NULL, 0, now_s, findings), 1);
  assert_true(findings[0].is_error);
  assert_int_equal(findings[0].part, TLS_LOOK_CLIENT_CA);
  forget_certificate(&leaf);
  forget_certificate(&authority);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_dates),
      cmocka_unit_test(test_pairs),
      cmocka_unit_test(test_authorities_of_clients),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
