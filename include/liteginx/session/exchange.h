/* One HTTP request with its response, whichever wire they come and go by. What is done with it is service's; here are its
 * memory, the answers of our own, and its end, which is told once, by exchange_end.
 *
 *   WAIT_REPLY ⇄ REPLYING ─▶ DONE       back: the answer's content is nonsense, and nothing of its head has left yet
 *
 * It is a part of what its wire keeps for each request; its arena comes from the worker's cache. */
#ifndef LITEGINX_SESSION_EXCHANGE_H
#define LITEGINX_SESSION_EXCHANGE_H

#include "liteginx/base/uuid.h"
#include "liteginx/plan/plan.h"
#include "liteginx/session/proxy.h"
#include "liteginx/session/sessions.h"

enum exchange_state {
  EXCHANGE_WAIT_REPLY, /* for the answer's head, from upstream or ourselves */
  EXCHANGE_REPLYING,   /* for the end of upstream's answer */
  EXCHANGE_DONE
};

/* What has become of its answer. */
enum exchange_outcome {
  OUTCOME_COMPLETE, /* it is out, or queued, to its end */
  OUTCOME_CUT,      /* its end is missing; what there is of it is the client's */
  OUTCOME_BROKEN    /* it has a gap, or the client has left: nothing more of it is of use */
};

struct exchange {
  struct wire_down *wire;
  struct sessions *sessions;
  struct snapshot *snapshot;
  const struct plan_facts *facts; /* of its connection */
  struct pool_private *own;       /* upstream connections that its client has logged in over */
  enum exchange_state state;
  enum exchange_outcome outcome; /* with DONE */
  struct ending ending;          /* with DONE */
  struct arena arena;
  struct head request;
  struct plan plan;    /* what becomes of it */
  struct str sentence; /* what the client was told is wrong; for the log, too */
  struct proxy proxy;  /* state IDLE: not used */
  unsigned status;     /* sent to the client */
  bool answered;       /* by ourselves, whole */
  bool endless;        /* the answer has no end of its own: an event stream, or a tunnel */
  bool unreadable;     /* what the client sends behind what was read can be no request, or nobody wants it */
  uint64_t own_bytes;  /* content of our own answer */
  bool timed;          /* there is a log to tell times to */
  uint64_t taken;      /* when exchange_moves was asked last: proxy_taken */
  uint64_t id, started_ns;
  char fresh_id[UUID_LEN]; /* its X-Request-Id, where the client has sent none */
};

/* Where a request came in. */
struct exchange_place {
  struct wire_down *wire;
  struct sessions *sessions;
  const struct plan_facts *facts;
  struct pool_private *own;
};

/* New memory, to be used for one exchange after the other. */
void exchange_init(struct exchange *exchange);

/* For a request whose first byte is here. Its wire inits `request` on `arena` at once, and fills it as it comes. */
void exchange_begin(struct exchange *exchange, const struct exchange_place *place);

/* The one place where the state of a running exchange changes. Any edge but out of DONE is one. */
void exchange_set_state(struct exchange *exchange, enum exchange_state state);

/* Answers with what became of it, in our own words, and ends it. `allow`: a field Allow; empty: none. */
void exchange_answer(struct exchange *exchange, struct ending ending, struct str allow);

/* The answer that begins has no end of its own. False: there is no time left for such, and the exchange is over. */
bool exchange_begin_endless(struct exchange *exchange);

/* Ends it: the one place where the access log is written. Nothing more is sent. */
void exchange_end(struct exchange *exchange, struct ending ending);

/* Has the target taken more of the request since this was last asked? While it does, nobody's patience is at its end. */
bool exchange_moves(struct exchange *exchange);

/* Has the whole request been taken from the connection? */
bool exchange_request_ended(const struct exchange *exchange);

/* After exchange_end: gives back what it holds. The memory may then begin again. */
void exchange_release(struct exchange *exchange);

/* Before its memory is freed. */
void exchange_discard(struct exchange *exchange, struct loop *loop);

#endif
