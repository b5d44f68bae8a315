/* What libuv does not offer for sockets and differs by system: socket_unix.c with socket_linux.c or socket_macos.c, or
 * socket_windows.c. All of it takes the system's socket; socket_of gives that of a libuv handle. */
#ifndef LITEGINX_NET_SOCKET_H
#define LITEGINX_NET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "liteginx/base/ensure.h"
#include "liteginx/base/slices.h"

/* The socket of an open handle; what it is good for ends when the handle is closed. */
uv_os_sock_t socket_of(const uv_handle_t *handle);

/* Is the connection alive as far as this machine knows, with nothing to read? False: bytes wait, or an end, or an
 * error. One system call; takes nothing. */
bool socket_quiet(uv_os_sock_t socket);

/* What has become of the peer, as far as this machine knows, for who does not read: reading would tell only behind all bytes
 * that wait. */
enum socket_peer {
  SOCKET_PEER_HERE,
  SOCKET_PEER_ENDED, /* it sends no more */
  SOCKET_PEER_GONE   /* it has reset the connection */
};

/* Asks for it, and how many bytes wait to be read. Two or three system calls; takes no bytes. Who is told of a reset is told
 * once: reading may call it an end. */
enum socket_peer socket_peer(uv_os_sock_t socket, size_t *waiting);

/* Answers libuv, which asks where to read to (uv_alloc_cb). Where it asks only once there is something, that is read
 * here into `block`, and the empty buffer has libuv call the uv_read_cb with UV_ENOBUFS and look for nothing else:
 * *received is then how many bytes there were; UV_EOF: the end; UV_EAGAIN: nothing; or another libuv code. Where it
 * asks ahead of time the buffer is the block, and libuv's own count is what holds. `room` is not 0. */
uv_buf_t socket_buffer(uv_os_sock_t socket, char *block, size_t room, ssize_t *received);

/* Sends at once what the system takes of `slices`; for a connection whose handle has nothing to write itself. How many
 * bytes; UV_EAGAIN: it takes nothing now; or another libuv code. */
ENSURE_CHECKED ssize_t socket_send(uv_os_sock_t socket, const struct slices *slices);

/* How many bytes to give to the system at once at most. Where it takes any number, and says nothing of them before the last one
 * has gone, a slow reader could not be told from one that takes nothing: so few that he is heard of in time. */
size_t socket_send_max(void);

/* A stream socket of that family (AF_…), not bound. 0 and *opened, which is the caller's to drop, or a libuv code. */
ENSURE_CHECKED int socket_open(int family, uv_os_sock_t *opened);

/* Binds it, also where connections of an earlier program still linger. An IPv6 one leaves IPv4 to others: else [::] would
 * take both, and collide with 0.0.0.0 on the same port. 0, or a libuv code. */
ENSURE_CHECKED int socket_bind(uv_os_sock_t socket, const struct sockaddr *address);

/* Lets sockets of this user's processes bind where this one is bound or will be, if they ask for the same. 0, or a libuv
 * code: UV_ENOTSUP where the system does not deal connections out to them. */
ENSURE_CHECKED int socket_share(uv_os_sock_t socket);

/* One more descriptor of the same socket. 0 and *copy, which is the caller's to drop, or a libuv code. */
ENSURE_CHECKED int socket_duplicate(uv_os_sock_t socket, uv_os_sock_t *copy);

/* Where it is bound. 0, or a libuv code. */
ENSURE_CHECKED int socket_address(uv_os_sock_t socket, struct sockaddr_storage *address);

/* Lets a bound socket listen; it does not wait in accept. 0, or a libuv code. */
ENSURE_CHECKED int socket_listen(uv_os_sock_t socket, int backlog);

/* Takes a connection out of the system's queue. 0 and *accepted, which is the caller's to open or drop; UV_EAGAIN: none
 * waits; or another libuv code. */
ENSURE_CHECKED int socket_accept(uv_os_sock_t listener, uv_os_sock_t *accepted);

/* Closes what socket_open or socket_accept gave. */
void socket_drop(uv_os_sock_t socket);

/* Ends the output, for a connection whose handle has nothing to write itself. 0, or a libuv code: UV_ENOTCONN where the
 * peer is gone. */
ENSURE_CHECKED int socket_half_close(uv_os_sock_t socket);

/* Is a connection to a Unix socket whose queue is full refused, as where nobody listens? */
bool socket_full_refuses(void);

/* Bytes that were written and that the peer's system has not acknowledged; 0 where the system does not tell. */
size_t socket_unsent(uv_os_sock_t socket);

/* Does the system tell that? */
bool socket_tells_unsent(void);

#endif
