/* One connection to a target: a stream, and the wire that speaks over it. Either an exchange
 * has it, or the pool, which keeps one that somebody has logged in over for that client alone.
 *
 * Its request and its response each go HEAD → BODY → END; only with both at END, not a byte beyond the response, and a
 * response that has not come before its request was whole, may it serve again. */
#ifndef LITEGINX_UPSTREAM_UPSTREAM_CONN_H
#define LITEGINX_UPSTREAM_UPSTREAM_CONN_H

#include "liteginx/wire/wire.h"

enum upstream_progress { UPSTREAM_HEAD, UPSTREAM_BODY, UPSTREAM_END };

struct pool_target;

struct upstream_conn {
  struct list node; /* among the pool's idle ones of its target, or of its client */
  struct list age;  /* among all idle ones of the pool */
  struct stream *stream;
  struct pool_target *target;
  struct wire_up *wire;
  struct deadline idle;
  enum upstream_progress request, response;
  bool keep_alive; /* the response lets it live */
  bool early;     /* the response came before the request was whole: the target may take the rest of it for a request */
  bool reused;    /* it has served before */
  bool logged_in; /* by NTLM or Negotiate: it may serve this client only */
  bool asked;     /* pool_take has asked the system whether it stands clean: what is sent next goes at once */
  unsigned put_turn; /* of the loop, in which the pool got it */
};

/* Takes over a connected stream and its wire, which may be NULL for want of memory. NULL: out of memory; the stream is
 * closed. */
struct upstream_conn *upstream_conn_new(struct stream *stream, struct pool_target *target, struct wire_up *wire);

/* Ready for the next request. */
void upstream_conn_begin(struct upstream_conn *conn);

/* May it go back to the pool? Asks the system whether something has arrived behind the response, unless that is known:
 * it would answer the next request (BEHAVIOUR "Reuse of upstream connections"). */
bool upstream_conn_reusable(const struct upstream_conn *conn);

/* Closes the stream and frees the rest at once. */
void upstream_conn_close(struct upstream_conn *conn, bool reset);

#endif
