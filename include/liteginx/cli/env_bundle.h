/* The file that `liteginx env` points programs to: many variables name a file that takes the place of the system's roots, so it holds
 * those as well as ours. */
#ifndef LITEGINX_CLI_ENV_BUNDLE_H
#define LITEGINX_CLI_ENV_BUNDLE_H

#include "liteginx/base/arena.h"
#include "liteginx/tls/problem.h"

/* Where it is, in the folder of our data. NULL: there is none, or out of memory. */
const char *env_bundle_path(struct arena *arena);

/* Where the roots come from that ours is added to: the file that SSL_CERT_FILE names (a company's roots stay), or where that is the
 * bundle itself, the file that it was made from; else the system's. NULL: this system keeps none in a file. */
const char *env_bundle_base(struct arena *arena);

/* Writes it anew, unless it is right already: the file `root`, and behind it `base`. Who reads it meanwhile sees the old one or the new
 * one. False: *problem. */
ENSURE_CHECKED bool env_bundle_write(struct arena *arena, const char *base, const char *root,
                                     struct tls_problem *problem);

/* Makes one that is there anew, of what it was made from; else does nothing. False: *problem. */
ENSURE_CHECKED bool env_bundle_refresh(struct arena *arena, const char *root, struct tls_problem *problem);

enum env_bundle_state { ENV_BUNDLE_NONE, ENV_BUNDLE_CURRENT, ENV_BUNDLE_STALE };

/* Does it hold what it would hold if it were written now? */
enum env_bundle_state env_bundle_look(struct arena *arena, const char *root);

#endif
