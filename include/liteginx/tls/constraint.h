/* What the local CA may sign for at all (RFC 5280 §4.2.1.10): names and addresses that are nobody's on the Internet, and those
 * that a configuration declared when the CA was made. Verifiers hold every leaf against it. */
#ifndef LITEGINX_TLS_CONSTRAINT_H
#define LITEGINX_TLS_CONSTRAINT_H

#include <openssl/x509v3.h>

#include "liteginx/base/ensure.h"
#include "liteginx/base/str.h"
#include "liteginx/tls/problem.h"

/* The built-in names and addresses, and `hosts` as they stand in a configuration ("*.example.test" permits all below
 * example.test, and itself). A host that is permitted already adds nothing. NULL, and *problem: a host that is no name, or out of
 * memory. The caller frees it (NAME_CONSTRAINTS_free). */
NAME_CONSTRAINTS *constraint_make(const struct str *hosts, unsigned host_count, struct tls_problem *problem);

/* Would verifiers that know `constraints` take a leaf for `name`? Asked of OpenSSL's own check. NULL permits all. */
ENSURE_CHECKED bool constraint_permits(NAME_CONSTRAINTS *constraints, GENERAL_NAME *name);

#endif
