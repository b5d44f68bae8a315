/* A chunk's line end is left to what follows it, unless nothing does yet. */
#include "liteginx/wire/http1_body.h"

static void begin(void *message, struct head *trailers);
static enum wire_status read(void *message, struct str in, size_t *used, struct str *span);
static enum wire_status finish(void *message);
static uint64_t plain(const void *message);
static void skip(void *message, uint64_t len);
static enum cause fault(const void *message, struct str *culprit);
static void before_chunk(void *message, struct slices *out, size_t len, bool begun);
static void behind_chunk(void *message, struct slices *out);
static bool end_chunks(void *message, struct slices *out, const struct head *trailers, bool begun);
static bool render(const struct head *trailers, struct str *lines);

const struct wire_reader_ops http1_reader = {begin, read, finish, plain, skip, fault};

const struct wire_writer_ops http1_chunks = {before_chunk, behind_chunk, end_chunks};

_Static_assert(2 * sizeof(size_t) + 4 <= WIRE_WRITER_BYTES, "the longest chunk size fits between its two line ends");

/* --- reading --- */

static void begin(void *message, struct head *trailers) {
  struct parser *parser = message;
  parser->trailers = trailers;
}

static enum wire_status read(void *message, struct str in, size_t *used, struct str *span) {
  return parser_body(message, in, used, span);
}

static enum wire_status finish(void *message) {
  return parser_finish(message);
}

static uint64_t plain(const void *message) {
  return parser_plain(message);
}

static void skip(void *message, uint64_t len) {
  parser_skip(message, len);
}

static enum cause fault(const void *message, struct str *culprit) {
  const struct parser *parser = message;
  *culprit = parser->culprit;
  return parser->fault;
}

/* --- writing --- */

/* Hex digits of `value`, without leading zeros; returns how many. */
static size_t write_hex(char *out, size_t value) {
  size_t len = 1;
  for (size_t rest = value >> 4; rest; rest >>= 4) len++;
  for (size_t i = len; i-- > 0; value >>= 4) out[i] = "0123456789abcdef"[value & 15];
  return len;
}

static void before_chunk(void *message, struct slices *out, size_t len, bool begun) {
  (void)message;
  char line[WIRE_WRITER_BYTES] = "\r\n";
  size_t start = begun ? 0 : 2;
  size_t end = 2 + write_hex(line + 2, len);
  line[end++] = '\r';
  line[end++] = '\n';
  slices_add_text(out, str_make(line + start, end - start));
}

static void behind_chunk(void *message, struct slices *out) {
  (void)message;
  slices_add_text(out, STR("\r\n"));
}

static bool end_chunks(void *message, struct slices *out, const struct head *trailers, bool begun) {
  (void)message;
  struct str lines = {NULL, 0};
  bool good = render(trailers, &lines);
  if (begun) slices_add_text(out, good ? STR("\r\n0\r\n") : STR("\r\n"));
  if (!good) return false;
  if (!begun) slices_add_text(out, STR("0\r\n"));
  slices_add(out, lines);
  slices_add_text(out, STR("\r\n"));
  return true;
}

static char *put(char *at, struct str s) {
  if (s.len) memcpy(at, s.ptr, s.len);
  return at + s.len;
}

/* False: out of memory. */
static bool render(const struct head *trailers, struct str *lines) {
  size_t bytes = 0;
  for (unsigned i = 0; i < trailers->count; i++)
    bytes += trailers->fields[i].name.len + trailers->fields[i].value.len + 4;
  if (bytes == 0) return true;
  char *text = arena_alloc(trailers->arena, bytes), *at = text;
  if (!text) return false;
  for (unsigned i = 0; i < trailers->count; i++) {
    at = put(at, trailers->fields[i].name);
    at = put(at, STR(": "));
    at = put(at, trailers->fields[i].value);
    at = put(at, STR("\r\n"));
  }
  *lines = str_make(text, (size_t)(at - text));
  return true;
}
