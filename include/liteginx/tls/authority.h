/* The local CA: a root that people may trust, since it cannot sign for the Internet.
 *
 *   root ──signs once──> intermediate ──signs──> leaves
 *     its key is thrown away      its key is kept in the folder
 *
 * Root and intermediate are constrained to local names (constraint.h) and to servers: who steals the folder can pretend to be
 * app.test, and not to be a bank. The intermediate carries the constraints as well, since verifiers need not look at those of a
 * root (RFC 5280 §6.2); and without the root's key nobody can sign another one without them.
 *
 * How the folder comes to be is founding.h's part.
 *
 * Immutable once it is open: threads may issue from it side by side. All functions block while they read or write files. */
#ifndef LITEGINX_TLS_AUTHORITY_H
#define LITEGINX_TLS_AUTHORITY_H

#include "liteginx/tls/credential.h"
#include "liteginx/tls/founding.h"

/* mkcert's, in its folder. */
#define AUTHORITY_MKCERT_ROOT "rootCA.pem"
#define AUTHORITY_MKCERT_KEY  "rootCA-key.pem"

/* Leaves live for 90 days, which all clients take, and are backdated like their CA. */
enum { AUTHORITY_LEAF_DAYS = 90 };

struct authority;

enum authority_found { AUTHORITY_OPEN, AUTHORITY_NONE, AUTHORITY_UNSOUND };

/* Reads the CA in `folder`. AUTHORITY_NONE: there is no such folder, or nothing is in it. AUTHORITY_UNSOUND: *problem says what
 * is wrong: a file is missing or damaged, they do not fit together, it is not one of ours, or it has expired. */
ENSURE_CHECKED enum authority_found authority_read(const char *folder, struct authority **authority,
                                                   struct tls_problem *problem);

/* The same, and where there is none one is made there; the folders above it, too. False: *problem; what is unsound is never
 * written over. Who makes it with hosts that an older one does not permit is told by authority_permits. */
ENSURE_CHECKED bool authority_open(const char *folder, const struct founding_wish *wish, struct authority **authority,
                                   struct tls_problem *problem);

/* The CA of mkcert in `folder`, which signs leaves itself, and as a rule has no constraints. */
ENSURE_CHECKED bool authority_open_mkcert(const char *folder, struct authority **authority,
                                          struct tls_problem *problem);

/* NULL is nothing. */
void authority_free(struct authority *authority);

/* May it sign for this DNS name ("*." in front is one), or IPv4 or IPv6 address? */
ENSURE_CHECKED bool authority_permits(const struct authority *authority, struct str name);

/* A leaf with a new key for one such name, and the chain to send with it. It ends no later than its CA. False: *problem; a name
 * that is not permitted, expired, out of memory. The caller frees it. (Clients take no wildcard for what is right below a
 * top-level domain, as *.test: there a leaf for each name is needed.) */
ENSURE_CHECKED bool authority_issue(const struct authority *authority, struct str name, struct credential *credential,
                                    struct tls_problem *problem);

/* The same for several names at once. */
ENSURE_CHECKED bool authority_issue_all(const struct authority *authority, const struct str *names, unsigned count,
                                        struct credential *credential, struct tls_problem *problem);

/* When the CA ends; seconds since 1970. */
int64_t authority_end(const struct authority *authority);

/* The name of the root, as lists of certificates show it. Lives as long as the authority. */
const char *authority_name(const struct authority *authority);

/* The root's certificate. The authority keeps it. */
X509 *authority_root(const struct authority *authority);

#endif
