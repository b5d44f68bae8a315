/* The verbs about the local CA: trust, untrust, doctor, env. Their twin, in a build without TLS, says so. */
#ifndef LITEGINX_CLI_TLS_VERBS_H
#define LITEGINX_CLI_TLS_VERBS_H

#include <stdio.h>

#include "liteginx/cli/options.h"

/* Runs the one of them that was asked for. Returns the exit status. */
int tls_verbs_run(const struct options *options, FILE *out, FILE *err);

#endif
