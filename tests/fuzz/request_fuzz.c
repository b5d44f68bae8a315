/* A stream of requests: read whole and in pieces it must tell the same; what we would send upstream must be read as the
 * same message, and hold nothing that must not pass. The first byte sets the options, the second the pieces. */
#include "message.h"

struct options {
  bool trusted, max_forwards;
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
static bool read_one(struct parser *parser, struct message_feed *feed, const void *options_given,
                     struct message_sum *sum);
static void check_forward(const struct head *head, struct options options);
static void check_peer_fields(const struct head *written, struct options options);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  if (size < 2 || size > MESSAGE_MAX_BYTES) return 0;
  struct options options = {.trusted = bytes[0] & 1, .max_forwards = bytes[0] & 2};
  struct str in = {(const char *)bytes + 2, size - 2};
  message_check_cuts(PARSER_REQUEST, in, bytes[1] + 1u, read_one, &options);
  return 0;
}

static bool read_one(struct parser *parser, struct message_feed *feed, const void *options_given,
                     struct message_sum *sum) {
  struct options options = *(const struct options *)options_given;
  struct arena arena;
  struct head head;
  arena_init(&arena, NULL, MESSAGE_ROOM);
  parser_begin(parser, &head, &arena);
  bool more = message_read_head(parser, feed) == WIRE_DONE;
  message_add_number(sum, parser->fault);
  if (more) {
    ENSURE(head.framing != FRAMING_CLOSE && head.minor <= 1 && head.count <= message_limits.max_fields);
    message_add_head(sum, &head);
    check_forward(&head, options);
    more = message_check_body(parser, &arena, feed, head.framing == FRAMING_CHUNKED, sum) && head.keep_alive;
  } else {
    ENSURE(parser->fault != CAUSE_NONE && parser->fault != CAUSE_NO_MEMORY);
  }
  arena_reset(&arena);
  return more;
}

static void check_forward(const struct head *head, struct options options) {
  struct request_target parts;
  struct str what;
  if (str_eq(head->method, STR("CONNECT"))) return; /* refused before its target is looked at */
  if (request_target_parse(head, &parts, &what) != CAUSE_NONE) return;
  if (forward_connection_forbidden(head, &what)) return;
  ENSURE(parts.path.len && (parts.path.ptr[0] == '/' || parts.form == FORM_ASTERISK));
  ENSURE(parts.host.ptr ? request_target_valid_host(parts.host) : head->minor == 0);
  struct forward_request request = {.head = head,
                                    .parts = &parts,
                                    .path = parts.path,
                                    .host = parts.host.ptr ? parts.host : STR("target:1"),
                                    .client = options.trusted ? STR("::1") : STR("192.0.2.1"),
                                    .proto = STR("http"),
                                    .listener_port = STR("5000"),
                                    .prefix = STR("/p"),
                                    .trusted = options.trusted,
                                    .max_forwards = options.max_forwards};
  struct str out = http1_write_request(&request), upgrade = forward_upgrade(head);
  ENSURE(out.ptr);
  struct parser parser;
  struct head written;
  size_t used = 0;
  parser_init(&parser, PARSER_REQUEST, &message_own_limits);
  parser_begin(&parser, &written, head->arena);
  enum wire_status status = parser_head(&parser, out, &used);
  ENSURE(status == WIRE_DONE && used == out.len);
  ENSURE(str_eq(written.method, head->method) && written.minor == 1 && written.framing == head->framing);
  message_check_written(head, &written, head->framing == FRAMING_CHUNKED);
  ENSURE(message_only(&written, FIELD_UPGRADE, upgrade) && head_has(&written, FIELD_UPGRADE) == (upgrade.len != 0));
  ENSURE(message_count(&written, FIELD_HOST) == 1 && message_only(&written, FIELD_HOST, request.host));
  check_peer_fields(&written, options);
}

static void check_peer_fields(const struct head *written, struct options options) {
  ENSURE(head_has(written, FIELD_X_FORWARDED_FOR) && head_has(written, FIELD_X_FORWARDED_PROTO) &&
         head_has(written, FIELD_X_FORWARDED_PORT) && head_has(written, FIELD_X_FORWARDED_PREFIX) &&
         head_has(written, FIELD_VIA));
  if (options.trusted) return;
  ENSURE(message_only(written, FIELD_X_FORWARDED_FOR, STR("192.0.2.1")));
  ENSURE(message_only(written, FIELD_X_FORWARDED_PROTO, STR("http")));
  ENSURE(message_only(written, FIELD_X_FORWARDED_PORT, STR("5000")));
  ENSURE(message_only(written, FIELD_X_FORWARDED_PREFIX, STR("/p")));
  ENSURE(message_count(written, FIELD_X_FORWARDED_HOST) <= 1);
  ENSURE(!head_has(written, FIELD_FORWARDED) && !head_has(written, FIELD_X_FORWARDED) &&
         !head_has(written, FIELD_X_REAL_IP));
}
