/* The making of a local CA (authority.h), once for each folder. It appears whole or not at all, under one rename: two programs
 * that start at once have one CA, and a machine that stops leaves no half of one. */
#ifndef LITEGINX_TLS_FOUNDING_H
#define LITEGINX_TLS_FOUNDING_H

#include "liteginx/base/ensure.h"
#include "liteginx/base/str.h"
#include "liteginx/tls/problem.h"

/* What is in the folder, in PEM. The root's key is nowhere. */
#define FOUNDING_ROOT         "root.pem"
#define FOUNDING_INTERMEDIATE "intermediate.pem"
#define FOUNDING_KEY          "intermediate-key.pem"

/* How the names of all local CAs begin: behind it stand whose it is, and eight hex digits, by which stores tell two of them
 * apart. */
#define FOUNDING_NAME "liteginx local CA"

/* CAs live for ten years: a new one has to be trusted by hand again, in each store and on each device, and what a stolen one
 * can do is bounded by its constraints. (The limits of Apple and of the CA/Browser Forum are for leaves.) What is made begins an
 * hour ago, for clocks that go slow. */
enum { FOUNDING_YEARS = 10, FOUNDING_SKEW_S = 3600 };

/* Bytes of an owner that names have room for. */
enum { FOUNDING_OWNER_BYTES = 36 };

/* What a CA that has to be made is for. */
struct founding_wish {
  const char *owner;       /* "user@host", by which people know it in a list; UTF-8 */
  const struct str *hosts; /* of the configuration, to be permitted beside the local names */
  unsigned host_count;
};

/* Makes a CA in `folder`, and the folders above it that are missing. True as well where somebody else was first: what is there
 * stays. False: *problem. Blocks. */
ENSURE_CHECKED bool founding_make(const char *folder, const struct founding_wish *wish, struct tls_problem *problem);

#endif
