/* Plain TCP as a stream: one uv_tcp_t, its reads into the loop's shared block, Nagle off. For net/ alone: who has a stream
 * asks it. */
#ifndef LITEGINX_NET_TCP_H
#define LITEGINX_NET_TCP_H

#include "liteginx/net/stream.h"

/* A socket that is not connected yet: for dial. NULL: out of memory. */
struct stream *tcp_new(struct loop *loop);

/* Makes a stream of an accepted socket, which is dropped where that fails. 0 and *stream, or a libuv code. */
ENSURE_CHECKED int tcp_open(struct loop *loop, uv_os_sock_t socket, struct stream **stream);

/* Starts connecting; `request` must live until on_connect has run, which it does even when the stream is closed first
 * (UV_ECANCELED). A code that is not 0: it will not run. */
ENSURE_CHECKED int tcp_connect(struct stream *stream, uv_connect_t *request, const struct sockaddr *address,
                               uv_connect_cb on_connect);

/* Has it met itself? Connecting to a local port that nobody listens on may, by simultaneous open, reach the very socket
 * that connects, when the system picks that port for it (RFC 9293 §3.5). True: close it with a reset. */
bool tcp_met_itself(struct stream *stream);

#endif
