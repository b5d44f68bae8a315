/* TCP: connect first, then bytes both ways. A half-close is handed on as one, a reset as a reset; no side's failure
 * makes the other see a proper end. */
#include "liteginx/session/tcp_session.h"

#include <stdlib.h>

#include "liteginx/session/access_log.h"
#include "liteginx/session/reason.h"

static void on_connected(void *owner, struct stream *stream);
static void on_connect_failed(void *owner);
static void on_client_bytes(void *owner);
static void on_client_end(void *owner);
static void on_client_failure(void *owner, int status);
static void on_client_drained(void *owner);
static void on_client_closed(void *owner);
static void on_target_bytes(void *owner);
static void on_target_end(void *owner);
static void on_target_failure(void *owner, int status);
static void on_target_drained(void *owner);
static void on_idle(struct deadline *deadline);
static void on_client_rest(void *owner);
static void on_look(struct deadline *deadline);
static void after_up(struct tcp_session *session, enum relay_result result);
static void after_down(struct tcp_session *session, enum relay_result result);
static void end_if_done(struct tcp_session *session);
static void finish(struct tcp_session *session, enum ending_reason reason, enum ending_side side, int code, bool reset);
static void set_state(struct tcp_session *session, enum tcp_session_state state);
static void write_record(const struct tcp_session *session, struct ending ending);
static void tell_begin(const struct tcp_session *session);
static struct access_record record_of(const struct tcp_session *session, struct ending ending);

static const struct connector_events connector_events = {on_connected, on_connect_failed};

static const struct stream_events client_events = {
    .on_bytes = on_client_bytes,
    .on_end = on_client_end,
    .on_fail = on_client_failure,
    .on_drained = on_client_drained,
    .on_rest = on_client_rest,
    .on_closed = on_client_closed,
};

static const struct stream_events target_events = {
    .on_bytes = on_target_bytes,
    .on_end = on_target_end,
    .on_fail = on_target_failure,
    .on_drained = on_target_drained,
};

enum { KEEP_ALIVE_S = 60, LOOK_MS = 1000 };

void tcp_session_start(struct sessions *sessions, struct stream *stream, const struct snapshot_listener *listener,
                       unsigned listener_port) {
  struct tcp_session *session = calloc(1, sizeof *session);
  if (!session) {
    sessions_refuse(sessions, stream);
    return;
  }
  struct peer peer;
  stream_facts(stream, &peer);
  memcpy(session->client, peer.text, sizeof session->client);
  session->sessions = sessions;
  session->snapshot = snapshot_acquire(sessions->snapshot);
  session->route = &listener->routes[0];
  session->downstream = stream;
  session->listener_port = listener_port;
  session->socket = listener->config->address.path;
  session->id = sessions_new_id(sessions);
  session->started_ns = uv_hrtime();
  list_append(&sessions->tcp_sessions, &session->node);
  metrics_count(&sessions->metrics.endless);
  stream_own(stream, &client_events, session);
  stream_keep_alive(stream, KEEP_ALIVE_S);
  /* Read from the start, to learn of a reset; what comes before there is somewhere to send it waits in the stash. */
  stream_read(stream, true);
  if (connector_start(&session->connector, &sessions->pool, session->route, REUSE_NONE, NULL, &connector_events,
                      session) == CONNECTOR_FAILED) {
    on_connect_failed(session);
  }
}

static void on_connect_failed(void *owner) {
  struct tcp_session *session = owner;
  struct ending ending = session->connector.ending;
  finish(session, ending.reason, ending.side, ending.code, true);
}

static void on_connected(void *owner, struct stream *stream) {
  struct tcp_session *session = owner;
  session->upstream = stream;
  set_state(session, TCP_SESSION_RELAY);
  stream_own(stream, &target_events, session);
  stream_keep_alive(stream, KEEP_ALIVE_S);
  relay_init(&session->up, session->downstream, stream, NULL, NULL, (struct str){NULL, 0});
  relay_init(&session->down, stream, session->downstream, NULL, NULL, (struct str){NULL, 0});
  session->up.soon = session->down.soon = true;
  tell_begin(session);
  stream_read(stream, true);
  stream_pump(session->downstream);
  if (session->state != TCP_SESSION_RELAY || session->up.ended) return;
  if (stream_at_end(session->downstream)) on_client_end(session);
}

