/* The demo's TCP upstream: answers each line with "Echo: " and the line; a last line without its end is a line too. */
#ifndef LITEGINX_CLI_DEMO_ECHO_H
#define LITEGINX_CLI_DEMO_ECHO_H

#include "liteginx/server/listener.h"

/* A longer line is answered in pieces. */
enum { DEMO_ECHO_LINE_MAX = 64 * 1024 };

struct demo_echo {
  struct listener listener;
  struct list conns;
};

/* Listens on localhost:`port`. 0 or a libuv code; UV_EADDRINUSE: somebody serves there already. */
ENSURE_CHECKED int demo_echo_open(struct demo_echo *demo, struct loop *loop, uint16_t port);

/* Closes the listener and all connections; twice is once. */
void demo_echo_close(struct demo_echo *demo);

#endif
