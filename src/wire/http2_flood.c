/* Purses are filled when something is taken out of one: time costs nothing while nobody asks. */
#include "liteginx/wire/http2_flood.h"

#include "liteginx/base/ensure.h"

static void fill(struct http2_flood *flood, enum http2_flood_kind kind, uint64_t now_ms);
static void put(struct http2_flood *flood, enum http2_flood_kind kind, uint64_t count);

static const struct {
  enum cause cause;
  uint32_t most, each_second, with_work;
} rows[HTTP2_FLOOD_KINDS] = {
#define HTTP2_FLOOD_ROW(name, cause, most, each_second, with_work) [name] = {cause, most, each_second, with_work},
    HTTP2_FLOOD_TABLE(HTTP2_FLOOD_ROW)
#undef HTTP2_FLOOD_ROW
};

void http2_flood_init(struct http2_flood *flood, uint64_t now_ms) {
  for (unsigned kind = 0; kind < HTTP2_FLOOD_KINDS; kind++) {
    flood->filled_ms[kind] = now_ms;
    flood->left[kind] = rows[kind].most;
  }
}

bool http2_flood_count(struct http2_flood *flood, enum http2_flood_kind kind, uint64_t now_ms) {
  ENSURE(kind < HTTP2_FLOOD_KINDS);
  fill(flood, kind, now_ms);
  if (flood->left[kind] == 0) return false;
  flood->left[kind]--;
  return true;
}

/* The part of a second that is worth less than one stays for the next time. */
static void fill(struct http2_flood *flood, enum http2_flood_kind kind, uint64_t now_ms) {
  uint64_t passed_ms = now_ms - flood->filled_ms[kind], each_second = rows[kind].each_second;
  uint64_t count = passed_ms * each_second / 1000;
  if (count == 0) return;
  put(flood, kind, count);
  bool full = flood->left[kind] == rows[kind].most;
  flood->filled_ms[kind] = full ? now_ms : flood->filled_ms[kind] + (count * 1000 + each_second - 1) / each_second;
}

static void put(struct http2_flood *flood, enum http2_flood_kind kind, uint64_t count) {
  uint32_t room = rows[kind].most - flood->left[kind];
  flood->left[kind] += count < room ? (uint32_t)count : room;
}

void http2_flood_work(struct http2_flood *flood, unsigned pieces) {
  for (unsigned kind = 0; kind < HTTP2_FLOOD_KINDS; kind++) {
    if (rows[kind].with_work) put(flood, (enum http2_flood_kind)kind, (uint64_t)pieces * rows[kind].with_work);
  }
}

enum cause http2_flood_cause(enum http2_flood_kind kind) {
  ENSURE(kind < HTTP2_FLOOD_KINDS);
  return rows[kind].cause;
}
