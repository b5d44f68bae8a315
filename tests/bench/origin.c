/* The upstream of `./dev bench`: answers as cheaply as a server can, so that what is measured is the proxy.
 *
 *   origin HTTP-PORT TCP-PORT      on 127.0.0.1, until it is killed
 *
 * HTTP: /64k gets a body of 64 KiB, any other path one of 13 bytes; a request's body (Content-Length) is read and
 * dropped. It trusts its peer: it finds the ends of messages, it does not check them. TCP: sends back what comes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

#include "bench.h"
#include "liteginx/base/str.h"

enum { IN_BYTES = 64 * 1024, LARGE_BYTES = 64 * 1024, BACKLOG = 1024 };

struct conn {
  uv_tcp_t handle;
  size_t filled; /* bytes of `in` */
  size_t skip;   /* bytes of a body still to come */
  char in[IN_BYTES];
};

struct write {
  uv_write_t request;
  char bytes[];
};

static const char small[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World\n";
static const char large_head[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 65536\r\n\r\n";
static const char large_body[LARGE_BYTES];

static void listen_on(uv_loop_t *loop, uv_tcp_t *listener, int port, uv_connection_cb on_connection);
static void on_http(uv_stream_t *listener, int status);
static void on_tcp(uv_stream_t *listener, int status);
static void accept_one(uv_stream_t *listener, int status, uv_read_cb on_read);
static void answer_all(struct conn *conn);
static void answer(struct conn *conn, struct str head);
static void send_all(uv_stream_t *stream, const uv_buf_t *pieces, unsigned count);

int main(int argc, char **argv) {
  ENSURE(argc == 3);
  uv_loop_t loop;
  uv_tcp_t http, tcp;
  ENSURE(uv_loop_init(&loop) == 0);
  listen_on(&loop, &http, bench_number(argv[1]), on_http);
  listen_on(&loop, &tcp, bench_number(argv[2]), on_tcp);
  return uv_run(&loop, UV_RUN_DEFAULT);
}

static void listen_on(uv_loop_t *loop, uv_tcp_t *listener, int port, uv_connection_cb on_connection) {
  struct sockaddr_in address;
  ENSURE(uv_tcp_init(loop, listener) == 0 && uv_ip4_addr("127.0.0.1", port, &address) == 0);
  int status = uv_tcp_bind(listener, (const struct sockaddr *)&address, 0);
  if (status == 0) status = uv_listen((uv_stream_t *)listener, BACKLOG, on_connection);
  if (status == 0) return;
  fprintf(stderr, "origin: port %d: %s\n", port, uv_strerror(status));
  exit(1);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  struct conn *conn = handle->data;
  (void)suggested;
  *buf = uv_buf_init(conn->in + conn->filled, (unsigned)(sizeof conn->in - conn->filled));
}

static void on_close(uv_handle_t *handle) {
  free(handle->data);
}

static void on_http_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf) {
  struct conn *conn = stream->data;
  (void)buf;
  if (count < 0) {
    uv_close((uv_handle_t *)stream, on_close);
    return;
  }
  conn->filled += (size_t)count;
  answer_all(conn);
}

static void on_tcp_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf) {
  if (count < 0) {
    uv_close((uv_handle_t *)stream, on_close);
  } else if (count > 0) {
    uv_buf_t bytes = uv_buf_init(buf->base, (unsigned)count);
    send_all(stream, &bytes, 1);
  }
}

static void on_http(uv_stream_t *listener, int status) {
  accept_one(listener, status, on_http_read);
}

static void on_tcp(uv_stream_t *listener, int status) {
  accept_one(listener, status, on_tcp_read);
}

static void accept_one(uv_stream_t *listener, int status, uv_read_cb on_read) {
  struct conn *conn = malloc(sizeof *conn);
  ENSURE(status == 0 && conn);
  conn->filled = conn->skip = 0;
  ENSURE(uv_tcp_init(listener->loop, &conn->handle) == 0);
  conn->handle.data = conn;
  ENSURE(uv_accept(listener, (uv_stream_t *)&conn->handle) == 0);
  uv_tcp_nodelay(&conn->handle, 1);
  ENSURE(uv_read_start((uv_stream_t *)&conn->handle, on_alloc, on_read) == 0);
}

/* Index behind the first empty line; 0: it is not here yet. */
static size_t head_end(struct str s) {
  for (size_t i = 3; i < s.len; i++) {
    if (s.ptr[i] == '\n' && memcmp(s.ptr + i - 3, "\r\n\r", 3) == 0) return i + 1;
  }
  return 0;
}

static void answer_all(struct conn *conn) {
  size_t at = 0;
  for (;;) {
    struct str in = str_make(conn->in + at, conn->filled - at);
    size_t skipped = conn->skip < in.len ? conn->skip : in.len;
    conn->skip -= skipped;
    at += skipped;
    in = str_from(in, skipped);
    size_t len = conn->skip ? 0 : head_end(in);
    if (!len) break;
    answer(conn, str_upto(in, len));
    at += len;
  }
  conn->filled -= at;
  memmove(conn->in, conn->in + at, conn->filled);
  ENSURE(conn->filled < sizeof conn->in);
}

static void answer(struct conn *conn, struct str head) {
  uv_buf_t pieces[] = {uv_buf_init((char *)(uintptr_t)small, sizeof small - 1), {0}};
  unsigned count = 1;
  struct str rest = head, line;
  while (head.ptr[0] == 'P' && str_next(&rest, '\n', &line)) {
    static const char name[] = "content-length:";
    if (line.len > sizeof name && strncasecmp(line.ptr, name, sizeof name - 1) == 0) {
      conn->skip = (size_t)strtoul(line.ptr + sizeof name - 1, NULL, 10);
    }
  }
  if (memcmp(head.ptr, "GET /64k ", 9) == 0) {
    pieces[0] = uv_buf_init((char *)(uintptr_t)large_head, sizeof large_head - 1);
    pieces[1] = uv_buf_init((char *)(uintptr_t)large_body, sizeof large_body);
    count = 2;
  }
  send_all((uv_stream_t *)&conn->handle, pieces, count);
}

static void on_written(uv_write_t *request, int status) {
  (void)status; /* a peer that is gone: reading tells */
  free(request->data);
}

/* At once what is taken, a copy of the rest later. */
static void send_all(uv_stream_t *stream, const uv_buf_t *pieces, unsigned count) {
  size_t bytes = 0, at = 0;
  int taken = uv_try_write(stream, pieces, count);
  size_t sent = taken > 0 ? (size_t)taken : 0;
  for (unsigned i = 0; i < count; i++) bytes += pieces[i].len;
  if (sent == bytes || (taken < 0 && taken != UV_EAGAIN)) return;
  struct write *write = malloc(sizeof *write + bytes - sent);
  ENSURE(write);
  for (unsigned i = 0; i < count; i++) {
    size_t skip = sent < pieces[i].len ? sent : pieces[i].len;
    memcpy(write->bytes + at, pieces[i].base + skip, pieces[i].len - skip);
    at += pieces[i].len - skip;
    sent -= skip;
  }
  write->request.data = write;
  uv_buf_t rest = uv_buf_init(write->bytes, (unsigned)at);
  if (uv_write(&write->request, stream, &rest, 1, on_written) != 0) free(write);
}
