/* The verb `demo`: the proxy with the example's two upstreams built in, so that the first curl works with nothing else
 * installed. */
#ifndef LITEGINX_CLI_DEMO_H
#define LITEGINX_CLI_DEMO_H

#include "liteginx/cli/options.h"

#include <stdint.h>

enum { DEMO_HTTP_PORT = 3000, DEMO_ECHO_PORT = 4000 };

/* As run_main. */
int demo_main(const struct options *options, uint64_t started_ns);

#endif
