/* Each answer leaves with the read that completes its line. A client that does not read answers is not read from. */
#include "liteginx/cli/demo_echo.h"

#include <stdlib.h>

#include "liteginx/base/buf.h"

struct conn {
  struct demo_conn conn;
  struct buf line; /* the beginning of a line whose end has not come yet */
};

static struct demo_conn *new_conn(void);
static void on_bytes(void *owner);
static void on_end(void *owner);
static void on_fail(void *owner, int status);
static void on_drained(void *owner);
static int answer(struct conn *conn, struct str rest);
static void close_conn(struct demo_conn *closing, bool reset);

const struct demo_service demo_echo = {
    .events = {.on_bytes = on_bytes, .on_end = on_end, .on_fail = on_fail, .on_drained = on_drained},
    .accept = new_conn,
    .close = close_conn,
};

static struct demo_conn *new_conn(void) {
  struct conn *conn = calloc(1, sizeof *conn);
  return conn ? &conn->conn : NULL;
}

static void on_bytes(void *owner) {
  struct conn *conn = owner;
  int status = STREAM_SENT;
  for (struct str in = stream_peek(conn->conn.stream); in.len && status == STREAM_SENT;
       in = stream_peek(conn->conn.stream)) {
    size_t end = str_find(in, '\n');
    bool ends = end < in.len || buf_len(&conn->line) + in.len > DEMO_ECHO_LINE_MAX;
    if (ends) {
      status = answer(conn, str_upto(in, end));
    } else if (!buf_append(&conn->line, in, DEMO_ECHO_LINE_MAX)) {
      status = UV_ENOMEM;
    }
    stream_consume(conn->conn.stream, end < in.len ? end + 1 : end);
  }
  if (status < 0) {
    close_conn(&conn->conn, true);
  } else {
    stream_read(conn->conn.stream, status == STREAM_SENT);
  }
}

static void on_end(void *owner) {
  struct conn *conn = owner;
  int status = buf_len(&conn->line) ? answer(conn, STR("")) : STREAM_SENT;
  if (status < 0) {
    close_conn(&conn->conn, true);
    return;
  }
  stream_half_close(conn->conn.stream);
  if (!stream_queued(conn->conn.stream)) close_conn(&conn->conn, false);
}

static void on_fail(void *owner, int status) {
  (void)status;
  close_conn(owner, true);
}

static void on_drained(void *owner) {
  struct conn *conn = owner;
  if (stream_half_closing(conn->conn.stream)) {
    close_conn(&conn->conn, false);
    return;
  }
  stream_read(conn->conn.stream, true);
  stream_pump(conn->conn.stream);
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
  int status = stream_send(conn->conn.stream, &slices);
  buf_free(&conn->line);
  return status;
}

static void close_conn(struct demo_conn *closing, bool reset) {
  struct conn *conn = container_of(closing, struct conn, conn);
  demo_conn_close(closing, reset);
  buf_free(&conn->line);
  free(conn);
}
