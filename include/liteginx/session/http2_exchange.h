/* One exchange over a stream of an HTTP/2 connection. Used again and again, as http1_exchange. */
#ifndef LITEGINX_SESSION_HTTP2_EXCHANGE_H
#define LITEGINX_SESSION_HTTP2_EXCHANGE_H

#include "liteginx/session/exchange.h"
#include "liteginx/wire/http2_session.h"

struct http2_exchange {
  struct list node; /* among those of its connection, or the spare ones */
  struct wire_down wire;
  struct exchange exchange;
  struct http2_stream *stream; /* NULL: it stands for the connection itself, in the log */
  bool served;                 /* its head was whole */
  bool running, again;         /* run() is on the stack; once more */
};

/* Where a request comes in. */
struct http2_place {
  struct sessions *sessions;
  struct list *exchanges; /* of the connection: where it goes */
  const struct plan_facts *facts;
  struct pool_private *own;
};

/* For a request whose head begins to come over `stream`, which is the exchange's from now on. NULL: out of memory. */
struct http2_exchange *http2_exchange_new(const struct http2_place *at, struct http2_stream *stream);

/* That of a stream which http2_exchange_new was called for, and whose head is whole: serves or refuses it. */
void http2_exchange_serve(struct http2_stream *stream);

/* Ends it, if it has not ended; and frees it. Nobody of it may be on the stack. */
void http2_exchange_cut(struct http2_exchange *message, struct ending ending);

/* Writes a line into the log that tells of a whole connection's end. */
void http2_exchange_tell(const struct http2_place *at, struct ending ending);

/* Frees the spare ones. */
void http2_exchange_free_spares(struct sessions *sessions);

#endif
