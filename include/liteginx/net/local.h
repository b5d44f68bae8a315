/* Connections within one machine that are known by a path in the file system: Unix sockets (local_unix.c); Windows
 * has none for us (local_none.c). For net/ alone: who has a stream asks it. A path has at most
 * socket_path_max bytes, which the configuration has checked. */
#ifndef LITEGINX_NET_LOCAL_H
#define LITEGINX_NET_LOCAL_H

#include "liteginx/net/stream.h"

/* Is it such an address? */
bool local_is(const struct sockaddr *address);

/* The address of a path. False: it is too long, or this system has none. */
ENSURE_CHECKED bool local_address(struct str path, struct sockaddr_storage *address);

/* The path of an address; valid as long as that is. */
struct str local_path(const struct sockaddr *address);

/* As tcp_new, tcp_open and tcp_connect. What the latter's callback is told goes through local_reason. */
struct stream *local_new(struct loop *loop);
ENSURE_CHECKED int local_open(struct loop *loop, uv_os_sock_t socket, struct stream **stream);
ENSURE_CHECKED int local_connect(struct stream *stream, uv_connect_t *request, const struct sockaddr *address,
                                 uv_connect_cb on_connect);

/* The code that says best why connecting there failed with `status`. UV_ENOTSOCK: a file is there that is no socket. UV_EAGAIN:
 * somebody has it, but the system's queue is full, and who wants in has to ask again; where a system cannot tell that from one
 * who has bound and does not listen yet, also this. */
int local_reason(const struct sockaddr *address, int status);

/* The file of a bound socket. */
struct local_file {
  uint64_t device, number; /* by which it is known again; both 0: none, or it is another's to remove */
};

/* Binds and listens, so that only this user may connect (mode 0600). A file that a dead program has left is replaced, that
 * of a living one never. 0 and *file; UV_EADDRINUSE: somebody listens there; UV_EEXIST: a file is there that is no socket;
 * or another libuv code. To be called while no other thread makes files: the mode comes by way of the process's umask. */
ENSURE_CHECKED int local_listen(uv_os_sock_t socket, const struct sockaddr *address, int backlog,
                                struct local_file *file);

/* Removes the file, unless somebody has put another in its place. */
void local_remove(const struct sockaddr *address, const struct local_file *file);

#endif
