/* uv_tcp_t as a socket_stream. */
#include "liteginx/net/tcp.h"

#include <stdlib.h>

#include "liteginx/net/socket.h"
#include "liteginx/net/socket_stream.h"

struct tcp {
  struct socket_stream base;
  uv_tcp_t handle;
};

static void opened(struct tcp *tcp);
static void close_handle(struct stream *stream, bool reset);
static void tell_peer(const struct stream *stream, struct peer *peer);
static void keep_alive(struct stream *stream, unsigned after_s);

static const struct stream_ops tcp_ops = {
    .short_read_empties = true,
    .read_start = socket_stream_read_start,
    .read_stop = socket_stream_read_stop,
    .try_write = socket_stream_try_write,
    .write = socket_stream_write,
    .shutdown = socket_stream_shutdown,
    .close = close_handle,
    .quiet = socket_stream_quiet,
    .unsent = socket_stream_unsent,
    .tells_unsent = socket_tells_unsent,
    .peer = socket_stream_peer,
    .facts = tell_peer,
    .keep_alive = keep_alive,
    .fill = socket_stream_fill,
    .drain = socket_stream_drain,
};

static struct tcp *tcp_of(struct stream *stream) {
  return container_of(stream, struct tcp, base.stream);
}

struct stream *tcp_new(struct loop *loop) {
  struct tcp *tcp = calloc(1, sizeof *tcp);
  if (!tcp) return NULL;
  if (uv_tcp_init(&loop->uv, &tcp->handle) != 0) {
    free(tcp);
    return NULL;
  }
  socket_stream_init(&tcp->base, &tcp_ops, loop, (uv_stream_t *)(void *)&tcp->handle);
  return &tcp->base.stream;
}

int tcp_open(struct loop *loop, uv_os_sock_t socket, struct stream **stream) {
  struct stream *opening = tcp_new(loop);
  int status = opening ? uv_tcp_open(&tcp_of(opening)->handle, socket) : UV_ENOMEM;
  if (status != 0) {
    socket_drop(socket);
    if (opening) stream_close(opening, false);
    return status;
  }
  opened(tcp_of(opening));
  *stream = opening;
  return 0;
}

int tcp_connect(struct stream *stream, uv_connect_t *request, const struct sockaddr *address,
                uv_connect_cb on_connect) {
  struct tcp *tcp = tcp_of(stream);
  socket_stream_dials(&tcp->base);
  int status = uv_tcp_connect(request, &tcp->handle, address, on_connect);
  if (status == 0) opened(tcp);
  return status;
}

static void opened(struct tcp *tcp) {
  uv_tcp_nodelay(&tcp->handle, 1);
  socket_stream_opened(&tcp->base);
}

bool tcp_met_itself(struct stream *stream) {
  struct tcp *tcp = tcp_of(stream);
  struct sockaddr_storage own = {0}, peer = {0};
  int own_len = sizeof own, peer_len = sizeof peer;
  if (uv_tcp_getsockname(&tcp->handle, (struct sockaddr *)&own, &own_len) != 0) return false;
  if (uv_tcp_getpeername(&tcp->handle, (struct sockaddr *)&peer, &peer_len) != 0) return false;
  return own_len == peer_len && memcmp(&own, &peer, sizeof own) == 0;
}

static void keep_alive(struct stream *stream, unsigned after_s) {
  uv_tcp_keepalive(&tcp_of(stream)->handle, 1, after_s);
}

static void tell_peer(const struct stream *stream, struct peer *peer) {
  struct sockaddr_storage address = {0};
  int len = sizeof address;
  const struct tcp *tcp = tcp_of((struct stream *)(uintptr_t)stream); /* which only takes const away */
  if (uv_tcp_getpeername(&tcp->handle, (struct sockaddr *)&address, &len) != 0) return;
  peer_from_address(peer, (const struct sockaddr *)&address);
}

static void close_handle(struct stream *stream, bool reset) {
  struct tcp *tcp = tcp_of(stream);
  socket_stream_closing(&tcp->base);
  if (reset && uv_tcp_close_reset(&tcp->handle, socket_stream_on_close) == 0) return;
  uv_close((uv_handle_t *)&tcp->handle, socket_stream_on_close);
}
