/* uv_tcp_t behind stream_ops. A struct tcp frees itself in its close callback, which is also what makes libuv's write
 * and shutdown requests safe: they are all called back before it. */
#include "liteginx/net/tcp.h"

#include <stdlib.h>

#include "liteginx/net/socket.h"

struct tcp {
  struct stream stream;
  uv_tcp_t handle;
  uv_os_sock_t socket; /* while it is open */
  ssize_t received;    /* what on_alloc has for on_read: a count or a libuv code */
  int broken; /* what a write or a splice met: the system tells each error once, and calls what follows an end */
};

/* Requests have memory of their own, because a stream in good health never needs one and there are thousands. */
struct write {
  uv_write_t request;
  struct tcp *tcp;
};

enum { JOIN_BYTES = 1024 };

static void opened(struct tcp *tcp);
static int read_start(struct stream *stream);
static void read_stop(struct stream *stream);
static int try_write(struct stream *stream, const struct slices *slices);
static int write_all(struct stream *stream, struct str bytes);
static int half_close(struct stream *stream);
static void close_handle(struct stream *stream, bool reset);
static void tell_peer(const struct stream *stream, struct peer *peer);
static void keep_alive(struct stream *stream, unsigned after_s);
static bool quiet(const struct stream *stream);
static void note(struct tcp *tcp, int status);
static enum socket_peer peer(const struct stream *stream, size_t *waiting);
static size_t unsent(const struct stream *stream);
static int fill(struct stream *stream, size_t max);
static int drain(struct stream *stream, struct splice *pipe);

static const struct stream_ops tcp_ops = {
    .read_start = read_start,
    .read_stop = read_stop,
    .try_write = try_write,
    .write = write_all,
    .shutdown = half_close,
    .close = close_handle,
    .quiet = quiet,
    .unsent = unsent,
    .peer = peer,
    .facts = tell_peer,
    .keep_alive = keep_alive,
    .fill = fill,
    .drain = drain,
};

static struct tcp *tcp_of(struct stream *stream) {
  return container_of(stream, struct tcp, stream);
}

/* The cast only takes const away for container_of. */
static const struct tcp *const_tcp_of(const struct stream *stream) {
  return tcp_of((struct stream *)(uintptr_t)stream);
}

static uv_stream_t *uv_of(struct tcp *tcp) {
  return (uv_stream_t *)(void *)&tcp->handle;
}

struct stream *tcp_new(struct loop *loop) {
  struct tcp *tcp = calloc(1, sizeof *tcp);
  if (!tcp) return NULL;
  if (uv_tcp_init(&loop->uv, &tcp->handle) != 0) {
    free(tcp);
    return NULL;
  }
  tcp->handle.data = tcp;
  tcp->socket = (uv_os_sock_t)-1;
  stream_init(&tcp->stream, &tcp_ops, loop);
  return &tcp->stream;
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
  ENSURE(!stream->dialled);
  stream->dialled = true;
  atomic_fetch_add_explicit(stream->loop->dialled, 1, memory_order_relaxed);
  int status = uv_tcp_connect(request, &tcp->handle, address, on_connect);
  if (status == 0) opened(tcp);
  return status;
}

static void opened(struct tcp *tcp) {
  uv_tcp_nodelay(&tcp->handle, 1);
  tcp->socket = socket_of((const uv_handle_t *)&tcp->handle);
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
  if (uv_tcp_getpeername(&const_tcp_of(stream)->handle, (struct sockaddr *)&address, &len) != 0) return;
  peer_from_address(peer, (const struct sockaddr *)&address);
}

/* --- reading --- */

/* One read for each turn of the loop, so that others get theirs. */
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  struct tcp *tcp = handle->data;
  char *block = tcp->stream.loop->read_block;
  (void)suggested;
  tcp->received = UV_EAGAIN;
  *buf = uv_buf_init(NULL, 0);
  if (stream_is_direct(&tcp->stream)) {
    tcp->received = 0; /* which no read says */
  } else if (stream_room(&tcp->stream)) {
    *buf = socket_buffer(tcp->socket, block, stream_room(&tcp->stream), &tcp->received);
  }
}