/* --- events --- */

static void on_client_bytes(void *owner) {
  struct tcp_session *session = owner;
  if (session->state != TCP_SESSION_RELAY) return;
  if (session->up_broken) {
    stream_consume(session->downstream, stream_peek(session->downstream).len);
    return;
  }
  after_up(session, relay_run(&session->up));
}

static void on_client_end(void *owner) {
  struct tcp_session *session = owner;
  /* Without a target yet it can still be served: its request is in the stash, or it only listens. */
  if (session->state != TCP_SESSION_RELAY || session->up_broken || session->up.ended) return;
  if (!session->down.ended) session->client_ended_first = true;
  after_up(session, relay_finish(&session->up));
}

static void on_client_failure(void *owner, int status) {
  finish(owner, ENDING_RESET_BY_CLIENT, ENDING_DOWNSTREAM, status, true);
}

static void on_client_drained(void *owner) {
  struct tcp_session *session = owner;
  if (session->state == TCP_SESSION_RELAY) after_down(session, relay_run(&session->down));
}

static void on_target_bytes(void *owner) {
  struct tcp_session *session = owner;
  after_down(session, relay_run(&session->down));
}

static void on_target_end(void *owner) {
  struct tcp_session *session = owner;
  if (session->up_broken) {
    finish(session, ENDING_RESET_BY_TARGET, ENDING_UPSTREAM, session->up.status, true);
    return;
  }
  after_down(session, relay_finish(&session->down));
}

static void on_target_failure(void *owner, int status) {
  struct tcp_session *session = owner;
  if (session->down.ended) {
    /* All that it said is the client's. */
    session->up.status = status;
    after_up(session, RELAY_BROKEN);
  } else {
    finish(session, ENDING_RESET_BY_TARGET, ENDING_UPSTREAM, status, true);
  }
}

static void on_target_drained(void *owner) {
  struct tcp_session *session = owner;
  if (!session->up_broken) after_up(session, relay_run(&session->up));
}

static void on_idle(struct deadline *deadline) {
  struct tcp_session *session = container_of(deadline, struct tcp_session, idle);
  uint64_t quiet_ms = relay_quiet_ms(&session->up, &session->down);
  uint64_t idle_ms = session->route->config->timeouts.idle_ms;
  if (quiet_ms < idle_ms) {
    deadline_set(&session->sessions->loop->deadlines, &session->idle, relay_look_ms(idle_ms, quiet_ms), on_idle);
  } else {
    finish(session, ENDING_IDLE, ENDING_SELF, 0, true);
  }
}

/* Who is not read from is not heard when it resets the connection: the target is to see that, too. An end it may see when it has
 * read what stands before. */
static void on_client_rest(void *owner) {
  struct tcp_session *session = owner;
  if (session->looks || session->state == TCP_SESSION_CLOSING) return;
  session->looks = true;
  deadline_set(&session->sessions->loop->deadlines, &session->look, LOOK_MS, on_look);
}

static void on_look(struct deadline *deadline) {
  struct tcp_session *session = container_of(deadline, struct tcp_session, look);
  size_t waiting;
  session->looks = false;
  if (!stream_rests(session->downstream)) return;
  if (stream_peer(session->downstream, &waiting) == SOCKET_PEER_GONE) {
    on_client_failure(session, UV_ECONNRESET);
  } else {
    on_client_rest(session);
  }
}

/* --- progress --- */

static void after_up(struct tcp_session *session, enum relay_result result) {
  if (result == RELAY_BROKEN && stream_lacks_memory(session->up.status)) {
    finish(session, ENDING_NO_MEMORY, ENDING_SELF, session->up.status, true);
  } else if (result == RELAY_BROKEN && !session->down.ended) {
    /* The target has reset the connection, but what it sent before may still wait: its stream says when it is over. */
    session->up_broken = true;
    stream_pump(session->downstream);
  } else {
    session->up_broken = result == RELAY_BROKEN;
    end_if_done(session);
  }
}

