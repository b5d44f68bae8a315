/* Each answer leaves with the read that completes its line. A client that does not read answers is not read from. */
#include "liteginx/cli/demo_echo.h"

#include <stdlib.h>

#include "liteginx/base/buf.h"

struct conn {
  struct list node;
  struct stream *stream;
  struct buf line; /* the beginning of a line whose end has not come yet */
};

static void on_stream(struct listener *listener, struct stream *stream);
static void on_bytes(void *owner);
static void on_end(void *owner);
static void on_fail(void *owner, int status);
static void on_drained(void *owner);
static int answer(struct conn *conn, struct str rest);
static void conn_close(struct conn *conn, bool reset);

static const struct stream_events events = {.on_bytes = on_bytes,
                                            .on_end = on_end,
                                            .on_fail = on_fail,
                                            .on_drained = on_drained};

int demo_echo_open(struct demo_echo *demo, struct loop *loop, uint16_t port) {
  struct config_address address = {.scope = SCOPE_LOOPBACK, .port = port};
  struct listener_fault fault;
  list_init(&demo->conns);
  demo->listener = (struct listener){.loop = loop, .on_stream = on_stream};
  return listener_open(&demo->listener, &address, &fault);
}

void demo_echo_close(struct demo_echo *demo) {
  listener_close(&demo->listener);
  LIST_EACH(node, &demo->conns) conn_close(container_of(node, struct conn, node), false);
}

static void on_stream(struct listener *listener, struct stream *stream) {
  struct demo_echo *demo = container_of(listener, struct demo_echo, listener);
  struct conn *conn = calloc(1, sizeof *conn);
  if (!conn) {
    stream_close(stream, true);
    return;
  }
  conn->stream = stream;
  list_append(&demo->conns, &conn->node);
  stream_own(stream, &events, conn);
  stream_read(stream, true);
}

static void on_bytes(void *owner) {
  struct conn *conn = owner;
  int status = STREAM_SENT;
  for (struct str in = stream_peek(conn->stream); in.len && status == STREAM_SENT; in = stream_peek(conn->stream)) {
    size_t end = str_find(in, '\n');
    bool ends = end < in.len || buf_len(&conn->line) + in.len > DEMO_ECHO_LINE_MAX;
    if (ends) {
      status = answer(conn, str_upto(in, end));
    } else if (!buf_append(&conn->line, in, DEMO_ECHO_LINE_MAX)) {
      status = UV_ENOMEM;
    }
    stream_consume(conn->stream, end < in.len ? end + 1 : end);
  }
  if (status < 0) {
    conn_close(conn, true);
  } else {
    stream_read(conn->stream, status == STREAM_SENT);
  }
}

static void on_end(void *owner) {
  struct conn *conn = owner;
  int status = buf_len(&conn->line) ? answer(conn, STR("")) : STREAM_SENT;
  if (status < 0) {
    conn_close(conn, true);
    return;
  }
  stream_half_close(conn->stream);
  if (!stream_queued(conn->stream)) conn_close(conn, false);
}

static void on_fail(void *owner, int status) {
  (void)status;
  conn_close(owner, true);
}

static void on_drained(void *owner) {
  struct conn *conn = owner;
  if (conn->stream->half_close) {
    conn_close(conn, false);
    return;
  }
  stream_read(conn->stream, true);
  stream_pump(conn->stream);
}

/* Sends the answer to the line that ends with `rest`. As stream_send. */
static int answer(struct conn *conn, struct str rest) {
  struct str begin = buf_view(&conn->line);
  if (str_ends_with(rest, STR("\r"))) {
    rest.len--;
  } else if (rest.len == 0 && str_ends_with(begin, STR("\r"))) {
    begin.len--;
  }
  struct slices slices;
  slices_clear(&slices);
  slices_add(&slices, STR("Echo: "));
  slices_add(&slices, begin);
  slices_add(&slices, rest);
  slices_add(&slices, STR("\n"));
  int status = stream_send(conn->stream, &slices);
  buf_free(&conn->line);
  return status;
}

static void conn_close(struct conn *conn, bool reset) {
  stream_close(conn->stream, reset);
  list_remove(&conn->node);
  buf_free(&conn->line);
  free(conn);
}
