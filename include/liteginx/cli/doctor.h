/* The verb `doctor`: is the local CA sound, and who trusts it? */
#ifndef LITEGINX_CLI_DOCTOR_H
#define LITEGINX_CLI_DOCTOR_H

#include <stdio.h>

#include "liteginx/cli/options.h"

/* Changes nothing. One line for each thing that was looked at goes to `out`, with what to do where it is not well. Returns the exit
 * status: 0 all is well; 1 something is not. */
int doctor_run(const struct options *options, FILE *out, FILE *err);

#endif
