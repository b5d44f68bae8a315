/* TLS over a stream, as a stream: what comes by the one below is opened, what goes to it is sealed. The one below belongs to it
 * from tls_stream_new on.
 *
 *   HANDSHAKE ──done──▶ OPEN ──close_notify sent──▶ ENDED
 *       └──────failed──────┴──▶ BROKEN
 *
 * While the handshake runs nothing can be sent: the stream counts as queued, and on_drained tells that it is done. A client that
 * ends the connection without close_notify has ended, unless it was in the middle of a record: most programs do so, and no
 * request ends with its connection. */
#ifndef LITEGINX_NET_TLS_STREAM_H
#define LITEGINX_NET_TLS_STREAM_H

#include "liteginx/net/stream.h"

struct tls_server;

/* A client's connection, of which nothing was read yet, or all that was is in its stash. Takes `below` over, also on failure.
 * The owner then reads. NULL: out of memory. */
struct stream *tls_stream_accept(struct stream *below, struct tls_server *server);

/* Why it has failed, in words: "the client does not trust the certificate". Empty: not by TLS. Valid as long as the stream. */
const char *tls_stream_problem(const struct stream *stream);

#endif
