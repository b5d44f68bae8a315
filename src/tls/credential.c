/* A pair is looked at when it is read, so that a handshake never finds out. */
#include "liteginx/tls/credential.h"

#include <limits.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "liteginx/tls/certificate.h"

static bool read_certificates(struct credential *credential, struct str text, struct tls_problem *problem);
static bool read_key(struct credential *credential, struct str text, struct tls_problem *problem);
static bool check_pair(const struct credential *credential, struct tls_problem *problem);
static bool add_to_chain(struct credential *credential, X509 *certificate);
static int on_password(char *into, int room, int writing, void *asked);
static BIO *memory_of(struct str text);

bool credential_read(struct credential *credential, struct str certificate, struct str key,
                     struct tls_problem *problem) {
  *credential = (struct credential){.leaf = NULL};
  bool good = read_certificates(credential, certificate, problem) && read_key(credential, key, problem) &&
              check_pair(credential, problem);
  ERR_clear_error();
  if (!good) credential_free(credential);
  return good;
}

void credential_free(struct credential *credential) {
  X509_free(credential->leaf);
  sk_X509_pop_free(credential->chain, X509_free);
  EVP_PKEY_free(credential->key);
  *credential = (struct credential){.leaf = NULL};
}

int64_t credential_renewal(const struct credential *credential) {
  int64_t from = certificate_time(X509_get0_notBefore(credential->leaf));
  int64_t to = certificate_time(X509_get0_notAfter(credential->leaf));
  return from + (to - from) / 3 * 2;
}

/* What is in the file behind a certificate that cannot be read would be missing in silence: it is an error. */
static bool read_certificates(struct credential *credential, struct str text, struct tls_problem *problem) {
  BIO *memory = memory_of(text);
  credential->chain = memory ? sk_X509_new_null() : NULL;
  bool good = credential->chain != NULL;
  if (!good) (void)tls_problem_no_memory(problem);
  ERR_clear_error();
  while (good) {
    X509 *certificate = PEM_read_bio_X509(memory, NULL, on_password, &(bool){false});
    if (!certificate) break;
    good = add_to_chain(credential, certificate) || tls_problem_no_memory(problem);
  }
  bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  BIO_free(memory);
  if (!good) return false;
  if (!ended) return tls_problem_say(problem, "it holds a certificate that is damaged");
  return credential->leaf ||
         tls_problem_say(problem, "there is no certificate in it (PEM is needed: -----BEGIN CERTIFICATE-----)");
}

/* Takes it. The first is the leaf; a root is what clients have or do not have, and is not sent. */
static bool add_to_chain(struct credential *credential, X509 *certificate) {
  if (!credential->leaf) {
    credential->leaf = certificate;
    return true;
  }
  bool is_root = X509_get_extension_flags(certificate) & EXFLAG_SS;
  if (!is_root && sk_X509_push(credential->chain, certificate) > 0) return true;
  X509_free(certificate);
  return is_root;
}

static bool read_key(struct credential *credential, struct str text, struct tls_problem *problem) {
  bool asked = false;
  BIO *memory = memory_of(text);
  if (!memory) return tls_problem_no_memory(problem);
  credential->key = PEM_read_bio_PrivateKey(memory, NULL, on_password, &asked);
  BIO_free(memory);
  if (credential->key) return true;
  if (asked) {
    return tls_problem_say(problem,
                           "the key is encrypted, and there is nobody to ask for its password (decrypt it: openssl "
                           "pkey -in KEY -out NEW)");
  }
  return tls_problem_say(problem, "there is no private key in it (PEM is needed: -----BEGIN PRIVATE KEY-----)");
}

/* Says no, and that it was asked. */
static int on_password(char *into, int room, int writing, void *asked) {
  (void)into, (void)room, (void)writing;
  *(bool *)asked = true;
  return -1;
}

static bool check_pair(const struct credential *credential, struct tls_problem *problem) {
  if (X509_check_private_key(credential->leaf, credential->key)) return true;
  for (int i = 0; i < sk_X509_num(credential->chain); i++) {
    if (!X509_check_private_key(sk_X509_value(credential->chain, i), credential->key)) continue;
    return tls_problem_say(problem,
                           "the key belongs to a later certificate of the file: the server's own must be the first");
  }
  return tls_problem_say(problem, "the key does not belong to the certificate");
}

/* Reads `text` where it stands. NULL: out of memory. */
static BIO *memory_of(struct str text) {
  return text.len <= INT_MAX ? BIO_new_mem_buf(text.ptr ? text.ptr : "", (int)text.len) : NULL;
}
