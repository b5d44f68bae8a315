/* Formats access records into a line on the stack. It always fits, since each value is shortened for itself: a JSON
 * object stays whole, and no request is so long that its status is cut off. */
#include "liteginx/session/access_log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <uv.h>

#include "liteginx/base/ensure.h"
#include "liteginx/base/utf8.h"

/* Longest value, escaped; five of them and the rest fit a line. An escaped byte takes up to ESCAPED_MAX. */
enum { VALUE_MAX = 2800, ESCAPED_MAX = 4 };

struct line {
  char text[LOG_LINE_MAX];
  size_t len;
};

static void put(struct line *line, const char *format, ...) ENSURE_PRINTF(2, 3);
static void put_escaped(struct line *line, struct str s);
static void put_json(struct line *line, const char *key, struct str s);
static void put_time(struct line *line, bool local);
static void put_bytes(struct line *line, uint64_t bytes);
static void put_duration(struct line *line, uint64_t us);
static void put_ending(struct line *line, struct ending ending);
static void put_text(struct line *line, bool local, const struct access_record *record);
static void put_object(struct line *line, const struct access_record *record);

void access_log_write(struct log *log, enum config_access_log form, bool local, const struct access_record *record) {
  struct line line;
  line.len = 0;
  if (form == ACCESS_LOG_OFF) return;
  if (form == ACCESS_LOG_JSON) {
    put_object(&line, record);
  } else {
    put_text(&line, local, record);
  }
  log_write(log, LOG_OUT, str_make(line.text, line.len));
}

static void put_text(struct line *line, bool local, const struct access_record *record) {
  bool http = record->method.len > 0;
  put_time(line, local);
  put(line, " ");
  if (http) {
    put_escaped(line, record->method);
    put(line, " ");
    put_escaped(line, record->path);
    put(line, " %u ", record->status);
    put_bytes(line, record->bytes_out);
  } else {
    put(line, "TCP :%u ", record->port);
    put_bytes(line, record->bytes_in);
    put(line, "↑ ");
    put_bytes(line, record->bytes_out);
    put(line, "↓");
  }
  put(line, " ");
  put_duration(line, record->duration_us);
  if (record->route.len) {
    put(line, " ");
    put_escaped(line, record->route);
  }
  if (record->target.len) {
    put(line, " → ");
    put_escaped(line, record->target);
  }
  if (record->upstream_path.len) {
    put(line, " ");
    put_escaped(line, record->upstream_path);
  }
  if (record->held_ms) {
    put(line, " held ");
    put_duration(line, record->held_ms * 1000);
  }
  bool told_by_status = http && record->ending.reason == ENDING_COMPLETE;
  if (!told_by_status) put_ending(line, record->ending);
}

/* Of a target's failure the system knows more. */
static void put_ending(struct line *line, struct ending ending) {
  bool more = ending.reason == ENDING_REFUSED || ending.reason == ENDING_UPSTREAM_LEFT;
  put(line, " %s", ending_sentence(ending.reason));
  if (more && ending.code) put(line, " (%s)", uv_strerror(ending.code));
}

static void put_object(struct line *line, const struct access_record *record) {
  put(line, "{\"ts\":\"");
  put_time(line, false);
  put(line, "\",\"id\":%" PRIu64, record->id);
  put_json(line, "client", record->client);
  put_json(line, "method", record->method.len ? record->method : STR("TCP"));
  put_json(line, "host", record->host);
  put_json(line, "path", record->path);
  put(line, ",\"status\":%u,\"bytes_in\":%" PRIu64 ",\"bytes_out\":%" PRIu64 ",\"duration_ms\":%" PRIu64 ".%03u",
      record->status, record->bytes_in, record->bytes_out, record->duration_us / 1000,
      (unsigned)(record->duration_us % 1000));
  put_json(line, "route", record->route);
  put_json(line, "target", record->target);
  put_json(line, "upstream_path", record->upstream_path);
  put(line, ",\"upstream_ms\":%" PRIu64 ".%03u,\"retries\":%u,\"held_ms\":%" PRIu64, record->upstream_us / 1000,
      (unsigned)(record->upstream_us % 1000), record->retries, record->held_ms);
  put_json(line, "ending", str_of(ending_label(record->ending.reason)));
  put(line, "}");
}

static void put(struct line *line, const char *format, ...) {
  size_t room = sizeof line->text - line->len;
  va_list args;
  va_start(args, format);
  int len = vsnprintf(line->text + line->len, room, format, args);
  va_end(args);
  ENSURE(len >= 0 && (size_t)len < room);
  line->len += (size_t)len;
}

static void put_escaped(struct line *line, struct str s) {
  char *out = line->text + line->len;
  ENSURE(VALUE_MAX + ESCAPED_MAX < sizeof line->text - line->len);
  size_t len = log_escape(out, VALUE_MAX + ESCAPED_MAX, s);
  bool cut = len > VALUE_MAX;
  line->len += cut ? log_escape(out, VALUE_MAX, s) : len;
  if (cut) put(line, "…");
}

/* log_escape's \xHH is not JSON: what it escapes becomes \u00HH here. */
static void put_json(struct line *line, const char *key, struct str s) {
  put(line, ",\"%s\":\"", key);
  size_t left = VALUE_MAX;
  while (s.len && left >= 8) {
    char one[8];
    size_t taken = 1;
    while (taken < 4 && taken < s.len && utf8_continues(s.ptr[taken])) taken++;
    size_t len = log_escape(one, sizeof one, str_upto(s, taken));
    if (len != taken || s.ptr[0] == '\\') { /* escaped: one byte at a time */
      taken = 1;
      put(line, "\\u%04x", (unsigned char)s.ptr[0]);
      left -= 6;
    } else if (s.ptr[0] == '"') {
      put(line, "\\\"");
      left -= 2;
    } else {
      put(line, "%.*s", (int)len, one);
      left -= len;
    }
    s = str_from(s, taken);
  }
  put(line, s.len ? "…\"" : "\"");
}

static void put_time(struct line *line, bool local) {
  struct timespec now;
  struct tm parts = {0};
  timespec_get(&now, TIME_UTC);
  unsigned ms = (unsigned)(now.tv_nsec / 1000000);
  if (local) {
    localtime_r(&now.tv_sec, &parts);
    put(line, "%02d:%02d:%02d.%03u", parts.tm_hour, parts.tm_min, parts.tm_sec, ms);
    return;
  }
  gmtime_r(&now.tv_sec, &parts);
  put(line, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
      parts.tm_min, parts.tm_sec, ms);
}

static void put_bytes(struct line *line, uint64_t bytes) {
  static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) {
    put(line, "%uB", (unsigned)bytes);
    return;
  }
  double value = (double)bytes / 1024;
  unsigned unit = 0;
  for (; value >= 1024 && unit + 1 < sizeof units / sizeof units[0]; unit++) value /= 1024;
  put(line, "%.1f%s", value, units[unit]);
}

static void put_duration(struct line *line, uint64_t us) {
  if (us < 1000 * 1000) {
    put(line, "%.1fms", (double)us / 1000);
  } else {
    put(line, "%.1fs", (double)us / 1000000);
  }
}
