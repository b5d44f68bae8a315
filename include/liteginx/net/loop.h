/* One worker's libuv loop with what every connection on it shares: the read block, the deadlines, the HTTP date. */
#ifndef LITEGINX_NET_LOOP_H
#define LITEGINX_NET_LOOP_H

#include <stdatomic.h>
#include <uv.h>

#include "liteginx/base/ensure.h"
#include "liteginx/base/str.h"
#include "liteginx/net/deadline.h"
#include "liteginx/net/outbox.h"
#include "liteginx/net/splices.h"

/* All streams of a loop read into one block, one after the other: nothing may point into it after a read callback. */
enum { LOOP_READ_BYTES = 512 * 1024, LOOP_DATE_LEN = 29 };

/* Something to be done at the end of the turn at hand, once; embedded in its owner. */
struct loop_hook {
  struct list node; /* list_init'ed by its owner; in loop->hooks while it waits */
  void (*run)(struct loop_hook *hook);
};

struct tls_desk;

struct loop {
  uv_loop_t uv;
  char *read_block;
  ssize_t received; /* of the read at hand, between libuv's two calls: how many bytes are in it, or a libuv code */
  struct deadlines deadlines;
  uv_prepare_t prepare; /* before the loop looks for events: ends the turn */
  uv_tcp_t first;       /* never opened; see loop.c */
  unsigned turn;
  struct list hooks; /* to be run at its end */
  struct outbox outbox;
  unsigned streams;   /* open, or closing */
  struct list ailing; /* streams whose owners are still to be told that something failed */
  struct deadline tell_ailing;
  _Atomic unsigned *dialled;    /* open ones that we connected, or try to: each is a descriptor of the upstream side */
  _Atomic unsigned own_dialled; /* where they are counted, unless the owner has one count for several loops */
  unsigned dialled_max;         /* how many there may be; pipes count as two each */
  struct splices splices;
  /* What is to be done by rooms that know the loop, and that it does not know: each says so when it begins to be needed;
   * NULL: it is not. */
  void (*flush)(struct loop *loop); /* streams: send what is in `outbox` */
  void (*shed)(struct loop *loop);  /* splice: close spare pipes */
  struct tls_desk *tls;             /* tls_stream: what its streams work on; */
  void (*free_tls)(struct loop *loop);
  char date[LOOP_DATE_LEN + 1]; /* HTTP-date of the second `date_s` */
  int64_t date_s;
  uint64_t unix_ms, unix_at_ms; /* the time of day when it was asked last, and when that was by loop_now_ms */
};

/* 0 or a libuv code. */
ENSURE_CHECKED int loop_init(struct loop *loop);

/* Closes what loop_init opened; the owner then runs the loop until it is empty. */
void loop_close(struct loop *loop);

/* After the loop has run empty: frees the rest. Ensures uv_loop_close() == 0. */
void loop_free(struct loop *loop);

/* Has `hook` run when all events of this turn were seen, before what is small leaves. Twice is once. */
static inline void loop_at_turn_end(struct loop *loop, struct loop_hook *hook) {
  if (list_empty(&hook->node)) list_append(&loop->hooks, &hook->node);
}

/* It has run, or is not needed any more. */
static inline void loop_forget_hook(struct loop_hook *hook) {
  list_remove(&hook->node);
}

/* All events of the turn were seen: runs the hooks, then sends what `outbox` has. A hook may ask for another, which runs, too;
 * one that asks for itself anew has to come to an end. */
void loop_end_turn(struct loop *loop);

/* Milliseconds of a monotonic clock, as of the start of this turn. */
static inline uint64_t loop_now_ms(const struct loop *loop) {
  return uv_now(&loop->uv);
}

/* The current time as HTTP-date (RFC 9110 §5.6.7); valid until the next call. */
struct str loop_date(struct loop *loop);

/* Milliseconds since 1970; a change of the clock shows within a second. */
uint64_t loop_unix_ms(struct loop *loop);

/* Any second since 1970 as HTTP-date, NUL at the end. */
void loop_write_date(int64_t unix_s, char date[LOOP_DATE_LEN + 1]);

#endif
