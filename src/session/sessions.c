/* Accepts, counts, drains and cuts what one worker serves. */
#include "liteginx/session/sessions.h"

#include "liteginx/session/exchange.h"
#include "liteginx/session/http_conn.h"
#include "liteginx/session/tcp_session.h"

static void on_refused_closed(void *owner);

/* A refused stream has no owner but the count. It does not read, so nothing else can come. */
static const struct stream_events refused_events = {.on_closed = on_refused_closed};

enum { CHUNKS_KEPT = 1024 };

void sessions_init(struct sessions *sessions, struct loop *loop, struct log *log, struct snapshot *snapshot,
                   unsigned number, unsigned workers, unsigned max_upstream, void (*on_closed)(void *owner),
                   void *owner) {
  const struct config_settings *settings = &snapshot->config->settings;
  struct parser_limits limits = {settings->max_header_bytes, settings->max_header_fields};
  *sessions = (struct sessions){.loop = loop, .log = log, .on_closed = on_closed, .owner = owner, .snapshot = snapshot};
  sessions->next_id = number + UINT64_C(1);
  sessions->id_step = workers;
  snapshot_acquire(snapshot);
  list_init(&sessions->http_conns);
  list_init(&sessions->tcp_sessions);
  list_init(&sessions->spare_exchanges);
  arena_cache_init(&sessions->chunks, CHUNKS_KEPT);
  pool_init(&sessions->pool, loop, log, &limits, settings->upstream_idle, settings->upstream_keep_alive_ms,
            max_upstream);
}

void sessions_accept(struct sessions *sessions, struct stream *stream, const struct snapshot_listener *listener,
                     unsigned port) {
  sessions->open++;
  metrics_count(&sessions->metrics.downstream_accepted);
  if (listener->config->kind == KIND_TCP) {
    tcp_session_start(sessions, stream, listener, port);
  } else {
    http_conn_start(sessions, stream, listener, port);
  }
}

void sessions_refuse(struct sessions *sessions, struct stream *stream) {
  stream_own(stream, &refused_events, sessions);
  stream_close(stream, true);
}

static void on_refused_closed(void *owner) {
  sessions_forget_one(owner);
}

void sessions_forget_one(struct sessions *sessions) {
  ENSURE(sessions->open > 0);
  sessions->open--;
  sessions->on_closed(sessions->owner);
}

void sessions_drain(struct sessions *sessions) {
  sessions->draining = true;
  LIST_EACH(node, &sessions->http_conns) http_conn_drain(container_of(node, struct http_conn, node));
}

void sessions_cut_endless(struct sessions *sessions) {
  sessions->endless_over = true;
  LIST_EACH(node, &sessions->http_conns) {
    struct http_conn *conn = container_of(node, struct http_conn, node);
    if (conn->exchange && conn->exchange->endless) http_conn_cut(conn);
  }
  LIST_EACH(node, &sessions->tcp_sessions) tcp_session_cut(container_of(node, struct tcp_session, node));
}

void sessions_cut(struct sessions *sessions) {
  sessions->draining = true;
  LIST_EACH(node, &sessions->http_conns) http_conn_cut(container_of(node, struct http_conn, node));
  LIST_EACH(node, &sessions->tcp_sessions) tcp_session_cut(container_of(node, struct tcp_session, node));
}

void sessions_close(struct sessions *sessions) {
  ENSURE(sessions->open == 0);
  exchange_free_spares(sessions);
  pool_close(&sessions->pool);
}

void sessions_free(struct sessions *sessions) {
  pool_free(&sessions->pool);
  arena_cache_free(&sessions->chunks);
  snapshot_release(sessions->snapshot);
}
