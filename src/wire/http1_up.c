/* What is forgiven in a response is noted as it is read: in its head, and in its chunks. */
#include "liteginx/wire/http1_up.h"

#include <stdlib.h>

#include "liteginx/wire/http1_body.h"
#include "liteginx/wire/http1_head.h"
#include "liteginx/wire/parser.h"

struct http1_up {
  struct wire_up wire;
  struct stream *stream;
  struct parser parser; /* of the responses */
};

static bool send_request(struct wire_up *wire, struct wire_request *request, struct wire_sink *sink);
static void await(struct wire_up *wire, struct head *response, struct arena *arena, struct str method);
static enum wire_status read_head(struct wire_up *wire);
static struct str begun(const struct wire_up *wire);
static enum cause head_fault(const struct wire_up *wire, struct str *culprit);
static struct wire_source content(struct wire_up *wire);
static void free_wire(struct wire_up *wire);
static void begin_content(void *message, struct head *trailers);
static enum wire_status read_content(void *message, struct str in, size_t *used, struct str *span);
static enum wire_status finish_content(void *message);
static uint64_t plain_content(const void *message);
static void skip_content(void *message, uint64_t len);
static enum cause content_fault(const void *message, struct str *culprit);

static const struct wire_up_ops ops = {send_request, await, read_head, begun, head_fault, content, free_wire};

static const struct wire_reader_ops reader = {begin_content, read_content, finish_content,
                                              plain_content, skip_content, content_fault};

struct wire_up *http1_up_new(struct stream *stream, const struct wire_limits *limits) {
  struct http1_up *up = calloc(1, sizeof *up);
  if (!up) return NULL;
  up->wire.ops = &ops;
  up->stream = stream;
  parser_init(&up->parser, PARSER_RESPONSE, limits);
  return &up->wire;
}

static void free_wire(struct wire_up *wire) {
  free(container_of(wire, struct http1_up, wire));
}

static bool send_request(struct wire_up *wire, struct wire_request *request, struct wire_sink *sink) {
  (void)wire;
  if (!request->written.ptr) request->written = http1_write_request(request->forward);
  sink->head = request->written;
  sink->writer.ops = request->forward->head->framing == FRAMING_CHUNKED ? &http1_chunks : NULL;
  return sink->head.ptr != NULL;
}

/* --- the response's head --- */

static void await(struct wire_up *wire, struct head *response, struct arena *arena, struct str method) {
  struct http1_up *up = container_of(wire, struct http1_up, wire);
  wire->forgiven = 0;
  parser_begin_response(&up->parser, response, arena, method);
}

static enum wire_status read_head(struct wire_up *wire) {
  struct http1_up *up = container_of(wire, struct http1_up, wire);
  struct str in = stream_peek(up->stream);
  size_t used = 0;
  if (in.len == 0) return WIRE_MORE;
  enum wire_status status = parser_head(&up->parser, in, &used);
  if (status == WIRE_FAILED) wire->stray = !str_starts_with(in, str_upto(STR("HTTP/"), in.len));
  wire->forgiven = up->parser.forgiven;
  stream_consume(up->stream, used);
  if (status == WIRE_DONE && up->parser.head->framing == FRAMING_CLOSE) up->parser.head->keep_alive = false;
  return status;
}

static struct str begun(const struct wire_up *wire) {
  return parser_begun(&container_of((struct wire_up *)(uintptr_t)wire, struct http1_up, wire)->parser);
}

static enum cause head_fault(const struct wire_up *wire, struct str *culprit) {
  return content_fault(container_of((struct wire_up *)(uintptr_t)wire, struct http1_up, wire), culprit);
}

/* --- its content --- */

static struct wire_source content(struct wire_up *wire) {
  struct http1_up *up = container_of(wire, struct http1_up, wire);
  return (struct wire_source){&reader, up, up->parser.head};
}

static void begin_content(void *message, struct head *trailers) {
  struct http1_up *up = message;
  up->parser.trailers = trailers;
}

static enum wire_status read_content(void *message, struct str in, size_t *used, struct str *span) {
  struct http1_up *up = message;
  enum wire_status status = parser_body(&up->parser, in, used, span);
  up->wire.forgiven = up->parser.forgiven;
  return status;
}

static enum wire_status finish_content(void *message) {
  struct http1_up *up = message;
  return parser_finish(&up->parser);
}

static uint64_t plain_content(const void *message) {
  const struct http1_up *up = message;
  return parser_plain(&up->parser);
}

static void skip_content(void *message, uint64_t len) {
  struct http1_up *up = message;
  parser_skip(&up->parser, len);
}

static enum cause content_fault(const void *message, struct str *culprit) {
  const struct http1_up *up = message;
  *culprit = up->parser.culprit;
  return up->parser.fault;
}
