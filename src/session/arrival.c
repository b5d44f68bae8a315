/* What has gone wrong in a handshake is told by the log: the client says no more than that it does not work. */
#include "liteginx/session/arrival.h"

#include <stdio.h>
#include <stdlib.h>

#include "liteginx/net/tls_stream.h"

static void on_bytes(void *owner);
static void on_end(void *owner);
static void on_failure(void *owner, int status);
static void on_drained(void *owner);
static void on_closed(void *owner);
static void on_due(struct deadline *deadline);
static void shake_hands(struct arrival *arrival);
static void hand_on(struct arrival *arrival);
static void close_now(struct arrival *arrival, bool reset);
static void tell_failure(const struct arrival *arrival, const char *words);

static const struct stream_events events = {
    .on_bytes = on_bytes,
    .on_end = on_end,
    .on_fail = on_failure,
    .on_drained = on_drained,
    .on_closed = on_closed,
};

/* RFC 8446 §5.1: what a ClientHello begins with. No HTTP request does. */
enum { HANDSHAKE_RECORD = 0x16, SENTENCE_BYTES = 256, DRAIN_MS = 1000 };

static const struct config_settings *settings_of(const struct arrival *arrival) {
  return &arrival->sessions->snapshot->config->settings;
}

void arrival_start(struct sessions *sessions, struct stream *stream, const struct snapshot_listener *listener,
                   unsigned listener_port,
                   void (*next)(struct sessions *sessions, struct stream *stream,
                                const struct snapshot_listener *listener, unsigned listener_port)) {
  struct arrival *arrival = calloc(1, sizeof *arrival);
  if (!arrival) {
    sessions_refuse(sessions, stream);
    return;
  }
  *arrival = (struct arrival){.sessions = sessions,
                              .stream = stream,
                              .listener = listener,
                              .listener_port = listener_port,
                              .id = sessions_new_id(sessions),
                              .started_ns = uv_hrtime(),
                              .next = next};
  list_append(&sessions->arrivals, &arrival->node);
  stream_own(stream, &events, arrival);
  deadline_set(&sessions->loop->deadlines, &arrival->deadline, settings_of(arrival)->header_timeout_ms, on_due);
  stream_read(stream, true);
}

/* --- events --- */

static void on_bytes(void *owner) {
  struct arrival *arrival = owner;
  struct str first = stream_peek(arrival->stream);
  if (arrival->state != ARRIVAL_FIRST || first.len == 0) return;
  if ((unsigned char)first.ptr[0] == HANDSHAKE_RECORD) {
    shake_hands(arrival);
  } else if (arrival->listener->config->kind == KIND_TCP) {
    tell_failure(arrival, "the client does not speak TLS, and this address does");
    close_now(arrival, true);
  } else {
    hand_on(arrival);
  }
}

static void on_end(void *owner) {
  struct arrival *arrival = owner;
  if (arrival->state == ARRIVAL_HANDSHAKE) tell_failure(arrival, "the client left before hands were shaken");
  close_now(arrival, false);
}

static void on_failure(void *owner, int status) {
  struct arrival *arrival = owner;
  const char *problem = arrival->state == ARRIVAL_HANDSHAKE ? tls_stream_problem(arrival->stream) : "";
  if (arrival->state == ARRIVAL_HANDSHAKE) tell_failure(arrival, problem[0] ? problem : uv_strerror(status));
  /* The alert says why; a reset could take it away. */
  close_now(arrival, false);
}

/* Hands are shaken: only then anything can be sent. */
static void on_drained(void *owner) {
  struct arrival *arrival = owner;
  if (arrival->state == ARRIVAL_HANDSHAKE) hand_on(arrival);
}

static void on_due(struct deadline *deadline) {
  struct arrival *arrival = container_of(deadline, struct arrival, deadline);
  tell_failure(arrival, arrival->state == ARRIVAL_FIRST ? "the client says nothing"
                                                        : "the client is too slow for a handshake (header_timeout)");
  close_now(arrival, false);
}

static void on_closed(void *owner) {
  struct arrival *arrival = owner;
  struct sessions *sessions = arrival->sessions;
  list_remove(&arrival->node);
  free(arrival);
  sessions_forget_one(sessions);
}

/* --- steps --- */

static void shake_hands(struct arrival *arrival) {
  struct sessions *sessions = arrival->sessions;
  struct tls_server *server = sessions->tls[arrival->listener - sessions->snapshot->listeners];
  struct stream *below = arrival->stream;
  struct stream *stream = tls_stream_accept(below, server);
  if (!stream) {
    /* Its end is still told to this owner. */
    arrival->state = ARRIVAL_CLOSING;
    deadline_clear(&sessions->loop->deadlines, &arrival->deadline);
    return;
  }
  arrival->state = ARRIVAL_HANDSHAKE;
  arrival->stream = stream;
  stream_own(stream, &events, arrival);
  stream_read(stream, true);
  stream_pump(below);
}

/* Its bytes are offered to who goes on. */
static void hand_on(struct arrival *arrival) {
  struct sessions *sessions = arrival->sessions;
  struct stream *stream = arrival->stream;
  const struct snapshot_listener *listener = arrival->listener;
  unsigned listener_port = arrival->listener_port;
  void (*next)(struct sessions *, struct stream *, const struct snapshot_listener *, unsigned) = arrival->next;
  deadline_clear(&sessions->loop->deadlines, &arrival->deadline);
  list_remove(&arrival->node);
  free(arrival);
  next(sessions, stream, listener, listener_port);
  stream_pump(stream);
}

static void close_now(struct arrival *arrival, bool reset) {
  if (arrival->state == ARRIVAL_CLOSING) return;
  arrival->state = ARRIVAL_CLOSING;
  deadline_clear(&arrival->sessions->loop->deadlines, &arrival->deadline);
  stream_close(arrival->stream, reset);
}

void arrival_drain(struct arrival *arrival) {
  if (arrival->state == ARRIVAL_HANDSHAKE) {
    deadline_set(&arrival->sessions->loop->deadlines, &arrival->deadline, DRAIN_MS, on_due);
  } else if (arrival->state == ARRIVAL_FIRST && stream_quiet(arrival->stream)) {
    close_now(arrival, false);
  }
}

void arrival_cut(struct arrival *arrival) {
  close_now(arrival, true);
}

/* --- the log --- */

static void tell_failure(const struct arrival *arrival, const char *words) {
  struct sessions *sessions = arrival->sessions;
  struct peer peer;
  char sentence[SENTENCE_BYTES];
  stream_facts(arrival->stream, &peer);
  (void)snprintf(sentence, sizeof sentence, "%s", words);
  struct access_record record = {
      .id = arrival->id,
      .client = str_of(peer.text),
      .handshake = true,
      .listener_port = arrival->listener_port,
      .socket = arrival->listener->config->address.path,
      .duration_us = (uv_hrtime() - arrival->started_ns) / 1000,
      .ending = ending_make(ENDING_TLS_FAILED, ENDING_DOWNSTREAM, 0),
      .sentence = str_of(sentence),
  };
  metrics_count(&sessions->metrics.endings[ENDING_TLS_FAILED]);
  access_log_write(sessions->log, settings_of(arrival)->access_log, sessions->log_look, &record);
}
