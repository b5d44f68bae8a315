/* Certificates that we make ourselves: CAs and leaves, each with what browsers, Apple, Java and RFC 5280 ask of it. */
#ifndef LITEGINX_TLS_CERTIFICATE_H
#define LITEGINX_TLS_CERTIFICATE_H

#include <openssl/x509v3.h>

#include "liteginx/base/ensure.h"
#include "liteginx/base/str.h"

/* Path lengths (RFC 5280 §4.2.1.9): how many CAs may stand below one. */
enum { CERTIFICATE_LEAF = -1, CERTIFICATE_ISSUES_LEAVES = 0, CERTIFICATE_ISSUES_ISSUERS = 1 };

struct certificate_plan {
  const char *organization, *unit, *name; /* the subject, UTF-8; NULL: without this part; what is too long is cut */
  EVP_PKEY *key;                          /* its own, of which it holds the public half */
  X509 *issuer;                           /* NULL: it signs itself */
  EVP_PKEY *issuer_key;
  int64_t from, to; /* seconds since 1970 */
  int path_length;
  NAME_CONSTRAINTS *constraints; /* of a CA; NULL: none */
  GENERAL_NAMES *names;          /* of a leaf */
};

/* The certificate, signed with SHA-256, under a serial number of 127 random bits. NULL: out of memory, or of random bytes. The
 * caller frees it (X509_free). */
X509 *certificate_make(const struct certificate_plan *plan);

/* A new key on P-256, which all clients know. NULL: as above. The caller frees it (EVP_PKEY_free, which wipes it). */
EVP_PKEY *certificate_new_key(void);

/* `name` as certificates hold it: a DNS name, which may begin with "*.", in ASCII; or an IPv4 or IPv6 address, with or without
 * brackets. NULL: it is neither, or out of memory. The caller frees it (GENERAL_NAME_free). */
GENERAL_NAME *certificate_name(struct str name);

/* Seconds since 1970; -1: the certificate says nothing that can be understood. */
int64_t certificate_time(const ASN1_TIME *time);

#endif
