/* A stream of responses: read whole and in pieces it must tell the same; what we would send downstream must be read as
 * the same answer, and hold nothing that must not pass. The first byte sets the options, the second the pieces. */
#include "message.h"

struct options {
  struct str method;
  bool chunks, close; /* chunks: what ends with the stream is sent in chunks */
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
static bool read_one(struct parser *parser, struct message_feed *feed, const void *options_given,
                     struct message_sum *sum);
static bool sends_chunks(const struct head *head, struct options options);
static void check_forward(const struct head *head, struct options options);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  if (size < 2 || size > MESSAGE_MAX_BYTES) return 0;
  struct options options = {.method = bytes[0] & 1 ? STR("HEAD") : STR("GET"),
                            .chunks = bytes[0] & 2,
                            .close = bytes[0] & 4};
  struct str in = {(const char *)bytes + 2, size - 2};
  message_check_cuts(PARSER_RESPONSE, in, bytes[1] + 1u, read_one, &options);
  return 0;
}

static bool read_one(struct parser *parser, struct message_feed *feed, const void *options_given,
                     struct message_sum *sum) {
  struct options options = *(const struct options *)options_given;
  struct arena arena;
  struct head head;
  arena_init(&arena, NULL, MESSAGE_ROOM);
  parser_begin_response(parser, &head, &arena, options.method);
  bool more = message_read_head(parser, feed) == WIRE_DONE;
  message_add_number(sum, parser->fault);
  if (more) {
    ENSURE(head.status >= 100 && head.status <= 999 && head.minor <= 1 && head.count <= message_limits.max_fields);
    message_add_head(sum, &head);
    check_forward(&head, options);
    more = message_check_body(parser, &arena, feed, sends_chunks(&head, options), sum) && head.status != 101;
    if (parser->fault == CAUSE_NONE) message_add_number(sum, parser->forgiven);
  } else {
    ENSURE(parser->fault != CAUSE_NONE && parser->fault != CAUSE_NO_MEMORY);
  }
  arena_reset(&arena);
  return more;
}

static bool sends_chunks(const struct head *head, struct options options) {
  return head->framing == FRAMING_CHUNKED || (head->framing == FRAMING_CLOSE && options.chunks);
}

static void check_forward(const struct head *head, struct options options) {
  struct str named;
  if (forward_connection_forbidden(head, &named)) return;
  struct str date = STR("Sun, 06 Nov 1994 08:49:37 GMT");
  struct forward_response response = {.head = head, .date = date, .switches = head->status == 101};
  struct http1_answer answer = {.chunked = sends_chunks(head, options), .close = options.close};
  struct str out = http1_write_response(&response, &answer);
  ENSURE(out.ptr);
  struct parser parser;
  struct head written;
  size_t used = 0;
  parser_init(&parser, PARSER_RESPONSE, &message_own_limits);
  parser_begin_response(&parser, &written, head->arena, options.method);
  enum wire_status status = parser_head(&parser, out, &used);
  ENSURE(status == WIRE_DONE && used == out.len);
  ENSURE(parser.forgiven == (head->status > 599 ? 1u << FORGIVEN_STATUS : 0));
  ENSURE(written.status == head->status && str_eq(written.reason, head->reason) && written.minor == 1);
  ENSURE(written.framing == (answer.chunked ? FRAMING_CHUNKED : head->framing));
  message_check_written(head, &written, answer.chunked);
  ENSURE(head->status < 200 || head_has(&written, FIELD_DATE));
  bool upgrade = head->status == 101 || head->status == 426; /* which must say to what */
  ENSURE(upgrade || !head_has(&written, FIELD_UPGRADE));
  ENSURE(!head_has(&written, FIELD_TE));
  ENSURE(upgrade || head_has(&written, FIELD_CONNECTION) == options.close);
  ENSURE(upgrade || message_only(&written, FIELD_CONNECTION, STR("close")));
}
