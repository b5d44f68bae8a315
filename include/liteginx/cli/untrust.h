/* The verb `untrust`: takes out of the stores what `trust` has put there. */
#ifndef LITEGINX_CLI_UNTRUST_H
#define LITEGINX_CLI_UNTRUST_H

#include <stdio.h>

#include "liteginx/cli/options.h"

/* Roots are found by their name, so it works as well where the CA's folder is gone, or is a new one. The folder stays. Returns the exit
 * status: 0 none is left; 1 at least one is. */
int untrust_run(const struct options *options, FILE *out, FILE *err);

#endif
