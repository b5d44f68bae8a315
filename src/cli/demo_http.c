/* One request at a time, answered once it is whole; pipelined ones wait in the stream.
 *
 *   HEAD ──▶ BODY ──▶ HEAD             keep-alive
 *               └───▶ LEAVING          answered for the last time: what still comes is not looked at */
#include "liteginx/cli/demo_http.h"

#include <stdio.h>
#include <stdlib.h>

#include "liteginx/http/request_target.h"
#include "liteginx/wire/parser.h"

enum { HEAD_MAX_BYTES = 32 * 1024, HEAD_MAX_FIELDS = 200, ARENA_MAX_BYTES = 256 * 1024 };

enum conn_state {
  CONN_HEAD,   /* for a whole head */
  CONN_BODY,   /* for the end of the request's body */
  CONN_LEAVING /* for the client to close */
};

struct conn {
  struct demo_conn conn;
  struct parser parser;
  struct arena arena; /* of the request at hand */
  struct head head;
  enum conn_state state;
};

/* What is answered, as JSON. */
struct answer {
  const char *status, *fields, *body;
};

static struct demo_conn *new_conn(void);
static void on_bytes(void *owner);
static void on_end(void *owner);
static void on_fail(void *owner, int status);
static void on_drained(void *owner);
static void begin(struct conn *conn);
static int step(struct conn *conn, struct str in);
static int head_ended(struct conn *conn);
static int skip_body(struct conn *conn, struct str in);
static int refuse(struct conn *conn);
static int request_ended(struct conn *conn);
static int send_answer(struct conn *conn, struct answer answer, bool body, bool keep_alive);
static struct answer choose_answer(const struct head *head);
static void set_state(struct conn *conn, enum conn_state state);
static void close_conn(struct demo_conn *closing, bool reset);

const struct demo_service demo_http = {
    .events = {.on_bytes = on_bytes, .on_end = on_end, .on_fail = on_fail, .on_drained = on_drained},
    .accept = new_conn,
    .close = close_conn,
};

static const struct answer bad_request = {"400 Bad Request", "", "{\"detail\":\"Bad Request\"}"};
static const struct answer no_memory = {"503 Service Unavailable", "", "{\"detail\":\"Service Unavailable\"}"};

static struct demo_conn *new_conn(void) {
  struct wire_limits limits = {HEAD_MAX_BYTES, HEAD_MAX_FIELDS};
  struct conn *conn = calloc(1, sizeof *conn);
  if (!conn) return NULL;
  arena_init(&conn->arena, NULL, ARENA_MAX_BYTES);
  parser_init(&conn->parser, PARSER_REQUEST, &limits);
  begin(conn);
  return &conn->conn;
}

static void on_bytes(void *owner) {
  struct conn *conn = owner;
  int status = STREAM_SENT;
  for (struct str in = stream_peek(conn->conn.stream); in.len && status == STREAM_SENT;
       in = stream_peek(conn->conn.stream)) {
    status = step(conn, in);
  }
  if (status < 0) {
    close_conn(&conn->conn, true);
  } else {
    stream_read(conn->conn.stream, status == STREAM_SENT);
  }
}

static void on_end(void *owner) {
  close_conn(owner, false);
}

static void on_fail(void *owner, int status) {
  (void)status;
  close_conn(owner, true);
}

static void on_drained(void *owner) {
  struct conn *conn = owner;
  stream_read(conn->conn.stream, true);
  stream_pump(conn->conn.stream);
}

static void begin(struct conn *conn) {
  arena_reset(&conn->arena);
  set_state(conn, CONN_HEAD);
  parser_begin(&conn->parser, &conn->head, &conn->arena);
}

/* Takes something of `in`. As stream_send. */
static int step(struct conn *conn, struct str in) {
  if (conn->state == CONN_LEAVING) {
    stream_consume(conn->conn.stream, in.len);
    return STREAM_SENT;
  }
  if (conn->state == CONN_BODY) return skip_body(conn, in);
  size_t used;
  enum wire_status status = parser_head(&conn->parser, in, &used);
  stream_consume(conn->conn.stream, used);
  if (status == WIRE_FAILED) return refuse(conn);
  return status == WIRE_DONE ? head_ended(conn) : STREAM_SENT;
}

