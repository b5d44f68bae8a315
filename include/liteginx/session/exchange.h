/* One HTTP request with its response, seen from the downstream: route it, have it proxied, pass the answer on, or
 * answer ourselves. Its end is told once, by exchange_end.
 *
 *   WAIT_REPLY ⇄ REPLYING ─▶ DONE       back: the answer's body is nonsense, and nothing of its head has left yet
 *
 * It lives in memory of its own with an arena from the worker's cache, and is used again and again. */
#ifndef LITEGINX_SESSION_EXCHANGE_H
#define LITEGINX_SESSION_EXCHANGE_H

#include "liteginx/plan/plan.h"
#include "liteginx/session/http_conn.h"
#include "liteginx/session/proxy.h"

#define EXCHANGE_PATIENT UINT64_MAX

enum exchange_state {
  EXCHANGE_WAIT_REPLY, /* for the answer's head, from upstream or ourselves */
  EXCHANGE_REPLYING,   /* for the end of upstream's answer */
  EXCHANGE_DONE
};

/* What it leaves the connection to do. */
enum exchange_outcome {
  OUTCOME_NEXT,          /* go on */
  OUTCOME_CLOSE,         /* close once the answer is out and read, or as much of it as there is */
  OUTCOME_CLOSE_QUICKLY, /* the same; the client asked for it and waits for nothing else */
  OUTCOME_CUT            /* close now: only a reset shows that it is cut, or nobody is there to read it */
};

struct exchange {
  struct list node; /* among the spare ones */
  struct http_conn *conn;
  struct sessions *sessions;
  struct snapshot *snapshot;
  enum exchange_state state;
  enum exchange_outcome outcome;
  struct arena arena;
  struct parser parser; /* of the request, its body included */
  struct head request;
  struct plan plan;           /* what becomes of it */
  struct str upstream_target; /* path and query, as sent */
  struct str sentence;        /* what the client was told is wrong; for the log, too */
  struct proxy proxy;         /* state IDLE: not used */
  unsigned status;            /* sent to the client */
  bool answered;              /* by ourselves, whole */
  bool endless;               /* the answer has no end of its own: an event stream, or a tunnel */
  bool cut_reset;             /* with OUTCOME_CUT: only a reset shows that the answer is cut, or takes it back */
  uint64_t own_bytes;         /* body of our own answer */
  bool timed;                 /* there is a log to tell times to */
  uint64_t taken;             /* when exchange_moves was asked last: proxy_taken */
  uint64_t id, started_ns;
};

/* For a request whose first byte is here: begins a parser on it. NULL: out of memory. */
struct exchange *exchange_new(struct http_conn *conn);

/* The head is whole: routes it and starts the proxy, or answers. */
void exchange_start(struct exchange *exchange);

/* There is no valid request, for this cause: answers and closes. `what`: the bytes to blame, in the exchange's arena. */
void exchange_reject(struct exchange *exchange, enum cause cause, struct str what);

/* Something happened on either side: moves on what can be moved. */
void exchange_run(struct exchange *exchange);

/* Ends it: the one place where the access log is written. Nothing more is sent; no answer yet, or not all of it: the
 * connection is to be cut. */
void exchange_end(struct exchange *exchange, struct ending ending);

/* The client has ended its side, which may be a half-close or its leaving: how long, in ms, may it still wait for its
 * answer to begin? 0: it has left. EXCHANGE_PATIENT: as long as it takes, that end says nothing any more (BEHAVIOUR
 * "Clients that left"). `waiting`: bytes of it that stand before that end and were not read. */
uint64_t exchange_patience_ms(const struct exchange *exchange, size_t waiting);

/* Has the target taken more of the request since this was last asked? While it does, nobody's patience is at its end. */
bool exchange_moves(struct exchange *exchange);

/* Has the whole request been taken from the connection? */
bool exchange_request_ended(const struct exchange *exchange);

/* Gives it back, after exchange_end. */
void exchange_free(struct exchange *exchange);

/* Frees the spare ones. */
void exchange_free_spares(struct sessions *sessions);

#endif
