/* What HTTP/1 makes of an answer: how its end is told, and whether the connection may go on behind it. */
#include "liteginx/session/http1_exchange.h"

#include <stdlib.h>

#include "liteginx/wire/http1_body.h"
#include "liteginx/wire/http1_head.h"

static struct wire_source content(struct wire_down *wire);
static struct str interim(struct wire_down *wire, const struct forward_response *interim);
static bool put_head(struct wire_down *wire, const struct wire_answer *answer, struct wire_sink *sink);
static bool put_switch(struct http1_exchange *message, const struct wire_answer *answer, struct wire_sink *sink);
static void last_resort(struct wire_down *wire, struct wire_sink *sink);
static bool must_close(const struct http1_exchange *message, bool taken);

static const struct wire_down_ops ops = {content, interim, put_head, last_resort};

enum { SPARES_KEPT = 256 };

static struct http1_exchange *message_of(struct wire_down *wire) {
  return container_of(wire, struct http1_exchange, wire);
}

struct http1_exchange *http1_exchange_new(const struct http1_place *at) {
  struct sessions *sessions = at->sessions;
  struct http1_exchange *message;
  if (!list_empty(&sessions->spare_exchanges)) {
    message = container_of(sessions->spare_exchanges.next, struct http1_exchange, node);
    list_remove(&message->node);
    sessions->spare_count--;
  } else {
    message = malloc(sizeof *message);
    if (!message) return NULL;
    list_init(&message->node);
    parser_init(&message->parser, PARSER_REQUEST, &sessions->pool.limits);
    message->wire.ops = &ops;
    exchange_init(&message->exchange);
  }
  struct exchange_place place = {&message->wire, sessions, at->facts, at->own};
  message->wire.stream = at->stream;
  message->wire.run = at->run;
  message->wire.owner = at->owner;
  message->after = HTTP1_NEXT;
  message->reset_tells = false;
  exchange_begin(&message->exchange, &place);
  parser_begin(&message->parser, &message->exchange.request, &message->exchange.arena);
  return message;
}

static void free_memory(struct sessions *sessions, struct http1_exchange *message) {
  exchange_discard(&message->exchange, sessions->loop);
  free(message);
}

void http1_exchange_free(struct http1_exchange *message) {
  struct sessions *sessions = message->exchange.sessions;
  exchange_release(&message->exchange);
  if (sessions->spare_count >= SPARES_KEPT) {
    free_memory(sessions, message);
    return;
  }
  sessions->spare_count++;
  list_prepend(&sessions->spare_exchanges, &message->node);
}

void http1_exchange_free_spares(struct sessions *sessions) {
  LIST_EACH(node, &sessions->spare_exchanges) {
    struct http1_exchange *message = container_of(node, struct http1_exchange, node);
    list_remove(node);
    free_memory(sessions, message);
  }
  sessions->spare_count = 0;
}

/* --- for the exchange --- */

static struct wire_source content(struct wire_down *wire) {
  struct http1_exchange *message = message_of(wire);
  return (struct wire_source){&http1_reader, &message->parser, &message->exchange.request};
}

/* RFC 9110 §15.2: passed on, but not to HTTP/1.0. */
static struct str interim(struct wire_down *wire, const struct forward_response *interim) {
  static const struct http1_answer nothing = {.close = false};
  if (message_of(wire)->exchange.request.minor == 0) return STR("");
  return http1_write_response(interim, &nothing);
}

static bool put_head(struct wire_down *wire, const struct wire_answer *answer, struct wire_sink *sink) {
  struct http1_exchange *message = message_of(wire);
  const struct head *request = &message->exchange.request, *head = answer->forward.head;
  if (answer->forward.switches) return put_switch(message, answer, sink);
  bool open_ended = head->framing == FRAMING_CHUNKED || head->framing == FRAMING_CLOSE;
  struct http1_answer text = {.old = request->minor == 0, .close = must_close(message, answer->taken)};
  text.chunked = open_ended && !text.old;
  /* Towards HTTP/1.0 only the connection's end tells the content's, so only a reset can tell that it is cut. */
  message->reset_tells = open_ended && text.old;
  if (!answer->own) {
    message->after = !text.close ? HTTP1_NEXT : request->keep_alive ? HTTP1_CLOSE : HTTP1_CLOSE_QUICKLY;
  } else if (text.close && message->after == HTTP1_NEXT) {
    message->after = HTTP1_CLOSE;
  }
  sink->head = http1_write_response(&answer->forward, &text);
  sink->writer.ops = text.chunked ? &http1_chunks : NULL;
  /* Before a connection is closed the client has to take the answer, in the time that its route gives it. */
  sink->soon = !text.close;
  return sink->head.ptr != NULL;
}

/* What follows belongs to another protocol, of whose end we know nothing. */
static bool put_switch(struct http1_exchange *message, const struct wire_answer *answer, struct wire_sink *sink) {
  static const struct http1_answer nothing = {.close = false};
  sink->head = http1_write_response(&answer->forward, &nothing);
  if (!sink->head.ptr) return false;
  message->after = HTTP1_CLOSE_QUICKLY;
  message->reset_tells = true;
  sink->soon = true;
  return true;
}

static void last_resort(struct wire_down *wire, struct wire_sink *sink) {
  message_of(wire)->after = HTTP1_CLOSE;
  *sink = (struct wire_sink){.half_closes = false};
  sink->head = STR("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

/* Will the connection end with this exchange, as far as that is certain? Who answers before the request has ended has
 * the rest to itself, unless it is `taken`, and does not read just any length of it. */
static bool must_close(const struct http1_exchange *message, bool taken) {
  const struct exchange *exchange = &message->exchange;
  const struct head *request = &exchange->request;
  bool too_long = !taken && !exchange_request_ended(exchange) && parser_plain(&message->parser) > HTTP1_DRAIN_BYTES;
  return message->after != HTTP1_NEXT || exchange->unreadable || !request->keep_alive || request->minor == 0 ||
         exchange->sessions->draining || stream_at_end(message->wire.stream) || too_long;
}

/* --- for the connection --- */

uint64_t http1_exchange_patience_ms(const struct http1_exchange *message, size_t waiting) {
  const struct exchange *exchange = &message->exchange;
  if (exchange->proxy.state == PROXY_TUNNEL) return HTTP1_PATIENT;
  /* The rest of the request will never come. Of chunks nobody knows how many are missing before they are read. */
  if (parser_plain(&message->parser) > stream_peek(message->wire.stream).len + waiting) return 0;
  if (exchange->state == EXCHANGE_REPLYING) return exchange->endless ? 0 : HTTP1_PATIENT;
  return exchange->plan.upgrade.len ? 0 : exchange->snapshot->config->settings.half_close_ms;
}

/* After a plain close the system would go on offering for minutes what the client does not take. */
bool http1_exchange_broken(const struct http1_exchange *message, bool *reset) {
  const struct exchange *exchange = &message->exchange;
  bool idle = exchange->ending.reason == ENDING_IDLE;
  *reset = message->reset_tells || (idle && stream_unsent(message->wire.stream) > 0);
  return exchange->outcome == OUTCOME_BROKEN || (exchange->outcome == OUTCOME_CUT && message->reset_tells);
}
