/* Which fields and which start line go up, which come back: pure functions from a received head to the bytes to send.
 * RFC 9110 §7.6 (hop-by-hop, Via, Max-Forwards), RFC 7239 and the X-Forwarded-* customs, BEHAVIOUR "HTTP/1.1". */
#ifndef LITEGINX_HTTP_FORWARD_H
#define LITEGINX_HTTP_FORWARD_H

#include "liteginx/http/head.h"
#include "liteginx/http/request_target.h"

struct forward_request {
  const struct head *head;
  const struct request_target *parts;
  struct str path;   /* normalised and rewritten; "*" for the asterisk form */
  struct str host;   /* to send as Host */
  struct str client; /* the peer's address without port, an IPv6 address without brackets; empty: it has none */
  unsigned port;     /* the listener's; 0: it has none */
  struct str prefix; /* X-Forwarded-Prefix; empty: none */
  bool trusted;      /* the peer may say who it forwards for */
  bool chunked;      /* send the body chunked: the request has FRAMING_CHUNKED */
  bool close;        /* the connection will not be used again: say so (RFC 9112 §9.6) */
  bool max_forwards; /* send Max-Forwards as `max_forwards_left`, not as received */
  uint64_t max_forwards_left;
};

/* The outbound request head, up to its empty line, in the head's arena. ptr NULL: out of memory. Upgrade passes, with
 * `Connection: upgrade`, if forward_upgrade says so. */
struct str forward_request(const struct forward_request *request);

/* The tokens that this request may upgrade to, as one list in the head's arena: only HTTP/1.1 with the client's own
 * `Connection: upgrade`, never HTTP by another name (h2c, h2, h3, HTTP/…, TLS/…). Empty: none; ptr NULL: out of
 * memory. */
struct str forward_upgrade(const struct head *request);

/* How often a request has come through a liteginx already, as its Via fields tell (RFC 9110 §7.6.3). */
unsigned forward_passes(const struct head *request);

/* Does a received Connection field name Host or Content-Length (400 in a request, 502 in a response)? Then `*named` is
 * the name. Transfer-Encoding is what RFC 9110 §7.6.1 lets a sender name there: it is about this connection, and each
 * side has a framing of its own anyway. */
bool forward_connection_forbidden(const struct head *head, struct str *named);

/* Was `upgrade` (from forward_upgrade) asked for what this 101 switches to? */
bool forward_upgrade_accepted(struct str upgrade, const struct head *response);

struct forward_response {
  const struct head *head;
  bool chunked;    /* the body is sent in chunks */
  bool close;      /* say Connection: close */
  bool old;        /* to an HTTP/1.0 client */
  bool upgrade;    /* a 101 that opens a tunnel: Connection: upgrade and Upgrade pass */
  struct str date; /* HTTP date (RFC 9110 §5.6.7) to add where the response has none */
};

/* The response head to send downstream, up to its empty line, in the head's arena. ptr NULL: out of memory. */
struct str forward_response(const struct forward_response *response);

#endif
