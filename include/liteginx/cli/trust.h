/* The verb `trust`: the local CA's root goes into each store that is there. */
#ifndef LITEGINX_CLI_TRUST_H
#define LITEGINX_CLI_TRUST_H

#include <stdio.h>

#include "liteginx/cli/options.h"

/* Makes the CA where there is none. Says to `out` what it changes, or with --dry-run would change, and to `err` what it cannot. Returns
 * the exit status: 0 each store trusts it now; 1 at least one does not. */
int trust_run(const struct options *options, FILE *out, FILE *err);

#endif
