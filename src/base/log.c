/* A ring of records: a 32-bit header (length and channel), then the bytes. `tail` moves only after a whole record is
 * in place, so the reader never sees half a line. */
#include "liteginx/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "liteginx/base/ensure.h"
#include "liteginx/base/stamp.h"
#include "liteginx/base/utf8.h"

enum { HEADER_BYTES = 4, CHANNEL_BIT = 1u << 24 };

_Static_assert((int)LOG_LINE_MAX < (int)CHANNEL_BIT,
               "a header holds the length of the longest line beside the channel");

static void ring_put(struct log *log, size_t at, const void *bytes, size_t len);
static void ring_get(const struct log *log, size_t at, void *bytes, size_t len);
static size_t plain_length(struct str s);
static size_t character_length(struct str s);

int log_init(struct log *log, size_t capacity, void (*wake)(void *wake_owner), void *wake_owner) {
  ENSURE(capacity >= 2 * (size_t)LOG_LINE_MAX && (capacity & (capacity - 1)) == 0);
  *log = (struct log){.capacity = capacity, .wake = wake, .wake_owner = wake_owner};
  log->ring = malloc(capacity);
  return log->ring ? 0 : -1;
}

void log_free(struct log *log) {
  free(log->ring);
  log->ring = NULL;
}

bool log_write(struct log *log, enum log_channel channel, struct str line) {
  static const char cut[] = "…";
  bool too_long = line.len > LOG_LINE_MAX;
  size_t kept = too_long ? utf8_upto(line, LOG_LINE_MAX - (sizeof cut - 1)).len : line.len;
  size_t len = too_long ? kept + sizeof cut - 1 : line.len;
  size_t tail = atomic_load_explicit(&log->tail, memory_order_relaxed);
  size_t head = atomic_load_explicit(&log->head, memory_order_acquire);
  bool fits = HEADER_BYTES + len <= log->capacity - (tail - head);
  if (fits) {
    uint32_t header = (uint32_t)len | (channel == LOG_ERR ? CHANNEL_BIT : 0);
    ring_put(log, tail, &header, HEADER_BYTES);
    ring_put(log, tail + HEADER_BYTES, line.ptr, kept);
    if (too_long) ring_put(log, tail + HEADER_BYTES + kept, cut, sizeof cut - 1);
    atomic_store(&log->tail, tail + HEADER_BYTES + len);
  } else {
    atomic_fetch_add_explicit(&log->dropped, 1, memory_order_relaxed);
  }
  if (atomic_load(&log->reader_sleeps) && atomic_exchange(&log->reader_sleeps, false)) {
    log->wake(log->wake_owner);
  }
  return fits;
}

void log_printf(struct log *log, enum log_channel channel, const char *format, ...) {
  char line[LOG_LINE_MAX + 2]; /* one byte more than a line may have: so log_write sees that it was cut */
  va_list args;
  va_start(args, format);
  int len = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  ENSURE(len >= 0);
  log_write(log, channel, str_make(line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1));
}

void log_note(struct log *log, const char *format, ...) {
  char text[LOG_LINE_MAX + 1], stamp[STAMP_BYTES];
  va_list args;
  va_start(args, format);
  int len = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  ENSURE(len >= 0);
  struct str now = stamp_now(stamp, log->notes_local);
  log_printf(log, LOG_ERR, "%.*s liteginx: %s", STR_ARG(now), text);
}

size_t log_read(struct log *log, enum log_channel *channel, char *into, size_t size) {
  ENSURE(size > LOG_LINE_MAX);
  size_t head = atomic_load_explicit(&log->head, memory_order_relaxed);
  size_t tail = atomic_load(&log->tail);
  size_t filled = 0;
  while (head != tail) {
    uint32_t header;
    ring_get(log, head, &header, HEADER_BYTES);
    size_t len = header & (CHANNEL_BIT - 1);
    enum log_channel here = header & CHANNEL_BIT ? LOG_ERR : LOG_OUT;
    if (filled && here != *channel) break;
    if (len + 1 > size - filled) break;
    *channel = here;
    ring_get(log, head + HEADER_BYTES, into + filled, len);
    into[filled + len] = '\n';
    filled += len + 1;
    head += HEADER_BYTES + len;
  }
  atomic_store_explicit(&log->head, head, memory_order_release);
  return filled;
}

uint64_t log_take_dropped(struct log *log) {
  return atomic_exchange_explicit(&log->dropped, 0, memory_order_relaxed);
}

bool log_reader_sleep(struct log *log) {
  /* Both sides write their flag before they read the other's (sequentially consistent), so a line that was added
   * meanwhile is either seen here or its writer sees the flag. */
  atomic_store(&log->reader_sleeps, true);
  if (atomic_load(&log->tail) == atomic_load(&log->head)) return true;
  atomic_store(&log->reader_sleeps, false);
  return false;
}

size_t log_escape(char *out, size_t room, struct str s) {
  static const char digits[] = "0123456789abcdef";
  size_t filled = 0;
  while (s.len) {
    size_t plain = plain_length(str_upto(s, room - filled));
    memcpy(out + filled, s.ptr, plain);
    filled += plain;
    s = str_from(s, plain);
    if (s.len == 0 || filled == room) break;
    unsigned char byte = (unsigned char)s.ptr[0];
    size_t len = character_length(s);
    char escaped[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    const char *piece = len ? s.ptr : escaped;
    size_t piece_len = len ? len : sizeof escaped;
    if (piece_len > room - filled) break;
    memcpy(out + filled, piece, piece_len);
    filled += piece_len;
    s = str_from(s, len ? len : 1);
  }
  return filled;
}

/* How many bytes at the start go to a terminal as they are, each for itself. */
static size_t plain_length(struct str s) {
  size_t len = 0;
  while (len < s.len && s.ptr[len] >= 0x20 && s.ptr[len] < 0x7f && s.ptr[len] != '\\') len++;
  return len;
}

/* Length of the multi-byte character that `s` starts with; 0 where it is none, or should not reach a terminal. */
static size_t character_length(struct str s) {
  uint32_t character = 0;
  size_t len = utf8_read(s, &character);
  /* Line and paragraph separators and bidirectional overrides could make a line read as another one. */
  bool deceptive = (character >= 0x2028 && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069);
  bool control = character < 0xa0; /* C1 ones: terminals obey them */
  return control || deceptive ? 0 : len;
}

static void ring_put(struct log *log, size_t at, const void *bytes, size_t len) {
  size_t offset = at & (log->capacity - 1);
  size_t first = len < log->capacity - offset ? len : log->capacity - offset;
  if (first) memcpy(log->ring + offset, bytes, first);
  if (len > first) memcpy(log->ring, (const char *)bytes + first, len - first);
}

static void ring_get(const struct log *log, size_t at, void *bytes, size_t len) {
  size_t offset = at & (log->capacity - 1);
  size_t first = len < log->capacity - offset ? len : log->capacity - offset;
  if (first) memcpy(bytes, log->ring + offset, first);
  if (len > first) memcpy((char *)bytes + first, log->ring, len - first);
}
