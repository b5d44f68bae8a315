/* Connections are known to their server only to be closed with it. */
#include "liteginx/cli/demo_server.h"

static void on_stream(struct listener *listener, struct stream *stream);

int demo_server_open(struct demo_server *server, struct loop *loop, uint16_t port, const struct demo_service *service) {
  struct config_address address = {.scope = SCOPE_LOOPBACK, .port = port};
  struct listener_fault fault;
  list_init(&server->conns);
  server->service = service;
  server->listener = (struct listener){.loop = loop, .on_stream = on_stream};
  return listener_open(&server->listener, &address, &fault);
}

void demo_server_close(struct demo_server *server) {
  listener_close(&server->listener);
  LIST_EACH(node, &server->conns) server->service->close(container_of(node, struct demo_conn, node), false);
}

void demo_conn_close(struct demo_conn *conn, bool reset) {
  stream_close(conn->stream, reset);
  list_remove(&conn->node);
}

static void on_stream(struct listener *listener, struct stream *stream) {
  struct demo_server *server = container_of(listener, struct demo_server, listener);
  struct demo_conn *conn = server->service->accept();
  if (!conn) {
    stream_close(stream, true);
    return;
  }
  conn->stream = stream;
  list_append(&server->conns, &conn->node);
  stream_own(stream, &server->service->events, conn);
  stream_read(stream, true);
}
