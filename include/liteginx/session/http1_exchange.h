/* One exchange over an HTTP/1 connection: its request's parser, and what its answer says of the connection. Used again and
 * again: who rests keeps none. */
#ifndef LITEGINX_SESSION_HTTP1_EXCHANGE_H
#define LITEGINX_SESSION_HTTP1_EXCHANGE_H

#include "liteginx/session/exchange.h"
#include "liteginx/wire/parser.h"

#define HTTP1_PATIENT UINT64_MAX

/* How much of an upload that nobody wants is read, so that the connection can go on behind it. */
enum { HTTP1_DRAIN_BYTES = 1024 * 1024 };

/* What becomes of the connection once the answer is out, as far as that is settled. */
enum http1_after {
  HTTP1_NEXT,         /* it goes on */
  HTTP1_CLOSE,        /* it is closed once the answer is read */
  HTTP1_CLOSE_QUICKLY /* the same; the client asked for it and waits for nothing else */
};

struct http1_exchange {
  struct list node; /* among the spare ones */
  struct wire_down wire;
  struct exchange exchange;
  struct parser parser; /* of the request, its content included */
  enum http1_after after;
  bool reset_tells; /* only a reset shows that the answer is cut */
};

/* The connection that a request comes by. */
struct http1_place {
  struct sessions *sessions;
  struct stream *stream;
  const struct plan_facts *facts;
  struct pool_private *own;
  void (*run)(void *owner); /* as wire_down */
  void *owner;
};

/* For a request whose first byte is here: begins a parser on it. NULL: out of memory. */
struct http1_exchange *http1_exchange_new(const struct http1_place *at);

/* Gives it back, after exchange_end. */
void http1_exchange_free(struct http1_exchange *message);

/* Frees the spare ones. */
void http1_exchange_free_spares(struct sessions *sessions);

/* The client has ended its side, which may be a half-close or its leaving: how long, in ms, may it still wait for its
 * answer to begin? 0: it has left. HTTP1_PATIENT: as long as it takes, that end says nothing any more (BEHAVIOUR
 * "Clients that left"). `waiting`: bytes of it that stand before that end and were not read. */
uint64_t http1_exchange_patience_ms(const struct http1_exchange *message, size_t waiting);

/* Once it is over: must the connection be closed at once, because nothing else shows the client that its answer is cut?
 * *reset: a plain end would not show it either, so it is reset. */
bool http1_exchange_broken(const struct http1_exchange *message, bool *reset);

#endif
