/* Birth, the question whether it may live on, and death of upstream connections. */
#include "liteginx/upstream/upstream_conn.h"

#include <stdlib.h>

struct upstream_conn *upstream_conn_new(struct stream *stream, struct pool_target *target, struct wire_up *wire) {
  struct upstream_conn *conn = wire ? calloc(1, sizeof *conn) : NULL;
  if (!conn) {
    if (wire) wire->ops->free(wire);
    stream_close(stream, false);
    return NULL;
  }
  list_init(&conn->node);
  list_init(&conn->age);
  conn->stream = stream;
  conn->target = target;
  conn->wire = wire;
  return conn;
}

void upstream_conn_begin(struct upstream_conn *conn) {
  conn->request = conn->response = UPSTREAM_HEAD;
  conn->keep_alive = conn->early = false;
}

bool upstream_conn_reusable(const struct upstream_conn *conn) {
  return conn->request == UPSTREAM_END && conn->response == UPSTREAM_END && conn->keep_alive && !conn->early &&
         !stream_queued(conn->stream) && !stream_lost(conn->stream) && stream_exhausted(conn->stream);
}

void upstream_conn_close(struct upstream_conn *conn, bool reset) {
  deadline_clear(&conn->stream->loop->deadlines, &conn->idle);
  list_remove(&conn->node);
  list_remove(&conn->age);
  conn->wire->ops->free(conn->wire);
  stream_close(conn->stream, reset);
  free(conn);
}
