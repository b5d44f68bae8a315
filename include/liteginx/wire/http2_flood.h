/* What a peer may do often, and how often: frames that cost it nothing and us something. Each kind has a purse that fills with
 * time and, where honest peers need more of it the more they do, with useful work. Pure; its clock is its caller's. */
#ifndef LITEGINX_WIRE_HTTP2_FLOOD_H
#define LITEGINX_WIRE_HTTP2_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

#include "liteginx/base/cause.h"

/* name, cause, in the purse at first and at most, what comes in each second, what comes with a piece of useful work.
 * RESETS are requests that are taken back, and those that we have to reset because they break a rule: both cost a target a
 * request (CVE-2023-44487, CVE-2025-8671). PINGS come with content from who measures the line (gRPC), WINDOWS with what
 * is read. */
/* clang-format off */
#define HTTP2_FLOOD_TABLE(row) \
  row(HTTP2_RESETS, CAUSE_FLOOD_RESETS, 900, 30, 0) \
  row(HTTP2_SETTINGS, CAUSE_FLOOD_SETTINGS, 100, 5, 0) \
  row(HTTP2_PINGS, CAUSE_FLOOD_PINGS, 500, 50, 2) \
  row(HTTP2_EMPTY, CAUSE_FLOOD_EMPTY, 500, 50, 1) \
  row(HTTP2_PRIORITY, CAUSE_FLOOD_PRIORITY, 500, 50, 2) \
  row(HTTP2_WINDOWS, CAUSE_FLOOD_WINDOWS, 2000, 200, 4) \
  row(HTTP2_IGNORED, CAUSE_FLOOD_IGNORED, 32768, 1024, 0)
/* clang-format on */

enum http2_flood_kind {
#define HTTP2_FLOOD_ENUM(name, cause, most, each_second, with_work) name,
  HTTP2_FLOOD_TABLE(HTTP2_FLOOD_ENUM)
#undef HTTP2_FLOOD_ENUM
      HTTP2_FLOOD_KINDS
};

/* How much content moved is a piece of useful work; a message is one, too. */
enum { HTTP2_WORK_BYTES = 1024 };

struct http2_flood {
  uint64_t filled_ms[HTTP2_FLOOD_KINDS];
  uint32_t left[HTTP2_FLOOD_KINDS];
};

void http2_flood_init(struct http2_flood *flood, uint64_t now_ms);

/* One more of this kind. False: it is one too many, for http2_flood_cause. */
bool http2_flood_count(struct http2_flood *flood, enum http2_flood_kind kind, uint64_t now_ms);

/* So many pieces of useful work were done. */
void http2_flood_work(struct http2_flood *flood, unsigned pieces);

enum cause http2_flood_cause(enum http2_flood_kind kind);

#endif
