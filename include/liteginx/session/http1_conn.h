/* One downstream HTTP/1.1 connection: parses heads, starts an exchange for each, decides whether it lives on.
 *
 *   IDLE ─byte─▶ HEAD ─whole─▶ BUSY ─▶ IDLE           the exchange is over
 *                               ├────▶ DRAIN ─▶ IDLE   it is, but not its upload: read and dropped
 *    │                          └────▶ LINGER ─▶ CLOSING  answered, closing: what still comes must not reset the answer
 *    └─HTTP/2's preface instead of a first request─▶ OTHER
 *
 * An idle connection goes to LINGER at its client's end, at a stop to LINGER or CLOSING. A failure leads to CLOSING from anywhere.
 *
 * All events lead to run(), which takes steps until none is left; so an exchange may end anywhere, and nothing that is
 * still on the stack is freed. The struct goes with its stream. */
#ifndef LITEGINX_SESSION_HTTP1_CONN_H
#define LITEGINX_SESSION_HTTP1_CONN_H

#include "liteginx/net/stream.h"
#include "liteginx/plan/plan.h"
#include "liteginx/session/sessions.h"

enum http1_conn_state {
  HTTP1_CONN_IDLE,   /* for the first byte of a request */
  HTTP1_CONN_HEAD,   /* for the rest of its head */
  HTTP1_CONN_BUSY,   /* for its exchange */
  HTTP1_CONN_DRAIN,  /* for the end of an upload that nobody wants */
  HTTP1_CONN_OTHER,  /* for nothing: it is HTTP/2, and handed over to an http2_conn */
  HTTP1_CONN_LINGER, /* for the answer to be written, then for the client to close */
  HTTP1_CONN_CLOSING /* for libuv */
};

/* While its exchange runs and nothing of the client is read: to look whether it is still there. Or it has ended its side, and
 * waits for its answer to begin. */
enum http1_conn_watch { HTTP1_CONN_WATCH_NOTHING, HTTP1_CONN_WATCH_PEER, HTTP1_CONN_WATCH_HALF_CLOSE };

struct http1_exchange;

struct http1_conn {
  struct list node; /* in sessions->http1_conns */
  struct sessions *sessions;
  struct stream *stream;
  struct http1_exchange *message; /* from HEAD to the end of DRAIN */
  struct pool_private own;        /* upstream connections that nobody else may use */
  struct deadline deadline;       /* of the state */
  enum http1_conn_state state : 8;
  enum http1_conn_watch watch : 8; /* BUSY: what the deadline is for */
  bool running, again;             /* run() is on the stack; once more */
  bool fresh;                      /* no request yet */
  bool timed;                      /* the deadline is that of a head */
  uint32_t drained_bytes;
  uint32_t unsent_bytes;   /* that the client had not taken when its time was over last; 0: nothing is queued */
  struct plan_facts facts; /* of each of its requests */
};

/* Takes over an accepted stream. */
void http1_conn_start(struct sessions *sessions, struct stream *stream, const struct snapshot_listener *listener,
                      unsigned listener_port);

/* Ends it if it is idle. Others end with their exchange, since sessions->draining is set. */
void http1_conn_drain(struct http1_conn *conn);

/* Does it carry an answer that has no end of its own? */
bool http1_conn_endless(const struct http1_conn *conn);

/* Ends it now. */
void http1_conn_cut(struct http1_conn *conn);

/* Frees the memory that the next request would have begun with; none is open any more. */
void http1_conn_free_spares(struct sessions *sessions);

#endif
