/* The verb `check`: is the configuration good? */
#ifndef LITEGINX_CLI_CHECK_H
#define LITEGINX_CLI_CHECK_H

#include <stdbool.h>
#include <stdio.h>

/* Loads the configuration at `paths` as `run` would. All errors and warnings go to `err`; if it is good, one line that
 * says what was found to `out`. Returns the exit status: 0 good; 1 not good, or `out` could not be written. */
int check_run(const char *const *paths, unsigned count, FILE *out, FILE *err, bool color);

#endif
