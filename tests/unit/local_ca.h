/* A local CA in a folder of the test's own, and OpenSSL as the client that judges what it signs. */
#ifndef LITEGINX_TESTS_UNIT_LOCAL_CA_H
#define LITEGINX_TESTS_UNIT_LOCAL_CA_H

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "folder.h"
#include "liteginx/tls/authority.h"

static inline int local_ca_folder(void **state) {
  (void)state;
  return temporary_folder(folder_root) == 0 && uv_chdir(folder_root) == 0 ? 0 : -1;
}

/* The certificate in a file. The caller frees it. */
static inline X509 *local_ca_certificate(const char *path) {
  BIO *file = BIO_new_file(path, "r");
  X509 *certificate = file ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;
  BIO_free(file);
  assert_non_null(certificate);
  return certificate;
}

static inline EVP_PKEY *local_ca_key(const char *path) {
  BIO *file = BIO_new_file(path, "r");
  EVP_PKEY *key = file ? PEM_read_bio_PrivateKey(file, NULL, NULL, NULL) : NULL;
  BIO_free(file);
  assert_non_null(key);
  return key;
}

/* What a client that trusts `root` alone says to `leaf` as a server's of that name, which may be an address; X509_V_OK: yes. */
static inline int local_ca_judge(X509 *root, X509 *leaf, STACK_OF(X509) * chain, const char *name) {
  X509_STORE *store = X509_STORE_new();
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  assert_int_equal(X509_STORE_add_cert(store, root), 1);
  assert_int_equal(X509_STORE_CTX_init(context, store, leaf, chain), 1);
  X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (!X509_VERIFY_PARAM_set1_ip_asc(param, name)) assert_true(X509_VERIFY_PARAM_set1_host(param, name, 0));
  int result = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return result;
}

#endif
