/* Formats access records into a line on the stack. It always fits, since each value is shortened for itself: a JSON
 * object stays whole, and no request is so long that its status is cut off. Numbers are put together here, since printf
 * took as many instructions for one line as all the rest of a small request. */
#include "liteginx/session/access_log.h"

#include "liteginx/base/ensure.h"
#include "liteginx/base/stamp.h"
#include "liteginx/base/utf8.h"
#include "liteginx/http/request_target.h"
#include "liteginx/session/reason.h"

/* What a line holds, at most: the values that have no bound of their own (client, method, host, path, route, target,
 * upstream_path or location, reason), each with "…" where it is cut, and request_id, which is cut sooner; the numbers
 * (id, port, status, bytes_in, bytes_out, retries, held_ms, and duration_ms and upstream_ms with three digits more);
 * the labels (ending, cause, action); in JSON the key of each with quotes, colon and comma; the time, and what else
 * stands around: braces, or words of the text and colours. An escaped byte takes up to ESCAPED_MAX. */
enum { VALUES = 8, VALUE_MAX = 1900, ID_MAX = 200, ESCAPED_MAX = 4, CUT_BYTES = 3, KEY_MAX = 20 };
enum { NUMBERS = 9, NUMBER_MAX = STR_DECIMAL_BYTES + 4, LABELS = 3, LABEL_MAX = 32, AROUND_MAX = 64 };

_Static_assert(VALUES *(VALUE_MAX + CUT_BYTES + KEY_MAX) + ID_MAX + CUT_BYTES + KEY_MAX +
                       NUMBERS * (NUMBER_MAX + KEY_MAX) + LABELS * (LABEL_MAX + KEY_MAX) + STAMP_BYTES + AROUND_MAX +
                       ESCAPED_MAX <
                   (int)LOG_LINE_MAX,
               "a line has room for all that it holds");

#define LABEL_FITS(name, label, ...) &&sizeof(label) <= LABEL_MAX
_Static_assert(true ENDING_TABLE(LABEL_FITS) CAUSE_TABLE(LABEL_FITS), "no label is longer");

/* A sentence is one of the values. */
#define SENTENCE_FITS(name, label, status, sentence) &&sizeof(sentence) <= VALUE_MAX
_Static_assert((int)REASON_MAX <= (int)VALUE_MAX ENDING_TABLE(SENTENCE_FITS), "no sentence is longer than a value");

/* Room that one character may take in JSON. */
enum { JSON_ONE_BYTES = 8 };

struct line {
  char text[LOG_LINE_MAX];
  size_t len;
};

static void put(struct line *line, struct str s);
static void put_number(struct line *line, uint64_t value);
static void put_digits(struct line *line, unsigned value, unsigned width);
static void put_escaped(struct line *line, struct str s);
static void put_json(struct line *line, const char *key, struct str s);
static void put_json_up_to(struct line *line, const char *key, struct str s, size_t left);
static size_t plain_length(struct str s);
static void put_json_number(struct line *line, const char *key, uint64_t value);
static void put_json_ms(struct line *line, const char *key, uint64_t us);
static void put_time(struct line *line, bool local);
static void put_bytes(struct line *line, uint64_t bytes);
static void put_tenths(struct line *line, uint64_t tenths, struct str unit);
static void put_duration(struct line *line, uint64_t us);
static void put_ending(struct line *line, const struct access_record *record);
static void put_text(struct line *line, struct access_look look, const struct access_record *record);
static void put_subject(struct line *line, struct access_look look, const struct access_record *record);
static void put_place(struct line *line, const struct access_record *record);
static void put_listener(struct line *line, const struct access_record *record);
static void put_status(struct line *line, unsigned status, bool color);
static void put_way(struct line *line, const struct access_record *record);
static void put_object(struct line *line, const struct access_record *record);

void access_log_write(struct log *log, enum config_access_log form, struct access_look look,
                      const struct access_record *record) {
  struct line line;
  line.len = 0;
  if (form == ACCESS_LOG_OFF) return;
  if (form == ACCESS_LOG_JSON) {
    put_object(&line, record);
  } else {
    put_text(&line, look, record);
  }
  log_write(log, LOG_OUT, str_make(line.text, line.len));
}

void access_log_begin(struct log *log, enum config_access_log form, struct access_look look, struct str what,
                      const struct access_record *record) {
  struct line line;
  line.len = 0;
  if (form != ACCESS_LOG_TEXT || !look.terminal) return;
  put_subject(&line, look, record);
  put_way(&line, record);
  put(&line, what.len ? STR(" — the ") : STR(" — begins"));
  if (what.len) {
    put(&line, what);
    put(&line, STR(" begins"));
  }
  log_write(log, LOG_OUT, str_make(line.text, line.len));
}

