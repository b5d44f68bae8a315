/* One function for each order, which walks over the lists of all kinds. */
#include "liteginx/session/reception.h"

#include "liteginx/session/arrival.h"
#include "liteginx/session/http1_conn.h"
#include "liteginx/session/http2_conn.h"
#include "liteginx/session/tcp_session.h"

static void begin(struct sessions *sessions, struct stream *stream, const struct snapshot_listener *listener,
                  unsigned listener_port);

bool reception_speaks_http2(void) {
  return http2_conn_known();
}

void reception_accept(struct sessions *sessions, struct stream *stream, const struct snapshot_listener *listener,
                      unsigned listener_port) {
  sessions->open++;
  metrics_count(&sessions->metrics.downstream_accepted);
  if (listener->config->tls_count > 0) {
    arrival_start(sessions, stream, listener, listener_port, begin);
  } else {
    begin(sessions, stream, listener, listener_port);
  }
}

/* What is spoken, once it is known to be spoken in plain, or by a stream that hides it. */
static void begin(struct sessions *sessions, struct stream *stream, const struct snapshot_listener *listener,
                  unsigned listener_port) {
  struct plan_facts facts = {.listener = listener};
  bool secure = listener->config->tls_count > 0 && listener->config->kind == KIND_HTTP;
  if (secure) stream_facts(stream, &facts.peer);
  if (listener->config->kind == KIND_TCP) {
    tcp_session_start(sessions, stream, listener, listener_port);
  } else if (facts.peer.tls && facts.peer.tls->http2) {
    plan_facts_port(&facts, listener_port);
    http2_conn_start(sessions, stream, &facts);
  } else {
    http1_conn_start(sessions, stream, listener, listener_port);
  }
}

void reception_drain(struct sessions *sessions) {
  sessions->draining = true;
  LIST_EACH(node, &sessions->arrivals) arrival_drain(container_of(node, struct arrival, node));
  LIST_EACH(node, &sessions->http1_conns) http1_conn_drain(container_of(node, struct http1_conn, node));
  LIST_EACH(node, &sessions->http2_conns) http2_conn_drain(container_of(node, struct http2_conn, node));
}

void reception_cut_endless(struct sessions *sessions) {
  sessions->endless_over = true;
  LIST_EACH(node, &sessions->http1_conns) {
    struct http1_conn *conn = container_of(node, struct http1_conn, node);
    if (http1_conn_endless(conn)) http1_conn_cut(conn);
  }
  LIST_EACH(node, &sessions->http2_conns) http2_conn_cut_endless(container_of(node, struct http2_conn, node));
  LIST_EACH(node, &sessions->tcp_sessions) tcp_session_cut(container_of(node, struct tcp_session, node));
}

void reception_cut(struct sessions *sessions) {
  sessions->draining = true;
  LIST_EACH(node, &sessions->arrivals) arrival_cut(container_of(node, struct arrival, node));
  LIST_EACH(node, &sessions->http1_conns) http1_conn_cut(container_of(node, struct http1_conn, node));
  LIST_EACH(node, &sessions->http2_conns) http2_conn_cut(container_of(node, struct http2_conn, node));
  LIST_EACH(node, &sessions->tcp_sessions) tcp_session_cut(container_of(node, struct tcp_session, node));
}

void reception_close(struct sessions *sessions) {
  http1_conn_free_spares(sessions);
  http2_conn_free_spares(sessions);
  sessions_close(sessions);
}
