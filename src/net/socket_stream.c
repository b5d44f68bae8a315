/* uv_stream_t behind stream_ops. A struct socket_stream is freed in its handle's close callback, which is also what makes
 * libuv's write requests safe: they are all called back before it. */
#include "liteginx/net/socket_stream.h"

#include <stdlib.h>

#include "liteginx/net/socket.h"

/* Requests have memory of their own, because a stream in good health never needs one and there are thousands. */
struct write {
  uv_write_t request;
  struct socket_stream *socket;
  struct str rest; /* socket->behind bytes */
};

enum { JOIN_BYTES = 1024 };

static void note(struct socket_stream *socket, int status);
static int write_piece(struct write *write);

void socket_stream_init(struct socket_stream *socket, const struct stream_ops *ops, struct loop *loop,
                        uv_stream_t *handle) {
  socket->handle = handle;
  socket->handle->data = socket;
  socket->socket = (uv_os_sock_t)-1;
  stream_init(&socket->stream, ops, loop);
}

void socket_stream_opened(struct socket_stream *socket) {
  socket->socket = socket_of((const uv_handle_t *)socket->handle);
}

void socket_stream_dials(struct socket_stream *socket) {
  ENSURE(!socket->stream.dialled);
  socket->stream.dialled = true;
  atomic_fetch_add_explicit(socket->stream.loop->dialled, 1, memory_order_relaxed);
}

/* --- reading --- */

/* One read for each turn of the loop, so that others get theirs. */
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  struct socket_stream *socket = handle->data;
  char *block = socket->stream.loop->read_block;
  (void)suggested;
  socket->stream.loop->received = UV_EAGAIN;
  *buf = uv_buf_init(NULL, 0);
  if (stream_is_direct(&socket->stream)) {
    socket->stream.loop->received = 0; /* which no read says */
  } else if (stream_room(&socket->stream)) {
    *buf = socket_buffer(socket->socket, block, stream_room(&socket->stream), &socket->stream.loop->received);
  }
}

static void on_read(uv_stream_t *handle, ssize_t count, const uv_buf_t *buf) {
  struct socket_stream *socket = handle->data;
  struct stream *stream = &socket->stream;
  if (count == 0) count = UV_EAGAIN; /* which is libuv's word for that */
  if (count == UV_ENOBUFS && buf->len == 0) count = socket->stream.loop->received;
  if (count == 0) {
    stream_deliver_ready(stream);
    return;
  }
  if (stream->life == STREAM_CLOSING || count == UV_EAGAIN) return;
  /* What a write met is told by none of the reads behind it: to them it is an end. */
  if (count == UV_EOF && socket->broken) count = socket->broken;
  if (count > 0) {
    stream_deliver(stream, str_make(stream->loop->read_block, (size_t)count));
  } else if (count == UV_EOF) {
    stream_deliver_end(stream);
  } else {
    stream_deliver_failure(stream, (int)count);
  }
}

static void note(struct socket_stream *socket, int status) {
  if (status == UV_ECONNRESET || status == UV_ETIMEDOUT) socket->broken = status;
}

int socket_stream_read_start(struct stream *stream) {
  return uv_read_start(socket_stream_of(stream)->handle, on_alloc, on_read);
}

void socket_stream_read_stop(struct stream *stream) {
  uv_read_stop(socket_stream_of(stream)->handle);
}

/* An end is still there for who reads, an error is not. */
int socket_stream_fill(struct stream *stream, size_t max) {
  struct socket_stream *socket = socket_stream_of(stream);
  int filled = splice_fill(stream->loop, stream->direct.pipe, socket->socket, max);
  if (filled >= 0 || filled == UV_EAGAIN) return filled;
  if (filled != UV_ENOTSUP && filled != UV_EPIPE) socket->broken = filled;
  return 0;
}

/* --- writing --- */

int socket_stream_drain(struct stream *stream, struct splice *pipe) {
  struct socket_stream *socket = socket_stream_of(stream);
  int drained = splice_drain(stream->loop, pipe, socket->socket);
  note(socket, drained);
  return drained;
}

int socket_stream_try_write(struct stream *stream, const struct slices *slices) {
  struct socket_stream *socket = socket_stream_of(stream);
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
  int taken = (int)socket_send(socket->socket, slices);
  note(socket, taken);
  return taken == UV_EAGAIN ? 0 : taken;
}

static void on_write(uv_write_t *request, int status) {
  struct write *write = container_of(request, struct write, request);
  struct socket_stream *socket = write->socket;
  note(socket, status);
  if (status == 0 && write->rest.len && socket->stream.life != STREAM_CLOSING) {
    status = write_piece(write);
    if (status == 0) return;
  }
  socket->behind = 0;
  free(write);
  stream_written(&socket->stream, status);
}

/* The next one of a write. */
static int write_piece(struct write *write) {
  struct socket_stream *socket = write->socket;
  struct str piece = str_upto(write->rest, socket_send_max());
  uv_buf_t buf = uv_buf_init((char *)(uintptr_t)piece.ptr, (unsigned)piece.len);
  write->rest = str_from(write->rest, piece.len);
  socket->behind = write->rest.len;
  return uv_write(&write->request, socket->handle, &buf, 1, on_write);
}

int socket_stream_write(struct stream *stream, struct str bytes) {
  struct write *write = malloc(sizeof *write);
  if (!write) return UV_ENOMEM;
  *write = (struct write){.socket = socket_stream_of(stream), .rest = bytes};
  int status = write_piece(write);
  if (status != 0) {
    write->socket->behind = 0;
    free(write);
  }
  return status;
}

/* libuv would take memory for it and wait for the end of the turn, because it may have something to write. */
int socket_stream_shutdown(struct stream *stream) {
  return socket_half_close(socket_stream_of(stream)->socket);
}

/* --- what is known --- */

bool socket_stream_quiet(const struct stream *stream) {
  return socket_quiet(const_socket_stream_of(stream)->socket);
}

size_t socket_stream_unsent(const struct stream *stream) {
  const struct socket_stream *socket = const_socket_stream_of(stream);
  return socket->behind + socket->handle->write_queue_size + socket_unsent(socket->socket);
}

enum socket_peer socket_stream_peer(const struct stream *stream, size_t *waiting) {
  return socket_peer(const_socket_stream_of(stream)->socket, waiting);
}

/* --- end --- */

void socket_stream_closing(struct socket_stream *socket) {
  socket->socket = (uv_os_sock_t)-1; /* the number may soon be another's */
}

void socket_stream_on_close(uv_handle_t *handle) {
  struct socket_stream *socket = handle->data;
  stream_closed(&socket->stream);
  free(socket);
}

void socket_stream_close(struct stream *stream, bool reset) {
  struct socket_stream *socket = socket_stream_of(stream);
  (void)reset;
  socket_stream_closing(socket);
  uv_close((uv_handle_t *)socket->handle, socket_stream_on_close);
}