static void on_read(uv_stream_t *handle, ssize_t count, const uv_buf_t *buf) {
  struct tcp *tcp = handle->data;
  struct stream *stream = &tcp->stream;
  if (count == 0) count = UV_EAGAIN; /* which is libuv's word for that */
  if (count == UV_ENOBUFS && buf->len == 0) count = tcp->received;
  if (count == 0) {
    stream_deliver_ready(stream);
    return;
  }
  if (stream->life == STREAM_CLOSING || count == UV_EAGAIN) return;
  /* What a write met is told by none of the reads behind it: to them it is an end. */
  if (count == UV_EOF && tcp->broken) count = tcp->broken;
  if (count > 0) {
    stream_deliver(stream, str_make(stream->loop->read_block, (size_t)count));
  } else if (count == UV_EOF) {
    stream_deliver_end(stream);
  } else {
    stream_deliver_failure(stream, (int)count);
  }
}

static void note(struct tcp *tcp, int status) {
  if (status == UV_ECONNRESET || status == UV_ETIMEDOUT) tcp->broken = status;
}

static int read_start(struct stream *stream) {
  return uv_read_start(uv_of(tcp_of(stream)), on_alloc, on_read);
}

static void read_stop(struct stream *stream) {
  uv_read_stop(uv_of(tcp_of(stream)));
}

/* An end is still there for who reads, an error is not. */
static int fill(struct stream *stream, size_t max) {
  struct tcp *tcp = tcp_of(stream);
  int filled = splice_fill(stream->loop, stream->direct.pipe, tcp->socket, max);
  if (filled >= 0 || filled == UV_EAGAIN) return filled;
  if (filled != UV_ENOTSUP && filled != UV_EPIPE) tcp->broken = filled;
  return 0;
}

/* --- writing --- */

static int drain(struct stream *stream, struct splice *pipe) {
  struct tcp *tcp = tcp_of(stream);
  int drained = splice_drain(stream->loop, pipe, tcp->socket);
  note(tcp, drained);
  return drained;
}

static int try_write(struct stream *stream, const struct slices *slices) {
  struct tcp *tcp = tcp_of(stream);
  char bytes[JOIN_BYTES];
  struct slices joined;
  if (slices->count > 1 && slices->bytes <= sizeof bytes) {
    /* A head and a small body: to copy them costs less than to hand the system two pieces. */
    size_t len = 0;
    for (unsigned i = 0; i < slices->count; len += slices->at[i++].len) {
      memcpy(bytes + len, slices->at[i].ptr, slices->at[i].len);
    }
    slices_clear(&joined);
    slices_add(&joined, str_make(bytes, len));
    slices = &joined;
  }
  int taken = (int)socket_send(tcp->socket, slices);
  note(tcp, taken);
  return taken == UV_EAGAIN ? 0 : taken;
}

static void on_write(uv_write_t *request, int status) {
  struct write *write = container_of(request, struct write, request);
  struct tcp *tcp = write->tcp;
  free(write);
  note(tcp, status);
  stream_written(&tcp->stream, status);
}

static int write_all(struct stream *stream, struct str bytes) {
  struct write *write = malloc(sizeof *write);
  if (!write) return UV_ENOMEM;
  write->tcp = tcp_of(stream);
  uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes.ptr, (unsigned)bytes.len);
  int status = uv_write(&write->request, uv_of(write->tcp), &buf, 1, on_write);
  if (status != 0) free(write);
  return status;
}

/* libuv would take memory for it and wait for the end of the turn, because it may have something to write. */
static int half_close(struct stream *stream) {
  return socket_half_close(tcp_of(stream)->socket);
}

/* --- end --- */

static void on_close(uv_handle_t *handle) {
  struct tcp *tcp = handle->data;
  stream_closed(&tcp->stream);
  free(tcp);
}

static void close_handle(struct stream *stream, bool reset) {
  struct tcp *tcp = tcp_of(stream);
  tcp->socket = (uv_os_sock_t)-1; /* the number may soon be another's */
  if (reset && uv_tcp_close_reset(&tcp->handle, on_close) == 0) return;
  uv_close((uv_handle_t *)&tcp->handle, on_close);
}

static bool quiet(const struct stream *stream) {
  return socket_quiet(const_tcp_of(stream)->socket);
}

static enum socket_peer peer(const struct stream *stream, size_t *waiting) {
  return socket_peer(tcp_of((struct stream *)(uintptr_t)stream)->socket, waiting);
}

static size_t unsent(const struct stream *stream) {
  const struct tcp *tcp = const_tcp_of(stream);
  return tcp->handle.write_queue_size + socket_unsent(tcp->socket);
}
