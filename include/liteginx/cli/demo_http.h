/* The demo's HTTP upstream: `/one` and `/` answer as the example's FastAPI app does, all else is 404. */
#ifndef LITEGINX_CLI_DEMO_HTTP_H
#define LITEGINX_CLI_DEMO_HTTP_H

#include "liteginx/server/listener.h"

struct demo_http {
  struct listener listener;
  struct list conns;
};

/* Listens on localhost:`port`. 0 or a libuv code; UV_EADDRINUSE: somebody serves there already. */
ENSURE_CHECKED int demo_http_open(struct demo_http *demo, struct loop *loop, uint16_t port);

/* Closes the listener and all connections; twice is once. */
void demo_http_close(struct demo_http *demo);

#endif
