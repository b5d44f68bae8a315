/* What HTTP/2 makes of an answer: its end is that of a stream, and says nothing of the connection. */
#include "liteginx/session/http2_exchange.h"

#include <stdlib.h>

#include "liteginx/session/service.h"

static void run(void *owner);
static void on_failure(void *owner, int status);
static void over(struct http2_exchange *message);
static uint32_t reset_code(const struct exchange *exchange);
static struct http2_exchange *take_memory(const struct http2_place *at);
static void give_back(struct http2_exchange *message);
static struct wire_source content(struct wire_down *wire);
static struct str interim(struct wire_down *wire, const struct forward_response *interim);
static bool put_head(struct wire_down *wire, const struct wire_answer *answer, struct wire_sink *sink);
static enum cause websocket_fault(const struct http2_stream *stream, const struct head *answer);
static void last_resort(struct wire_down *wire, struct wire_sink *sink);

static const struct wire_down_ops ops = {content, interim, put_head, last_resort};

static const struct stream_events events = {.on_bytes = run, .on_end = run, .on_fail = on_failure, .on_drained = run};

enum { SPARES_KEPT = 256 };

/* RFC 9113 §7. */
enum { NO_ERROR = 0, PROTOCOL_ERROR = 1, INTERNAL_ERROR = 2, CANCEL = 8 };

static struct http2_exchange *message_of(struct wire_down *wire) {
  return container_of(wire, struct http2_exchange, wire);
}

/* --- its life --- */

static struct http2_exchange *take_memory(const struct http2_place *at) {
  struct sessions *sessions = at->sessions;
  struct http2_exchange *message;
  if (!list_empty(&sessions->spare_http2)) {
    message = container_of(sessions->spare_http2.next, struct http2_exchange, node);
    list_remove(&message->node);
    sessions->spare_http2_count--;
  } else {
    message = malloc(sizeof *message);
    if (!message) return NULL;
    list_init(&message->node);
    message->wire.ops = &ops;
    exchange_init(&message->exchange);
  }
  struct exchange_place place = {&message->wire, sessions, at->facts, at->own};
  message->wire.stream = NULL;
  message->wire.run = run;
  message->wire.owner = message;
  message->stream = NULL;
  message->served = message->running = message->again = false;
  exchange_begin(&message->exchange, &place);
  head_init(&message->exchange.request, &message->exchange.arena);
  return message;
}

struct http2_exchange *http2_exchange_new(const struct http2_place *at, struct http2_stream *stream) {
  struct http2_exchange *message = take_memory(at);
  if (!message) return NULL;
  message->stream = stream;
  message->wire.stream = &stream->stream;
  stream_own(&stream->stream, &events, message);
  list_append(at->exchanges, &message->node);
  return message;
}

static void free_memory(struct sessions *sessions, struct http2_exchange *message) {
  exchange_discard(&message->exchange, sessions->loop);
  free(message);
}

static void give_back(struct http2_exchange *message) {
  struct sessions *sessions = message->exchange.sessions;
  list_remove(&message->node);
  exchange_release(&message->exchange);
  if (sessions->spare_http2_count >= SPARES_KEPT) {
    free_memory(sessions, message);
    return;
  }
  sessions->spare_http2_count++;
  list_prepend(&sessions->spare_http2, &message->node);
}

void http2_exchange_free_spares(struct sessions *sessions) {
  LIST_EACH(node, &sessions->spare_http2) {
    struct http2_exchange *message = container_of(node, struct http2_exchange, node);
    list_remove(node);
    free_memory(sessions, message);
  }
  sessions->spare_http2_count = 0;
}

void http2_exchange_tell(const struct http2_place *at, struct ending ending) {
  struct http2_exchange *message = take_memory(at);
  if (!message) return;
  message->exchange.request.method = STR("PRI"); /* what a connection begins with (RFC 9113 §3.4) */
  message->exchange.request.request_target = STR("*");
  exchange_end(&message->exchange, ending);
  give_back(message);
}

/* --- events --- */

void http2_exchange_serve(struct http2_stream *stream) {
  struct http2_exchange *message = stream->stream.owner;
  message->served = true;
  if (stream->refused == CAUSE_NONE) {
    service_start(&message->exchange);
  } else {
    service_reject(&message->exchange, stream->refused, stream->culprit);
  }
  run(message);
}

