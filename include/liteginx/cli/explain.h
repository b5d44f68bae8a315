/* The verb `explain`: what becomes of a request, and why, without any traffic; for people, for programs (--json), and as a
 * check of many (--expect). */
#ifndef LITEGINX_CLI_EXPLAIN_H
#define LITEGINX_CLI_EXPLAIN_H

#include <stdio.h>

#include "liteginx/cli/options.h"

/* Prints to `out` what is asked for, errors to `err`, coloured if `color`. The exit status: 0; 1 where the request finds no
 * route or is refused, where one of the expected ones goes elsewhere, or where there is no configuration; 2 where the
 * request is none. */
int explain_run(const struct options *options, FILE *out, FILE *err, bool color);

#endif
