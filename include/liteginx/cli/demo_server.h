/* What the demo's upstreams have in common: a listener on localhost, and connections that end with it. */
#ifndef LITEGINX_CLI_DEMO_SERVER_H
#define LITEGINX_CLI_DEMO_SERVER_H

#include "liteginx/server/listener.h"

/* The first member of an upstream's own connection. */
struct demo_conn {
  struct list node;
  struct stream *stream;
};

/* What an upstream brings along. */
struct demo_service {
  struct stream_events events;                       /* their owner is the demo_conn */
  struct demo_conn *(*accept)(void);                 /* a new connection, malloc'ed; NULL: out of memory */
  void (*close)(struct demo_conn *conn, bool reset); /* frees what `accept` made; the rest is demo_conn_close's */
};

struct demo_server {
  struct listener listener;
  struct list conns;
  const struct demo_service *service;
};

/* Listens on localhost:`port`. 0 or a libuv code; UV_EADDRINUSE: somebody serves there already. */
ENSURE_CHECKED int demo_server_open(struct demo_server *server, struct loop *loop, uint16_t port,
                                    const struct demo_service *service);

/* Closes the listener and all connections; twice is once. */
void demo_server_close(struct demo_server *server);

/* Closes the stream, and takes the connection out of its server's. */
void demo_conn_close(struct demo_conn *conn, bool reset);

#endif
