/* A bound socket to which clients connect, whatever the transport: each connection that it accepts is a stream. */
#ifndef LITEGINX_NET_ENDPOINT_H
#define LITEGINX_NET_ENDPOINT_H

#include "liteginx/net/stream.h"

/* What the system keeps in its queue before anybody accepts. */
enum { ENDPOINT_BACKLOG = 4096 };

/* Embedded in its owner; endpoint_open and endpoint_join set it up. */
struct endpoint {
  uv_os_sock_t socket;
  int family; /* AF_… */
};

/* Binds and listens; nobody waits in accept. `shared`: others of this process may join, none of another one's. 0, or a
 * libuv code and nothing left open. */
ENSURE_CHECKED int endpoint_open(struct endpoint *endpoint, const struct sockaddr *address, bool shared);

/* As endpoint_open, where `first`, a shared one, is bound: the system deals connections out to both from then on. */
ENSURE_CHECKED int endpoint_join(struct endpoint *endpoint, const struct endpoint *first);

/* Where it is bound, with the real port. 0, or a libuv code. */
ENSURE_CHECKED int endpoint_address(const struct endpoint *endpoint, struct sockaddr_storage *address);

/* Accepts a connection that waits in the system's queue: 0 and *stream; UV_EAGAIN: none does; or another libuv code. */
ENSURE_CHECKED int endpoint_accept(const struct endpoint *endpoint, struct loop *loop, struct stream **stream);

/* Connections that wait are reset. */
void endpoint_close(struct endpoint *endpoint);

#endif
