/* One downstream HTTP/2 connection: keeps an exchange for each of its streams, and decides how long it lives.
 *
 *   OPEN ──▶ NOTICE ──client has heard it──▶ LAST ──no stream is left──▶ LINGER ──▶ CLOSING
 *     └───────────────a rule is broken──────────────────────────────────▲
 *
 * NOTICE and LAST are the two steps of a GOAWAY (RFC 9113 §6.8). A failure leads to CLOSING from anywhere. The struct goes
 * with its stream. */
#ifndef LITEGINX_SESSION_HTTP2_CONN_H
#define LITEGINX_SESSION_HTTP2_CONN_H

#include "liteginx/plan/plan.h"
#include "liteginx/session/sessions.h"

enum http2_conn_state {
  HTTP2_CONN_OPEN,   /* for requests, and for their ends */
  HTTP2_CONN_NOTICE, /* for the client to hear that there will be an end */
  HTTP2_CONN_LAST,   /* for the requests that came before that */
  HTTP2_CONN_LINGER, /* for what was said last to be written, then for the client to close */
  HTTP2_CONN_CLOSING /* for libuv */
};

struct http2_conn {
  struct list node; /* in sessions->http2_conns */
  struct sessions *sessions;
  struct stream *stream;
  struct list exchanges;
  struct pool_private own;  /* upstream connections that nobody else may use */
  struct deadline deadline; /* of the state; with OPEN that of keep_alive, or of a head */
  enum http2_conn_state state : 8;
  bool running, again; /* run() is on the stack; once more */
  bool rests;          /* there is no stream; since then the deadline is that of keep_alive */
  bool timed;          /* the deadline is that of a head */
  unsigned heads;      /* that had begun when that was looked at last */
  size_t unsent_bytes; /* what the client had not taken when that was looked at last */
  struct plan_facts facts;
  struct http2_session session;
};

/* Was this program built with HTTP/2? */
bool http2_conn_known(void);

/* How much of the preface (RFC 9113 §3.4) a connection's first bytes are. */
enum http2_preface { HTTP2_PREFACE_NONE, HTTP2_PREFACE_PART, HTTP2_PREFACE_WHOLE };
enum http2_preface http2_conn_preface(struct str bytes);

/* Takes over a stream on which HTTP/2 is spoken, from the preface on, none of which was consumed: by prior knowledge, or
 * since both agreed on it (ALPN). What input waits is seen with the next stream_pump. */
void http2_conn_start(struct sessions *sessions, struct stream *stream, const struct plan_facts *facts);

/* No new request from now on, but what the client sends before it has heard of that. */
void http2_conn_drain(struct http2_conn *conn);

/* Ends the exchanges that have no end of their own, now. */
void http2_conn_cut_endless(struct http2_conn *conn);

/* Ends it now. */
void http2_conn_cut(struct http2_conn *conn);

/* Frees the memory that the next request would have begun with; none is open any more. */
void http2_conn_free_spares(struct sessions *sessions);

#endif