static int head_ended(struct conn *conn) {
  set_state(conn, CONN_BODY);
  bool waits = conn->head.minor >= 1 && conn->head.framing != FRAMING_NONE &&
               head_has_token(&conn->head, FIELD_EXPECT, STR("100-continue"));
  int status = waits ? stream_send_str(conn->conn.stream, STR("HTTP/1.1 100 Continue\r\n\r\n")) : STREAM_SENT;
  /* A body of no bytes ends here: nothing more may come that could say so. */
  return status < 0 ? status : skip_body(conn, STR(""));
}

/* The request's body is of no interest but for its end. */
static int skip_body(struct conn *conn, struct str in) {
  enum wire_status status;
  do {
    size_t used;
    struct str span;
    status = parser_body(&conn->parser, in, &used, &span);
    stream_consume(conn->conn.stream, used);
    in = str_from(in, used);
  } while (status == WIRE_SPAN);
  if (status == WIRE_FAILED) return refuse(conn);
  return status == WIRE_DONE ? request_ended(conn) : STREAM_SENT;
}

static int refuse(struct conn *conn) {
  return send_answer(conn, conn->parser.fault == CAUSE_NO_MEMORY ? no_memory : bad_request, true, false);
}

static int request_ended(struct conn *conn) {
  struct answer answer = choose_answer(&conn->head);
  bool keep_alive = conn->head.keep_alive;
  int status = send_answer(conn, answer, !str_eq(conn->head.method, STR("HEAD")), keep_alive);
  if (status >= 0 && keep_alive) begin(conn);
  return status;
}

static int send_answer(struct conn *conn, struct answer answer, bool body, bool keep_alive) {
  char text[512];
  int len = snprintf(text, sizeof text,
                     "HTTP/1.1 %s\r\nServer: liteginx demo\r\nDate: %.*s\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n%s%s\r\n%s",
                     answer.status, STR_ARG(loop_date(conn->conn.stream->loop)), strlen(answer.body), answer.fields,
                     keep_alive ? "" : "Connection: close\r\n", body ? answer.body : "");
  ENSURE(len > 0 && (size_t)len < sizeof text);
  int status = stream_send_str(conn->conn.stream, str_make(text, (size_t)len));
  if (keep_alive || status < 0) return status;
  set_state(conn, CONN_LEAVING);
  stream_half_close(conn->conn.stream);
  return STREAM_SENT;
}

static struct answer choose_answer(const struct head *head) {
  static const struct answer not_found = {"404 Not Found", "", "{\"detail\":\"Not Found\"}"};
  static const struct answer not_allowed = {"405 Method Not Allowed", "Allow: GET, HEAD\r\n",
                                            "{\"detail\":\"Method Not Allowed\"}"};
  static const struct answer one = {"200 OK", "", "{\"message\":\"one\"}"};
  static const struct answer two = {"200 OK", "", "{\"message\":\"two\"}"};
  struct request_target parts;
  struct str what;
  if (request_target_parse(head, &parts, &what) != CAUSE_NONE) return bad_request;
  bool is_one = str_eq(parts.path, STR("/one"));
  if (!is_one && !str_eq(parts.path, STR("/"))) return not_found;
  if (!str_eq(head->method, STR("GET")) && !str_eq(head->method, STR("HEAD"))) return not_allowed;
  return is_one ? one : two;
}

static void set_state(struct conn *conn, enum conn_state state) {
  ENSURE(conn->state != CONN_LEAVING);
  conn->state = state;
}

static void close_conn(struct demo_conn *closing, bool reset) {
  struct conn *conn = container_of(closing, struct conn, conn);
  demo_conn_close(closing, reset);
  arena_reset(&conn->arena);
  free(conn);
}
