/* What stands in certificates that we make. */
#include "liteginx/tls/certificate.h"

#include <openssl/x509.h>

#include "unit.h"

static void test_reads_names(void **state) {
  (void)state;
  static const struct {
    const char *name;
    int type;
    const char *text; /* of a DNS name */
  } good[] = {
      {"localhost", GEN_DNS, "localhost"},
      {"App.Test", GEN_DNS, "app.test"},
      {"app.test.", GEN_DNS, "app.test"},
      {"*.app.test", GEN_DNS, "*.app.test"},
      {"my_db.internal", GEN_DNS, "my_db.internal"},
      {"xn--bcher-kva.test", GEN_DNS, "xn--bcher-kva.test"},
      {"1.test", GEN_DNS, "1.test"},
      {"127.0.0.1", GEN_IPADD, NULL},
      {"::1", GEN_IPADD, NULL},
      {"[fe80::1]", GEN_IPADD, NULL},
  };
  for (size_t i = 0; i < UNIT_COUNT(good); i++) {
    GENERAL_NAME *name = certificate_name(str_of(good[i].name));
    if (!name) fail_msg("%s", good[i].name);
    assert_int_equal(name->type, good[i].type);
    ASN1_STRING *value = name->d.ia5;
    if (good[i].text) {
      assert_str(str_make((const char *)ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)),
                 str_of(good[i].text));
    }
    GENERAL_NAME_free(name);
  }
}

static void test_refuses_what_is_no_name(void **state) {
  (void)state;
  static const char *const bad[] = {"",          ".",           "a..test",        ".test",
                                    "*",         "*.",          "*.*.test",       "a.*.test",
                                    "a*.test",   "a b.test",    "b\xc3\xbc.test", "-a.test",
                                    "a-.test",   "a,DNS:b.c",   "1.2.3",          "1.2.3.4.5",
                                    "[1.2.3.4]", "[::1",        "a.test:443",     "a/b",
                                    "1.2.3.400", "a.test\nb.c", "a.test.."};
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
    if (certificate_name(str_of(bad[i]))) fail_msg("%s", bad[i]);
  }
  char label[65], name[256];
  memset(label, 'a', sizeof label);
  assert_null(certificate_name(str_make(label, 64)));
  for (size_t i = 0; i < sizeof name; i++) name[i] = i % 2 ? '.' : 'a';
  assert_null(certificate_name(str_make(name, 255)));
  assert_null(certificate_name(str_make("a\0b", 3)));
}

static X509 *make(EVP_PKEY *key, int path_length, const char *name, int64_t to) {
  struct certificate_plan plan = {
      .organization = "liteginx",
      .name = name,
      .key = key,
      .issuer_key = key,
      .from = 1000,
      .to = to,
      .path_length = path_length,
  };
  X509 *made = certificate_make(&plan);
  assert_non_null(made);
  return made;
}

static void test_makes_one_that_says_what_it_is(void **state) {
  (void)state;
  EVP_PKEY *key = certificate_new_key();
  assert_non_null(key);
  X509 *ca = make(key, CERTIFICATE_ISSUES_LEAVES, "a CA", 4102444800 /* 2100 */);
  assert_int_equal(X509_get_version(ca), X509_VERSION_3);
  assert_int_equal(certificate_time(X509_get0_notBefore(ca)), 1000);
  assert_int_equal(certificate_time(X509_get0_notAfter(ca)), 4102444800);
  assert_true(X509_check_ca(ca));
  assert_int_equal(X509_get_pathlen(ca), 0);
  assert_int_equal(X509_get_key_usage(ca), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
  assert_int_equal(X509_get_extended_key_usage(ca), XKU_SSL_SERVER);
  assert_non_null(X509_get0_subject_key_id(ca));
  assert_int_equal(X509_verify(ca, key), 1);
  X509 *leaf = make(key, CERTIFICATE_LEAF, "a leaf", 2000);
  assert_false(X509_check_ca(leaf));
  assert_int_equal(X509_get_key_usage(leaf), KU_DIGITAL_SIGNATURE);
  X509_free(leaf);
  X509_free(ca);
  EVP_PKEY_free(key);
}

static void test_numbers_are_positive_long_and_not_twice(void **state) {
  (void)state;
  EVP_PKEY *key = certificate_new_key();
  X509 *one = make(key, CERTIFICATE_LEAF, "a", 2000), *other = make(key, CERTIFICATE_LEAF, "a", 2000);
  const ASN1_INTEGER *number = X509_get0_serialNumber(one);
  assert_int_equal(ASN1_STRING_length(number), 16);
  assert_int_equal(ASN1_STRING_type(number), V_ASN1_INTEGER);
  assert_int_not_equal(ASN1_INTEGER_cmp(number, X509_get0_serialNumber(other)), 0);
  X509_free(one);
  X509_free(other);
  EVP_PKEY_free(key);
}

static void test_cuts_what_a_subject_cannot_hold(void **state) {
  (void)state;
  char longer[128], got[128];
  memset(longer, 'a', sizeof longer);
  memcpy(longer + 63, "\xc3\xbc", 2);
  longer[127] = '\0';
  EVP_PKEY *key = certificate_new_key();
  X509 *made = make(key, CERTIFICATE_LEAF, longer, 2000);
  assert_int_equal(X509_NAME_get_text_by_NID(X509_get_subject_name(made), NID_commonName, got, sizeof got), 63);
  X509_free(made);
  EVP_PKEY_free(key);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reads_names),
      cmocka_unit_test(test_refuses_what_is_no_name),
      cmocka_unit_test(test_makes_one_that_says_what_it_is),
      cmocka_unit_test(test_numbers_are_positive_long_and_not_twice),
      cmocka_unit_test(test_cuts_what_a_subject_cannot_hold),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
