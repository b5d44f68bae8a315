/* The demo's HTTP upstream: `/one` and `/` answer as the example's FastAPI app does, all else is 404. */
#ifndef LITEGINX_CLI_DEMO_HTTP_H
#define LITEGINX_CLI_DEMO_HTTP_H

#include "liteginx/cli/demo_server.h"

extern const struct demo_service demo_http;

#endif
