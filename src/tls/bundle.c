/* Nothing is looked up by name: what counts is whether a chain ends well. */
#include "liteginx/tls/bundle.h"

#include <limits.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static const char probe[] = "localhost";

static X509_STORE *read_store(struct str roots);
static bool verify(X509_STORE *store, const struct credential *leaf, struct tls_problem *problem);

bool bundle_trusts(struct str roots, const struct authority *authority, struct tls_problem *problem) {
  struct credential leaf;
  if (!authority_issue(authority, str_of(probe), &leaf, problem)) return false;
  X509_STORE *store = read_store(roots);
  bool trusts = store ? verify(store, &leaf, problem) : tls_problem_no_memory(problem);
  X509_STORE_free(store);
  credential_free(&leaf);
  ERR_clear_error();
  return trusts;
}

/* One that cannot be read is passed over, as most programs do. NULL: out of memory. */
static X509_STORE *read_store(struct str roots) {
  X509_STORE *store = X509_STORE_new();
  BIO *memory = roots.len <= INT_MAX ? BIO_new_mem_buf(roots.ptr ? roots.ptr : "", (int)roots.len) : NULL;
  bool more = store && memory;
  while (more) {
    X509 *root = PEM_read_bio_X509(memory, NULL, NULL, NULL);
    if (root) (void)X509_STORE_add_cert(store, root);
    more = root || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
    ERR_clear_error();
    X509_free(root);
  }
  BIO_free(memory);
  return store;
}

static bool verify(X509_STORE *store, const struct credential *leaf, struct tls_problem *problem) {
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  bool good = context && X509_STORE_CTX_init(context, store, leaf->leaf, leaf->chain);
  if (good) {
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
    good =
        X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER) && X509_VERIFY_PARAM_set1_host(param, probe, 0);
  }
  if (!good) {
    (void)tls_problem_no_memory(problem);
  } else if (X509_verify_cert(context) != 1) {
    good = tls_problem_say(problem, "%s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
  }
  X509_STORE_CTX_free(context);
  return good;
}

bool bundle_first_name(struct str text, char *name, size_t room) {
  BIO *memory = text.len <= INT_MAX ? BIO_new_mem_buf(text.ptr ? text.ptr : "", (int)text.len) : NULL;
  X509 *first = memory ? PEM_read_bio_X509(memory, NULL, NULL, NULL) : NULL;
  X509_NAME *subject = first ? X509_get_subject_name(first) : NULL;
  bool found = subject && X509_NAME_get_text_by_NID(subject, NID_commonName, name, (int)room) >= 0;
  X509_free(first);
  BIO_free(memory);
  ERR_clear_error();
  return found;
}
