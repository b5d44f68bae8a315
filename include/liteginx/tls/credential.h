/* What a server proves itself with: a certificate, the chain behind it, and the private key. Counted by OpenSSL's own counts:
 * contexts that use one keep what they need. */
#ifndef LITEGINX_TLS_CREDENTIAL_H
#define LITEGINX_TLS_CREDENTIAL_H

#include <openssl/x509.h>

#include "liteginx/base/ensure.h"
#include "liteginx/base/str.h"
#include "liteginx/tls/problem.h"

struct credential {
  X509 *leaf;
  STACK_OF(X509) * chain; /* from the leaf's issuer on, without the root; may be empty */
  EVP_PKEY *key;
};

/* Reads PEM texts: `certificate` holds the leaf first, then its chain; `key` the private key of the leaf. False, and *problem
 * in words without names of files: no PEM, an encrypted key, a pair that does not fit, out of memory. The caller frees it. */
ENSURE_CHECKED bool credential_read(struct credential *credential, struct str certificate, struct str key,
                                    struct tls_problem *problem);

/* Twice is once. OpenSSL wipes the key. */
void credential_free(struct credential *credential);

/* When to have a new leaf in the place of this one: when two thirds of its life are over. Seconds since 1970. */
int64_t credential_renewal(const struct credential *credential);

#endif
