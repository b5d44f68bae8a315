/* What both HTTP fuzzers share: a stream of messages read in pieces, and what was read as one number, so that reading
 * it whole and in pieces can be compared. Each piece is a copy that is freed at once: who still points into it is
 * found by AddressSanitizer. */
#ifndef LITEGINX_TESTS_FUZZ_MESSAGE_H
#define LITEGINX_TESTS_FUZZ_MESSAGE_H

#include <stdlib.h>

#include "liteginx/wire/body.h"
#include "liteginx/wire/http1_body.h"
#include "liteginx/wire/http1_head.h"

enum { MESSAGE_MAX_BYTES = 16 * 1024, MESSAGE_ROOM = 8 * 1024 * 1024 };

/* Small, so that the fuzzer meets them; and large ones for what we wrote ourselves. */
static const struct wire_limits message_limits = {.max_head_bytes = 512, .max_fields = 12};
static const struct wire_limits message_own_limits = {.max_head_bytes = 1 << 20, .max_fields = 1000};

struct message_feed {
  struct str rest;
  uint64_t random; /* 0: all in one piece */
  char *piece;
};

/* What was read, cut-independent. */
struct message_sum {
  uint64_t hash, bytes;
};

static inline void message_add(struct message_sum *sum, struct str s) {
  for (size_t i = 0; i < s.len; i++) sum->hash = (sum->hash ^ (unsigned char)s.ptr[i]) * UINT64_C(0x100000001b3);
  sum->bytes += s.len;
}

static inline void message_add_number(struct message_sum *sum, uint64_t number) {
  char bytes[sizeof number];
  memcpy(bytes, &number, sizeof number);
  message_add(sum, str_make(bytes, sizeof bytes));
}

static inline void message_add_fields(struct message_sum *sum, const struct head *head) {
  message_add_number(sum, head->count);
  for (unsigned i = 0; i < head->count; i++) {
    message_add_number(sum, head->fields[i].name.len);
    message_add(sum, head->fields[i].name);
    message_add_number(sum, head->fields[i].value.len);
    message_add(sum, head->fields[i].value);
    ENSURE(head->fields[i].id == field_id_of(head->fields[i].name));
  }
}

static inline void message_add_head(struct message_sum *sum, const struct head *head) {
  message_add(sum, head->method);
  message_add(sum, head->request_target);
  message_add(sum, head->reason);
  message_add_number(sum, head->status);
  message_add_number(sum, head->minor);
  message_add_number(sum, head->framing);
  message_add_number(sum, head->content_length);
  message_add_number(sum, head->keep_alive);
  message_add_fields(sum, head);
}

static inline struct str message_next(struct message_feed *feed) {
  size_t len = feed->rest.len;
  if (feed->random) {
    feed->random = feed->random * UINT64_C(6364136223846793005) + 1;
    size_t most = (size_t)(feed->random >> 33) % 24 + 1;
    if (len > most) len = most;
  }
  feed->piece = malloc(len ? len : 1);
  ENSURE(feed->piece);
  if (len) memcpy(feed->piece, feed->rest.ptr, len);
  return str_make(feed->piece, len);
}

static inline void message_used(struct message_feed *feed, size_t used) {
  free(feed->piece);
  feed->rest = str_from(feed->rest, used);
}

static inline enum wire_status message_read_head(struct parser *parser, struct message_feed *feed) {
  enum wire_status status = WIRE_MORE;
  while (status == WIRE_MORE && feed->rest.len) {
    struct str piece = message_next(feed);
    size_t used = 0;
    status = parser_head(parser, piece, &used);
    ENSURE(used <= piece.len && (status != WIRE_MORE || used == piece.len));
    message_used(feed, used);
  }
  return status == WIRE_MORE ? parser_finish(parser) : status;
}

/* Runs the body through the filter; what comes out is appended to `*out`, at *out_len. */
static inline enum body_status message_read_body(struct body *body, struct message_feed *feed, char **out,
                                                 size_t *out_len) {
  enum body_status status = BODY_FULL;
  struct slices *slices = malloc(sizeof *slices);
  ENSURE(slices);
  while (status == BODY_FULL || status == BODY_MORE) {
    size_t used = 0;
    slices_clear(slices);
    struct str piece = message_next(feed);
    bool ended = piece.len == 0 && status == BODY_MORE;
    status = ended ? body_finish(body, slices) : body_feed(body, piece, &used, slices);
    ENSURE(used <= piece.len && (status != BODY_MORE || used == piece.len));
    ENSURE(!ended || status == BODY_END || status == BODY_FAILED);
    *out = realloc(*out, *out_len + slices->bytes + 1);
    ENSURE(*out);
    for (unsigned i = 0; i < slices->count; i++) {
      memcpy(*out + *out_len, slices->at[i].ptr, slices->at[i].len);
      *out_len += slices->at[i].len;
    }
    message_used(feed, used);
  }
  free(slices);
  return status;
}

