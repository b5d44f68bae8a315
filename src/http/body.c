/* Body spans in, slices out. A chunk received becomes a chunk sent (or several, where it came in several reads); the
 * line end behind it is written together with what follows, so that a chunk costs two slices and not three. */
#include "liteginx/http/body.h"

#include "liteginx/http/trailer.h"

/* What one step can add: size line and span and the line end behind them, or the end of the message. */
enum { STEP_SLICES = 3, STEP_TEXT_BYTES = 32 };

_Static_assert(2 * sizeof(size_t) + 4 <= STEP_TEXT_BYTES, "the longest chunk size fits between its two line ends");

static bool send_span(struct body *body, struct str span, bool *in_chunk, struct slices *out);
static enum body_status send_end(struct body *body, bool in_chunk, struct slices *out);
static bool render_trailers(struct body *body, struct str *lines);

void body_init(struct body *body, struct parser *parser, struct arena *arena, bool chunked, uint64_t max_bytes) {
  const struct head *head = parser->head;
  body->parser = parser;
  body->chunked = chunked && head->framing != FRAMING_NONE;
  body->bytes = 0;
  body->max_bytes = max_bytes;
  body->too_large = head->framing == FRAMING_LENGTH && max_bytes && head->content_length > max_bytes;
  head_init(&body->trailers, arena);
  body->ended = false;
  parser->trailers = &body->trailers;
}

enum body_status body_feed(struct body *body, struct str in, size_t *used, struct slices *out) {
  *used = 0;
  if (body->ended) return BODY_END;
  if (body->too_large) return BODY_FAILED;
  enum body_status status = BODY_FULL;
  bool in_chunk = false; /* `out` lacks the line end behind a chunk */
  while (slices_room(out, STEP_SLICES, STEP_TEXT_BYTES)) {
    size_t taken = 0;
    struct str span;
    enum parser_status parsed = parser_body(body->parser, str_from(in, *used), &taken, &span);
    *used += taken;
    if (parsed == PARSER_SPAN && send_span(body, span, &in_chunk, out)) continue;
    if (parsed == PARSER_DONE) return send_end(body, in_chunk, out);
    status = parsed == PARSER_MORE ? BODY_MORE : BODY_FAILED;
    break;
  }
  if (in_chunk) slices_add_text(out, STR("\r\n"));
  return status;
}

enum body_status body_finish(struct body *body, struct slices *out) {
  if (body->ended) return BODY_END;
  if (body->too_large || parser_finish(body->parser) != PARSER_DONE) return BODY_FAILED;
  return slices_room(out, STEP_SLICES, STEP_TEXT_BYTES) ? send_end(body, false, out) : BODY_FULL;
}

uint64_t body_plain(const struct body *body) {
  return body->chunked || body->too_large || body->ended ? 0 : parser_plain(body->parser);
}

void body_skip(struct body *body, uint64_t len) {
  parser_skip(body->parser, len);
  body->bytes += len;
}

/* Hex digits of `value`, without leading zeros; returns how many. */
static size_t write_hex(char *out, size_t value) {
  size_t len = 1;
  for (size_t rest = value >> 4; rest; rest >>= 4) len++;
  for (size_t i = len; i-- > 0; value >>= 4) out[i] = "0123456789abcdef"[value & 15];
  return len;
}

/* False: over the limit. */
static bool send_span(struct body *body, struct str span, bool *in_chunk, struct slices *out) {
  if (body->max_bytes && span.len > body->max_bytes - body->bytes) {
    body->too_large = true;
    return false;
  }
  body->bytes += span.len;
  if (body->chunked) {
    char line[STEP_TEXT_BYTES] = "\r\n";
    size_t start = *in_chunk ? 0 : 2;
    size_t end = 2 + write_hex(line + 2, span.len);
    line[end++] = '\r';
    line[end++] = '\n';
    slices_add_text(out, str_make(line + start, end - start));
    *in_chunk = true;
  }
  slices_add(out, span);
  return true;
}

static enum body_status send_end(struct body *body, bool in_chunk, struct slices *out) {
  struct str lines = {NULL, 0};
  if (body->chunked) {
    if (!render_trailers(body, &lines)) {
      body->parser->fault = CAUSE_NO_MEMORY;
      if (in_chunk) slices_add_text(out, STR("\r\n"));
      return BODY_FAILED;
    }
    slices_add_text(out, in_chunk ? STR("\r\n0\r\n") : STR("0\r\n"));
    slices_add(out, lines);
    slices_add_text(out, STR("\r\n"));
  }
  body->ended = true;
  return BODY_END;
}

static char *put(char *at, struct str s) {
  if (s.len) memcpy(at, s.ptr, s.len);
  return at + s.len;
}

static bool render_trailers(struct body *body, struct str *lines) {
  const struct head *trailers = &body->trailers;
  size_t bytes = 0;
  for (unsigned i = 0; i < trailers->count; i++)
    bytes += trailers->fields[i].name.len + trailers->fields[i].value.len + 4;
  if (bytes == 0) return true;
  char *text = arena_alloc(trailers->arena, bytes), *at = text;
  if (!text) return false;
  for (unsigned i = 0; i < trailers->count; i++) {
    const struct field *field = &trailers->fields[i];
    if (!trailer_passes(body->parser->head, field->name)) continue;
    at = put(at, field->name);
    at = put(at, STR(": "));
    at = put(at, field->value);
    at = put(at, STR("\r\n"));
  }
  *lines = str_make(text, (size_t)(at - text));
  return true;
}
