/* A stream over a connected socket of the system's, read and written with libuv's handle for it: what TCP and Unix sockets
 * have in common. Each of them embeds one, with its own handle behind it, and fills in its table of operations from here.
 * For net/ alone. */
#ifndef LITEGINX_NET_SOCKET_STREAM_H
#define LITEGINX_NET_SOCKET_STREAM_H

#include "liteginx/net/stream.h"

/* The first member of a transport's struct, which is malloc'ed and freed with its handle. */
struct socket_stream {
  struct stream stream;
  uv_stream_t *handle; /* of the same struct */
  uv_os_sock_t socket; /* while it is open */
  size_t behind;       /* of a write, what is not handed to the handle yet */
  int broken; /* what a write or a splice met: the system tells each error once, and calls what follows an end */
};

/* Sets up; `handle` was initialised and is not open. */
void socket_stream_init(struct socket_stream *socket, const struct stream_ops *ops, struct loop *loop,
                        uv_stream_t *handle);

/* Its handle has a socket now. */
void socket_stream_opened(struct socket_stream *socket);

/* Counts it among those that we connect. Before the connect, once. */
void socket_stream_dials(struct socket_stream *socket);

/* The operations of struct stream_ops that do not depend on the transport. */
int socket_stream_read_start(struct stream *stream);
void socket_stream_read_stop(struct stream *stream);
int socket_stream_try_write(struct stream *stream, const struct slices *slices);
int socket_stream_write(struct stream *stream, struct str bytes);
int socket_stream_shutdown(struct stream *stream);
bool socket_stream_quiet(const struct stream *stream);
size_t socket_stream_unsent(const struct stream *stream);
enum socket_peer socket_stream_peer(const struct stream *stream, size_t *waiting);
int socket_stream_fill(struct stream *stream, size_t max);
int socket_stream_drain(struct stream *stream, struct splice *pipe);

/* The same for `close`, with a plain end. */
void socket_stream_close(struct stream *stream, bool reset);

/* For who closes the handle another way: before that, and as its uv_close_cb, which frees the struct. */
void socket_stream_closing(struct socket_stream *socket);
void socket_stream_on_close(uv_handle_t *handle);

static inline struct socket_stream *socket_stream_of(struct stream *stream) {
  return container_of(stream, struct socket_stream, stream);
}

/* The cast only takes const away for container_of. */
static inline const struct socket_stream *const_socket_stream_of(const struct stream *stream) {
  return container_of((struct stream *)(uintptr_t)stream, struct socket_stream, stream);
}

#endif