static void after_down(struct tcp_session *session, enum relay_result result) {
  if (result == RELAY_BROKEN) {
    bool local = stream_lacks_memory(session->down.status);
    finish(session, local ? ENDING_NO_MEMORY : ENDING_RESET_BY_CLIENT, local ? ENDING_SELF : ENDING_DOWNSTREAM,
           session->down.status, true);
  } else {
    end_if_done(session);
  }
}

static void end_if_done(struct tcp_session *session) {
  if (!session->down.ended || stream_queued(session->downstream)) return;
  if (session->up_broken) {
    finish(session, ENDING_RESET_BY_TARGET, ENDING_UPSTREAM, session->up.status, false);
    return;
  }
  if (!session->up.ended || stream_queued(session->upstream)) return;
  finish(session, session->client_ended_first ? ENDING_CLOSED_BY_CLIENT : ENDING_CLOSED_BY_TARGET,
         session->client_ended_first ? ENDING_DOWNSTREAM : ENDING_UPSTREAM, 0, false);
}

void tcp_session_cut(struct tcp_session *session) {
  if (session->state != TCP_SESSION_CLOSING) finish(session, ENDING_DRAIN, ENDING_SELF, 0, true);
}

/* The only way out. The session itself goes with the client's stream. */
static void finish(struct tcp_session *session, enum ending_reason reason, enum ending_side side, int code,
                   bool reset) {
  set_state(session, TCP_SESSION_CLOSING);
  connector_cancel(&session->connector);
  deadline_clear(&session->sessions->loop->deadlines, &session->look);
  write_record(session, ending_make(reason, side, code));
  metrics_count(&session->sessions->metrics.endings[reason]);
  metrics_uncount(&session->sessions->metrics.endless);
  if (session->upstream) stream_close(session->upstream, reset);
  stream_close(session->downstream, reset);
}

static void on_client_closed(void *owner) {
  struct tcp_session *session = owner;
  struct sessions *sessions = session->sessions;
  list_remove(&session->node);
  snapshot_release(session->snapshot);
  free(session);
  sessions_forget_one(sessions);
}

/* The one place where the state changes, and its deadline with it; forwards only. In DIAL the connector has one. */
static void set_state(struct tcp_session *session, enum tcp_session_state state) {
  ENSURE(state > session->state);
  session->state = state;
  uint64_t idle_ms = state == TCP_SESSION_RELAY ? session->route->config->timeouts.idle_ms : 0;
  deadline_set(&session->sessions->loop->deadlines, &session->idle, relay_look_ms(idle_ms, 0), on_idle);
}

static void write_record(const struct tcp_session *session, struct ending ending) {
  struct sessions *sessions = session->sessions;
  const struct config_settings *settings = &session->snapshot->config->settings;
  struct access_record record = record_of(session, ending);
  struct arena arena;
  arena_init(&arena, &sessions->chunks, ARENA_CHUNK_BYTES);
  if (settings->access_log != ACCESS_LOG_OFF && ending_has_cause(ending.reason)) {
    struct reason reason = {.ending = ending,
                            .settings = settings,
                            .route = session->route->config,
                            .target = record.target,
                            .held_ms = record.held_ms,
                            .waited_ms = record.duration_us / 1000};
    record.ending.cause = reason_cause(&reason);
    record.sentence = reason_text(&arena, &reason);
  }
  access_log_write(sessions->log, settings->access_log, sessions->log_look, &record);
  arena_reset(&arena);
}

static void tell_begin(const struct tcp_session *session) {
  const struct sessions *sessions = session->sessions;
  struct access_record record = record_of(session, ending_make(ENDING_COMPLETE, ENDING_SELF, 0));
  access_log_begin(sessions->log, session->snapshot->config->settings.access_log, sessions->log_look, STR(""), &record);
}

static struct access_record record_of(const struct tcp_session *session, struct ending ending) {
  const struct pool_target *target = session->connector.target;
  return (struct access_record){
      .id = session->id,
      .client = str_of(session->client),
      .listener_port = session->listener_port,
      .socket = session->socket,
      .bytes_in = session->up.bytes,
      .bytes_out = session->down.bytes,
      .duration_us = (uv_hrtime() - session->started_ns) / 1000,
      .route = session->route->config->name,
      .target = target ? target->target->text : (struct str){NULL, 0},
      .held_ms = session->connector.held_ms,
      .ending = ending,
  };
}