static struct ending malformed(const struct http2_stream *stream) {
  return (struct ending){.reason = ending_reason_of(stream->fault),
                         .side = ENDING_DOWNSTREAM,
                         .cause = stream->fault,
                         .what = stream->culprit};
}

/* Something has changed: goes on. Last statement of who calls it. */
static void run(void *owner) {
  struct http2_exchange *message = owner;
  struct exchange *exchange = &message->exchange;
  message->again = true;
  if (message->running) return;
  message->running = true;
  while (message->again) {
    message->again = false;
    if (!message->served && message->stream->fault != CAUSE_NONE) exchange_end(exchange, malformed(message->stream));
    if (message->served && exchange->state != EXCHANGE_DONE) service_run(exchange);
  }
  message->running = false;
  if (exchange->state == EXCHANGE_DONE) over(message);
}

static void on_failure(void *owner, int status) {
  struct http2_exchange *message = owner;
  struct exchange *exchange = &message->exchange;
  bool local = stream_lacks_memory(status);
  if (exchange->state != EXCHANGE_DONE) {
    struct ending left =
        ending_make(local ? ENDING_NO_MEMORY : ENDING_CLIENT_LEFT, local ? ENDING_SELF : ENDING_DOWNSTREAM, status);
    exchange_end(exchange, message->stream->fault != CAUSE_NONE ? malformed(message->stream) : left);
  }
  run(message);
}

void http2_exchange_cut(struct http2_exchange *message, struct ending ending) {
  if (message->exchange.state != EXCHANGE_DONE) exchange_end(&message->exchange, ending);
  over(message);
}

static void over(struct http2_exchange *message) {
  const struct exchange *exchange = &message->exchange;
  http2_stream_let_go(message->stream, reset_code(exchange), exchange->outcome == OUTCOME_BROKEN);
  give_back(message);
}

/* How its client is told of its end. */
static uint32_t reset_code(const struct exchange *exchange) {
  if (exchange->outcome == OUTCOME_COMPLETE) return NO_ERROR;
  switch (exchange->ending.reason) {
  case ENDING_BAD_REQUEST:
  case ENDING_BAD_BODY:
    return PROTOCOL_ERROR;
  case ENDING_CLIENT_LEFT:
  case ENDING_DRAIN:
  case ENDING_IDLE:
    return CANCEL;
  default:
    return INTERNAL_ERROR;
  }
}

/* --- for the exchange --- */

static struct wire_source content(struct wire_down *wire) {
  struct http2_exchange *message = message_of(wire);
  return (struct wire_source){&http2_reader, message->stream, &message->exchange.request};
}

static struct str interim(struct wire_down *wire, const struct forward_response *interim) {
  struct str head = http2_head_answer(interim, false);
  if (!head.ptr || !http2_stream_interim(message_of(wire)->stream, head)) return (struct str){NULL, 0};
  return STR("");
}

static bool put_head(struct wire_down *wire, const struct wire_answer *answer, struct wire_sink *sink) {
  const struct head *head = answer->forward.head;
  bool switches = answer->forward.switches;
  bool empty = head->framing == FRAMING_NONE || (head->framing == FRAMING_LENGTH && head->content_length == 0);
  const struct http2_stream *stream = message_of(wire)->stream;
  if (stream->websocket) sink->refused = websocket_fault(stream, head);
  if (sink->refused != CAUSE_NONE) return false;
  struct str fields = http2_head_answer(&answer->forward, switches);
  if (!fields.ptr) return false;
  http2_stream_answer(message_of(wire)->stream, fields, empty && !switches, sink);
  return true;
}

/* To who has asked by an extended CONNECT each 2xx says that there is a WebSocket (RFC 8441 §5). */
static enum cause websocket_fault(const struct http2_stream *stream, const struct head *answer) {
  if (answer->status == 101) return http2_head_accepts(answer, stream->key) ? CAUSE_NONE : CAUSE_WEBSOCKET_KEY;
  return answer->status / 100 == 2 ? CAUSE_WEBSOCKET_REFUSED : CAUSE_NONE;
}

static void last_resort(struct wire_down *wire, struct wire_sink *sink) {
  *sink = (struct wire_sink){.half_closes = false};
  http2_stream_answer(message_of(wire)->stream, http2_head_last_resort(), true, sink);
}
