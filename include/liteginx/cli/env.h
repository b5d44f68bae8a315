/* The verb `env`: variables by which programs that have roots of their own trust the local CA. */
#ifndef LITEGINX_CLI_ENV_H
#define LITEGINX_CLI_ENV_H

#include <stdio.h>

#include "liteginx/cli/options.h"

/* Prints them to `out` in the words of a shell; makes the CA where there is none, and the bundle that some of them name. What else there
 * is to say goes to `err`. Returns the exit status: 0 printed; 1 not. */
int env_run(const struct options *options, FILE *out, FILE *err);

#endif
