/* The upstream half of one exchange: gets a connection, sends the request, waits for the response head, relays bodies.
 *
 *   ACQUIRE ⇄ (retry) ─▶ SEND ─▶ WAIT_HEAD ─▶ RELAY ─▶ UPLOAD ─▶ FLUSH ─▶ DONE
 *                          └───early response───▶┘  └─101─▶ TUNNEL ─▶ DONE
 *
 * The exchange is over when both messages are: behind an early response the rest of the request still goes up (RFC 9110
 * §7.5), as long as the target takes it and has not said that it will close.
 *
 * It owns the upstream connection and knows the downstream only as a stream. Events only note what happened and ask the
 * owner to call flow_run, which looks at everything and says what came of it. */
#ifndef LITEGINX_SESSION_PROXY_H
#define LITEGINX_SESSION_PROXY_H

#include "liteginx/net/relay.h"
#include "liteginx/upstream/connector.h"
#include "liteginx/wire/body.h"

enum proxy_state {
  PROXY_IDLE,
  PROXY_ACQUIRE,   /* for a connection: dialled or held for by the connector */
  PROXY_SEND,      /* for the request to be sent */
  PROXY_WAIT_HEAD, /* for the response head */
  PROXY_RELAY,     /* for the end of the response body (the request body may still run) */
  PROXY_UPLOAD,    /* for the end of the request body, behind that of the response */
  PROXY_FLUSH,     /* for the client to take the rest of the response; the connection is given back */
  PROXY_TUNNEL,    /* for the end of both directions */
  PROXY_DONE
};

struct proxy {
  enum proxy_state state;
  void (*on_event)(void *owner);
  void *owner;
  struct loop *loop;
  struct stream *downstream;
  const struct head *request;
  struct forward_request *forward; /* how it goes up */
  struct wire_request sent;
  struct wire_source source; /* its content */
  uint64_t max_body_bytes;
  struct arena *arena;
  struct connector connector;
  struct pool_private *own; /* connections that the client has logged in over */
  struct upstream_conn *conn;
  struct head response;
  struct arena interim; /* of all response heads behind the first interim one, for one after the other */
  struct body up_body, down_body;
  struct relay up, down;
  struct deadline deadline; /* response, or idle; may stay armed behind the end, for nothing */
  struct ending ending;
  bool failed;         /* DONE because of `ending` */
  bool interims;       /* there were interim responses */
  bool behind_interim; /* the next head is behind an interim one, which was passed on */
  bool up_broken;      /* the target takes no more of the request; it may have answered before */
  int down_status;     /* reading from the target failed; 0: not */
  bool repeatable;     /* the request may be sent again, once */
  unsigned retries;
  unsigned asked_turn; /* of the loop, in which the connection was taken and the request began to be sent */
  bool asked_alive;    /* bytes had come over the connection in that very turn */
  uint64_t asked_ms;   /* by loop_now_ms, then; before, when a connection was asked for */
  bool timed;
  uint64_t sent_ns, head_ns; /* when `timed`: the request was sent, the response head was here; else 0 */
};

/* What it needs to begin. */
struct proxy_request {
  struct pool *pool;
  struct pool_private *own;
  struct snapshot_route *route;
  struct stream *downstream;
  struct forward_request *forward; /* with the whole head of the request; must live as long as the proxy runs */
  struct wire_source source;       /* of its content */
  struct arena *arena;
  uint64_t max_body_bytes;
  bool timed; /* take the time of what happens */
};

/* New memory, to be used for one exchange after the other. When it is freed the deadline has to be cleared. */
void proxy_init(struct proxy *proxy);

/* Gets going. Nothing is sent before flow_run, so that the body bytes at hand leave with the head. `wake` is called
 * from the loop: the owner calls flow_run then, as it does when the downstream has input, has drained or has ended. */
void proxy_start(struct proxy *proxy, const struct proxy_request *request, void (*wake)(void *owner), void *owner);

/* --- for flow --- */

/* The one place where its state changes. */
void proxy_set_state(struct proxy *proxy, enum proxy_state state);

/* Arms the deadline of the state anew. */
void proxy_arm(struct proxy *proxy);

/* The connection to the target has died: before the first byte of a response that may be repaired, or told; later only cut. */
void proxy_upstream_died(struct proxy *proxy, int status);

/* May the request be sent again? Only what is idempotent and still here as a whole. */
bool proxy_may_retry(const struct proxy *proxy);

/* Gives the connection up; a moment later the request goes over another one. */
void proxy_prepare_retry(struct proxy *proxy);

/* Ends it so. */
void proxy_fail(struct proxy *proxy, enum ending_reason reason, enum ending_side side, int code);

/* --- its end --- */

/* Ends it; harmless when it is done. */
void proxy_cancel(struct proxy *proxy);

/* After the end, for the next use: gives memory back. */
void proxy_free(struct proxy *proxy);

/* Has the whole request body been taken from the client? */
bool proxy_request_ended(const struct proxy *proxy);

/* Has the response been passed on whole, as far as this machine's system is concerned? */
bool proxy_response_ended(const struct proxy *proxy);

/* Differs from before when the target has taken more of the request meanwhile. Costs a system call. */
uint64_t proxy_taken(const struct proxy *proxy);

/* Content bytes taken from the client, and given to it; a tunnel's included. */
uint64_t proxy_bytes_in(const struct proxy *proxy);
uint64_t proxy_bytes_out(const struct proxy *proxy);

#endif
