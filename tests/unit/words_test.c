/* OpenSSL's errors in words. */
#include "liteginx/tls/words.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "unit.h"

static unsigned long error_of(int library, int reason) {
  ERR_clear_error();
  ERR_raise(library, reason);
  return ERR_get_error();
}

static void test_what_people_meet(void **state) {
  (void)state;
  static const struct {
    int reason;
    const char *words;
  } rows[] = {
      {SSL_R_TLSV1_ALERT_UNKNOWN_CA, "the client does not trust the certificate"},
      {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "the client does not trust the certificate"},
      {SSL_R_UNSUPPORTED_PROTOCOL, "the client speaks no version of TLS that is allowed here"},
      {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "the client shows no certificate, and client_ca demands one"},
      {SSL_R_WRONG_VERSION_NUMBER, "what comes is not TLS"},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    assert_string_equal(tls_words(error_of(ERR_LIB_SSL, rows[i].reason)), rows[i].words);
  }
}

static void test_all_else_is_in_openssls_words(void **state) {
  (void)state;
  assert_string_equal(tls_words(error_of(ERR_LIB_SSL, SSL_R_BAD_LENGTH)), "bad length");
  /* The same number in another library is another error. */
  assert_string_not_equal(tls_words(error_of(ERR_LIB_RSA, SSL_R_UNSUPPORTED_PROTOCOL)),
                          "the client speaks no version of TLS that is allowed here");
  assert_string_equal(tls_words(0), "TLS has failed");
}

int main(void) {
  OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_people_meet),
      cmocka_unit_test(test_all_else_is_in_openssls_words),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
