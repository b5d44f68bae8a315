/* Certificates as PEM texts, made while a test runs. */
#ifndef LITEGINX_TESTS_UNIT_MADE_CERTIFICATES_H
#define LITEGINX_TESTS_UNIT_MADE_CERTIFICATES_H

#include <openssl/pem.h>

#include "liteginx/base/clock.h"
#include "liteginx/tls/certificate.h"
#include "unit.h"

enum { MADE_BYTES = 8192, MADE_DAY_S = 24 * 60 * 60 };

struct made_certificate {
  EVP_PKEY *key;
  X509 *certificate;
  char certificate_text[MADE_BYTES], key_text[MADE_BYTES];
};

static inline void made_text(BIO *bio, char text[MADE_BYTES]) {
  int len = BIO_read(bio, text, MADE_BYTES - 1);
  assert_true(len > 0);
  text[len] = '\0';
  BIO_free(bio);
}

/* Names end with NULL. It signs itself; `authority`: it may sign others as well. */
static inline void make_certificate(struct made_certificate *made, const char *const *names, bool authority,
                                    int64_t from_s, int64_t to_s) {
  GENERAL_NAMES *list = sk_GENERAL_NAME_new_null();
  for (; names && *names; names++) assert_true(sk_GENERAL_NAME_push(list, certificate_name(str_of(*names))) > 0);
  made->key = certificate_new_key();
  struct certificate_plan plan = {.name = "made",
                                  .key = made->key,
                                  .issuer_key = made->key,
                                  .from = from_s,
                                  .to = to_s,
                                  .path_length = authority ? CERTIFICATE_ISSUES_LEAVES : CERTIFICATE_LEAF,
                                  .names = authority ? NULL : list};
  made->certificate = certificate_make(&plan);
  GENERAL_NAMES_free(list);
  assert_non_null(made->certificate);
  BIO *bio = BIO_new(BIO_s_mem());
  assert_int_equal(PEM_write_bio_X509(bio, made->certificate), 1);
  made_text(bio, made->certificate_text);
  bio = BIO_new(BIO_s_mem());
  assert_int_equal(PEM_write_bio_PrivateKey(bio, made->key, NULL, NULL, 0, NULL, NULL), 1);
  made_text(bio, made->key_text);
}

static inline void forget_certificate(struct made_certificate *made) {
  X509_free(made->certificate);
  EVP_PKEY_free(made->key);
}

#endif