/* Content and trailers of what the filter wrote; it must be a whole body of that framing, and nothing more. */
static inline void message_sum_body(struct str out, bool chunked, struct message_sum *sum, uint64_t *content_bytes) {
  struct arena arena;
  arena_init(&arena, NULL, MESSAGE_ROOM);
  struct parser parser;
  struct head head, trailers;
  struct str line =
      chunked ? STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") : STR("HTTP/1.1 200 OK\r\n\r\n");
  size_t used = 0;
  parser_init(&parser, PARSER_RESPONSE, &message_own_limits);
  parser_begin_response(&parser, &head, &arena, STR("GET"));
  enum wire_status status = parser_head(&parser, line, &used);
  ENSURE(status == WIRE_DONE);
  head_init(&trailers, &arena);
  parser.trailers = &trailers;
  *content_bytes = 0;
  do {
    struct str span;
    status = parser_body(&parser, out, &used, &span);
    if (status == WIRE_SPAN) {
      message_add(sum, span);
      *content_bytes += span.len;
    }
    out = str_from(out, used);
  } while (status == WIRE_SPAN);
  if (!chunked) status = parser_finish(&parser);
  ENSURE(status == WIRE_DONE && out.len == 0);
  for (unsigned i = 0; i < trailers.count; i++) {
    enum field_id id = trailers.fields[i].id;
    ENSURE(id == FIELD_OTHER || id == FIELD_ACCEPT || id == FIELD_DATE);
  }
  message_add_fields(sum, &trailers);
  arena_reset(&arena);
}

/* The body of the message whose head was just read, filtered, and the filter's output read again. False: no end. */
static inline bool message_check_body(struct parser *parser, struct arena *arena, struct message_feed *feed,
                                      bool chunked, struct message_sum *sum) {
  struct body body;
  char *out = NULL;
  size_t out_len = 0;
  uint64_t content_bytes = 0;
  uint64_t max_bytes = 4096;
  struct wire_source source = {&http1_reader, parser, parser->head};
  struct wire_writer writer = {chunked ? &http1_chunks : NULL, NULL};
  body_init(&body, &source, arena, &writer, max_bytes);
  enum body_status status = message_read_body(&body, feed, &out, &out_len);
  ENSURE(body.bytes <= max_bytes);
  message_add_number(sum, status);
  message_add_number(sum, body.too_large);
  message_add_number(sum, body.too_large ? 0 : parser->fault);
  if (!body.too_large) message_add_number(sum, body.bytes);
  if (status == BODY_END) {
    message_sum_body(str_make(out, out_len), body.writer.ops != NULL, sum, &content_bytes);
    ENSURE(content_bytes == body.bytes);
  }
  free(out);
  return status == BODY_END;
}

/* Reads one message of the feed into the sum. False: nothing can follow it. */
typedef bool message_read_one(struct parser *parser, struct message_feed *feed, const void *options,
                              struct message_sum *sum);

static inline struct message_sum message_read_all(enum parser_kind kind, struct message_feed feed,
                                                  message_read_one *read_one, const void *options) {
  struct message_sum sum = {0};
  struct parser parser;
  parser_init(&parser, kind, &message_limits);
  bool more = true;
  while (more && feed.rest.len) more = read_one(&parser, &feed, options, &sum);
  if (more) message_add_number(&sum, feed.rest.len);
  return sum;
}

/* Whole, and in pieces whose sizes come from `random`: both must tell the same. */
static inline void message_check_cuts(enum parser_kind kind, struct str in, uint64_t random, message_read_one *read_one,
                                      const void *options) {
  struct message_sum whole = message_read_all(kind, (struct message_feed){.rest = in}, read_one, options);
  struct message_sum pieces =
      message_read_all(kind, (struct message_feed){.rest = in, .random = random}, read_one, options);
  ENSURE(whole.hash == pieces.hash && whole.bytes == pieces.bytes);
}

static inline unsigned message_count(const struct head *head, enum field_id id) {
  unsigned count = 0;
  for (unsigned i = 0; i < head->count; i++) count += head->fields[i].id == id;
  return count;
}

static inline bool message_only(const struct head *head, enum field_id id, struct str value) {
  const struct field *field = head_find(head, id);
  return !field || (message_count(head, id) == 1 && str_eq(field->value, value));
}

/* A head that we wrote: accepted, framed as meant, and without any field that must not pass. */
static inline void message_check_written(const struct head *received, const struct head *written, bool chunked) {
  static const enum field_id never[] = {FIELD_KEEP_ALIVE, FIELD_PROXY_AUTHENTICATE, FIELD_PROXY_AUTHENTICATION_INFO,
                                        FIELD_PROXY_AUTHORIZATION, FIELD_PROXY_CONNECTION};
  for (size_t i = 0; i < sizeof never / sizeof *never; i++) ENSURE(!head_has(written, never[i]));
  ENSURE(message_only(written, FIELD_TRANSFER_ENCODING, STR("chunked")));
  ENSURE(head_has(written, FIELD_TRANSFER_ENCODING) == chunked);
  ENSURE(message_only(written, FIELD_TE, STR("trailers")));
  ENSURE(message_count(written, FIELD_CONNECTION) <= 1 && message_count(written, FIELD_UPGRADE) <= 1);
  ENSURE(message_count(written, FIELD_CONTENT_LENGTH) <= 1);
  ENSURE(written->framing != FRAMING_LENGTH || written->content_length == received->content_length);
  for (unsigned i = 0; i < written->count; i++) {
    const struct field *field = &written->fields[i];
    if (field->id == FIELD_OTHER) ENSURE(!head_connection_names(received, field->name));
  }
}

#endif
