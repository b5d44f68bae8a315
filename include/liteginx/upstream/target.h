/* What is known of one host:port, or of one Unix socket, at run time, apart from any configuration: whether it answers.
 * Keyed by its address, so that it survives a reload; shared by all workers, with relaxed atomics only.
 *
 *   UP ──refused, or connecting timed out──▶ RESTING (1 s, doubling to 10 s) ──time over──▶ UP
 *
 * Only a success makes the next rest short again. */
#ifndef LITEGINX_UPSTREAM_TARGET_H
#define LITEGINX_UPSTREAM_TARGET_H

#include <stdatomic.h>

#include "liteginx/base/list.h"
#include "liteginx/base/str.h"

enum { TARGET_REST_MS = 1000, TARGET_REST_MAX_MS = 10 * 1000 };

struct target {
  struct list node; /* in its table */
  struct str host;  /* an IPv6 literal without brackets; "unix:PATH" */
  uint16_t port;    /* 0: host is all of it */
  struct str text;  /* "host:port" for log and messages, an IPv6 literal in brackets; "unix:PATH" */
  unsigned index;   /* its number in the table: workers keep arrays by it */
  unsigned references;
  _Atomic uint64_t rest_until_ms; /* 0: it does not rest */
  _Atomic uint32_t rest_ms;       /* how long the last rest was; 0: none since the last success */
  _Atomic unsigned waiting;       /* requests and sessions that hold for it, over all workers */
  _Atomic uint8_t forgiven;       /* what its responses were forgiven so far, as a parser's bits */
  _Atomic uint64_t down_since_ms; /* the log's last word was that it is down, since then; 0: it was not */
};

/* All targets of the process. Changed by the main thread alone. */
struct target_table {
  struct list targets;
  unsigned indexes; /* one more than the highest index in use */
};

void target_table_init(struct target_table *table);

/* The target, made if need be, with one more user. NULL: out of memory. */
struct target *target_acquire(struct target_table *table, struct str host, uint16_t port);

/* One user less; the last one's leaving frees it. */
void target_release(struct target *target);

/* HOST:PORT as a URL has it; empty for a Unix socket. And what a field Host calls it: localhost where it has no other name. */
static inline struct str target_authority(const struct target *target) {
  return target->port ? target->text : STR("");
}

static inline struct str target_host_field(const struct target *target) {
  return target->port ? target->text : STR("localhost");
}

/* Should it be passed over now? `now_ms` is a loop's time. */
bool target_resting(const struct target *target, uint64_t now_ms);

/* It refused, or connecting took too long: it rests, longer each time. A target that rests already does not count. */
void target_failed(struct target *target, uint64_t now_ms);

/* It answered a connect. */
void target_answered(struct target *target);

/* One more holds for it. True: the log is to say that it is down, and the caller is the one to write it. */
bool target_wait(struct target *target, uint64_t now_ms);

/* One less. True: it was the last, the log is to say that nobody waits any more. */
bool target_leave(struct target *target);

/* Its response was forgiven this, as a parser's bits. Those for the first time: the log is to tell of them. */
unsigned target_forgive(struct target *target, unsigned forgiven);

/* A probe reached it. True: the log is to say that it is up again, after so long. */
bool target_found(struct target *target, uint64_t now_ms, uint64_t *down_ms);

#endif
