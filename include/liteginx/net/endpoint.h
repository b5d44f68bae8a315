/* A bound socket to which clients connect, whatever the transport: each connection that it accepts is a stream. A Unix
 * socket has a file, which goes with the endpoint that was opened; those that have joined share its descriptor, since the
 * system lets only one socket listen there: who of them asks first accepts. */
#ifndef LITEGINX_NET_ENDPOINT_H
#define LITEGINX_NET_ENDPOINT_H

#include "liteginx/net/local.h"
#include "liteginx/net/stream.h"

/* What the system keeps in its queue before anybody accepts. */
enum { ENDPOINT_BACKLOG = 4096 };

/* Embedded in its owner; endpoint_open and endpoint_join set it up. */
struct endpoint {
  uv_os_sock_t socket;
  int family; /* AF_… */
  struct local_file file;
};

/* Binds and listens; nobody waits in accept. `shared`: others of this process may join, none of another one's. 0, or a
 * libuv code and nothing left open: UV_EADDRINUSE, where somebody listens; UV_EEXIST, where a file is that is no socket. */
ENSURE_CHECKED int endpoint_open(struct endpoint *endpoint, const struct sockaddr *address, bool shared);

/* As endpoint_open, where `first`, a shared one, is bound: connections go to either from then on. */
ENSURE_CHECKED int endpoint_join(struct endpoint *endpoint, const struct endpoint *first);

/* Where it is bound, with the real port. 0, or a libuv code. */
ENSURE_CHECKED int endpoint_address(const struct endpoint *endpoint, struct sockaddr_storage *address);

/* The address of a Unix socket's path. False: it is too long, or this system has no such sockets. */
ENSURE_CHECKED bool endpoint_address_of_path(struct str path, struct sockaddr_storage *address);

/* The path of a Unix socket's address, valid as long as that is; empty: it is another's. */
struct str endpoint_path(const struct sockaddr *address);

/* Accepts a connection that waits in the system's queue: 0 and *stream; UV_EAGAIN: none does; or another libuv code. */
ENSURE_CHECKED int endpoint_accept(const struct endpoint *endpoint, struct loop *loop, struct stream **stream);

/* Connections that wait are reset, unless another endpoint shares them. */
void endpoint_close(struct endpoint *endpoint);

#endif