static void put_text(struct line *line, struct access_look look, const struct access_record *record) {
  bool http = record->method.len > 0;
  put_subject(line, look, record);
  put(line, STR(" "));
  if (record->handshake) {
    /* nothing has passed */
  } else if (http) {
    put_bytes(line, record->bytes_out);
  } else {
    put_bytes(line, record->bytes_in);
    put(line, STR("↑ "));
    put_bytes(line, record->bytes_out);
    put(line, STR("↓"));
  }
  put(line, STR(" "));
  put_duration(line, record->duration_us);
  put_way(line, record);
  bool told_by_status = http && record->ending.reason == ENDING_COMPLETE;
  if (!told_by_status) put_ending(line, record);
}

/* When, and of what the line is. */
static void put_subject(struct line *line, struct access_look look, const struct access_record *record) {
  put_time(line, look.terminal);
  if (!record->method.len) {
    put(line, record->handshake ? STR(" TLS ") : STR(" TCP "));
    put_listener(line, record);
    return;
  }
  put(line, STR(" "));
  put_escaped(line, record->method);
  put(line, STR(" "));
  put_place(line, record);
  put_escaped(line, record->path);
  put(line, STR(" "));
  put_status(line, record->status, look.color);
}

/* Host and port in front of the path, like in a URL. The port is the listener's, whatever the client has called it. */
static void put_place(struct line *line, const struct access_record *record) {
  bool host = record->named && record->host.len;
  if (host) put_escaped(line, record->several ? request_target_host_name(record->host) : record->host);
  if (record->several) {
    put(line, host && record->socket.len ? STR(" ") : STR(""));
    put_listener(line, record);
    put(line, record->socket.len ? STR(":") : STR(""));
  }
  bool origin = record->path.len && record->path.ptr[0] == '/';
  if ((host || record->several) && !origin) put(line, STR(" "));
}

static void put_listener(struct line *line, const struct access_record *record) {
  if (record->socket.len) {
    put(line, STR("unix:"));
    put_escaped(line, record->socket);
  } else {
    put(line, STR(":"));
    put_number(line, record->listener_port);
  }
}

/* Select Graphic Rendition of ECMA-48. */
static void put_status(struct line *line, unsigned status, bool color) {
  static const struct str colors[] = {STR_INIT("\033[36m"), STR_INIT("\033[36m"), STR_INIT("\033[32m"),
                                      STR_INIT("\033[36m"), STR_INIT("\033[33m"), STR_INIT("\033[31m")};
  unsigned class = status / 100;
  if (color) put(line, colors[class < sizeof colors / sizeof colors[0] ? class : 0]);
  put_number(line, status);
  if (color) put(line, STR("\033[0m"));
}

/* By which route it went, and where to. */
static void put_way(struct line *line, const struct access_record *record) {
  if (record->route.len) {
    put(line, STR(" "));
    put_escaped(line, record->route);
  }
  if (record->target.len) {
    put(line, STR(" → "));
    put_escaped(line, record->target);
  }
  if (record->upstream_path.len && !str_eq(record->upstream_path, record->path)) {
    put(line, STR(" "));
    put_escaped(line, record->upstream_path);
  }
  if (record->action) {
    put(line, STR(" → "));
    put(line, str_of(record->action));
    put(line, record->location.len ? STR(" to ") : STR(""));
    put_escaped(line, record->location);
  }
  if (record->held_ms) {
    put(line, STR(" held "));
    put_duration(line, record->held_ms * 1000);
  }
}

static void put_ending(struct line *line, const struct access_record *record) {
  put(line, STR(" — "));
  put(line,
      record->sentence.len ? str_upto(record->sentence, REASON_MAX) : str_of(ending_sentence(record->ending.reason)));
}

static void put_object(struct line *line, const struct access_record *record) {
  put(line, STR("{\"ts\":\""));
  put_time(line, false);
  put(line, STR("\""));
  put_json_number(line, "id", record->id);
  if (record->request_id.len) put_json_up_to(line, "request_id", record->request_id, ID_MAX);
  put_json(line, "client", record->client);
  put_json(line, "method", record->method.len ? record->method : record->handshake ? STR("TLS") : STR("TCP"));
  put_json(line, "host", record->host);
  put_json_number(line, "port", record->listener_port);
  if (record->socket.len) put_json(line, "socket", record->socket);
  put_json(line, "path", record->path);
  put_json_number(line, "status", record->status);
  put_json_number(line, "bytes_in", record->bytes_in);
  put_json_number(line, "bytes_out", record->bytes_out);
  put_json_ms(line, "duration_ms", record->duration_us);
  put_json(line, "route", record->route);
  put_json(line, "target", record->target);
  put_json(line, "upstream_path", record->upstream_path);
  if (record->action) put_json(line, "action", str_of(record->action));
  if (record->location.len) put_json(line, "location", record->location);
  put_json_ms(line, "upstream_ms", record->upstream_us);
  put_json_number(line, "retries", record->retries);
  put_json_number(line, "held_ms", record->held_ms);
  put_json(line, "ending", str_of(ending_label(record->ending.reason)));
  if (record->ending.cause != CAUSE_NONE) put_json(line, "cause", str_of(cause_label(record->ending.cause)));
  if (record->sentence.len) put_json(line, "reason", record->sentence);
  put(line, STR("}"));
}

