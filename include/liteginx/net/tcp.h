/* Plain TCP as a stream: one uv_tcp_t, its reads into the loop's shared block, Nagle off. */
#ifndef LITEGINX_NET_TCP_H
#define LITEGINX_NET_TCP_H

#include "liteginx/net/stream.h"

/* Room for an address as text, the longest IPv6 form and a NUL. */
enum { TCP_ADDRESS_BYTES = 46 };

/* A socket that is not connected yet: for dial. NULL: out of memory. */
struct stream *tcp_new(struct loop *loop);

/* Accepts a connection that waits in the system's queue: 0 and *stream; UV_EAGAIN: none does; or another libuv code. */
ENSURE_CHECKED int tcp_accept(struct loop *loop, const uv_tcp_t *listener, struct stream **stream);

/* Starts connecting; `request` must live until on_connect has run, which it does even when the stream is closed first
 * (UV_ECANCELED). A code that is not 0: it will not run. */
ENSURE_CHECKED int tcp_connect(struct stream *stream, uv_connect_t *request, const struct sockaddr *address,
                               uv_connect_cb on_connect);

/* Has it met itself? Connecting to a local port that nobody listens on may, by simultaneous open, reach the very socket
 * that connects, when the system picks that port for it (RFC 9293 §3.5). True: close it with a reset. */
bool tcp_met_itself(struct stream *stream);

/* TCP keepalive, first probe after `after_s` seconds. Failure changes nothing. */
void tcp_keep_alive(struct stream *stream, unsigned after_s);

/* The peer's address without port: text and, for networks, its raw bytes (4 or 16; an IPv4-mapped one counts as IPv4).
 * A failure leaves an empty text. */
struct tcp_peer {
  char text[TCP_ADDRESS_BYTES];
  unsigned char bytes[16];
  unsigned family; /* 4, 6, or 0: unknown */
  unsigned port;
};
void tcp_peer(struct stream *stream, struct tcp_peer *peer);

#endif
