/* The verb `init`: a configuration to start from. */
#ifndef LITEGINX_CLI_INIT_H
#define LITEGINX_CLI_INIT_H

#include <stdio.h>

/* Writes it to the file `path`, which must not be there yet (NULL: ./liteginx.yaml, and no ./liteginx.yml either), or for
 * "-" to `out`. What became of it is told to `err`. Returns the exit status: 0 written; 1 not. */
int init_run(const char *path, FILE *out, FILE *err);

#endif