static void put(struct line *line, struct str s) {
  ENSURE(s.len < sizeof line->text - line->len);
  if (s.len) memcpy(line->text + line->len, s.ptr, s.len);
  line->len += s.len;
}

static void put_number(struct line *line, uint64_t value) {
  char digits[STR_DECIMAL_BYTES];
  put(line, str_of_u64(digits, value));
}

/* With zeros in front; higher digits are left out. */
static void put_digits(struct line *line, unsigned value, unsigned width) {
  char digits[STR_DECIMAL_BYTES];
  ENSURE(width <= sizeof digits);
  for (unsigned at = width; at; value /= 10) digits[--at] = (char)('0' + value % 10);
  put(line, str_make(digits, width));
}

static void put_escaped(struct line *line, struct str s) {
  char *out = line->text + line->len;
  ENSURE(VALUE_MAX + ESCAPED_MAX < sizeof line->text - line->len);
  size_t len = log_escape(out, VALUE_MAX + ESCAPED_MAX, s);
  bool cut = len > VALUE_MAX;
  line->len += cut ? log_escape(out, VALUE_MAX, s) : len;
  if (cut) put(line, STR("…"));
}

static void put_json_key(struct line *line, const char *key) {
  put(line, STR(",\""));
  put(line, str_of(key));
  put(line, STR("\":"));
}

static void put_json_number(struct line *line, const char *key, uint64_t value) {
  put_json_key(line, key);
  put_number(line, value);
}

static void put_json_ms(struct line *line, const char *key, uint64_t us) {
  put_json_number(line, key, us / 1000);
  put(line, STR("."));
  put_digits(line, (unsigned)(us % 1000), 3);
}

/* log_escape's \xHH is not JSON: what it escapes becomes \u00HH here. At most `left` bytes, without quotes and "…". */
static void put_json(struct line *line, const char *key, struct str s) {
  put_json_up_to(line, key, s, VALUE_MAX);
}

static void put_json_up_to(struct line *line, const char *key, struct str s, size_t left) {
  static const char hex[] = "0123456789abcdef";
  put_json_key(line, key);
  put(line, STR("\""));
  while (s.len && left >= JSON_ONE_BYTES) {
    size_t taken = plain_length(str_upto(s, left - JSON_ONE_BYTES + 1));
    put(line, str_upto(s, taken));
    left -= taken;
    s = str_from(s, taken);
    if (s.len == 0 || left < JSON_ONE_BYTES) break;
    char one[JSON_ONE_BYTES];
    unsigned char byte = (unsigned char)s.ptr[0];
    taken = 1;
    while (taken < 4 && taken < s.len && utf8_continues(s.ptr[taken])) taken++;
    size_t len = log_escape(one, sizeof one, str_upto(s, taken));
    if (len != taken || byte == '\\') { /* escaped: one byte at a time */
      char escaped[] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
      taken = 1;
      len = sizeof escaped;
      put(line, str_make(escaped, len));
    } else if (byte == '"') {
      len = 2;
      put(line, STR("\\\""));
    } else {
      put(line, str_make(one, len));
    }
    left -= len;
    s = str_from(s, taken);
  }
  put(line, s.len ? STR("…\"") : STR("\""));
}

/* How many bytes at the start stand for themselves in JSON and in a terminal. */
static size_t plain_length(struct str s) {
  size_t len = 0;
  while (len < s.len && s.ptr[len] >= 0x20 && s.ptr[len] < 0x7f && s.ptr[len] != '\\' && s.ptr[len] != '"') len++;
  return len;
}

static void put_time(struct line *line, bool local) {
  char stamp[STAMP_BYTES];
  put(line, stamp_now(stamp, local));
}

static void put_bytes(struct line *line, uint64_t bytes) {
  static const struct str units[] = {STR_INIT("KiB"), STR_INIT("MiB"), STR_INIT("GiB"), STR_INIT("TiB")};
  if (bytes < 1024) {
    put_number(line, bytes);
    put(line, STR("B"));
    return;
  }
  size_t unit = 0;
  for (; bytes >= 1024 * 1024 && unit + 1 < sizeof units / sizeof units[0]; unit++) bytes /= 1024;
  put_tenths(line, bytes / 1024 * 10 + (bytes % 1024 * 10 + 512) / 1024, units[unit]);
}

static void put_duration(struct line *line, uint64_t us) {
  if (us < 1000 * 1000) {
    put_tenths(line, (us + 50) / 100, STR("ms"));
  } else {
    put_tenths(line, us / 100000 + (us % 100000 >= 50000), STR("s"));
  }
}

static void put_tenths(struct line *line, uint64_t tenths, struct str unit) {
  put_number(line, tenths / 10);
  put(line, STR("."));
  put_digits(line, (unsigned)(tenths % 10), 1);
  put(line, unit);
}
