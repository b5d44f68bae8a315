/* Bytes that go from one stream's input to another one's output without passing through here, where the system can: the
 * third of a stream's parts. Reading then only tells that there are some. What the receiver does not take stays in the
 * kernel, and is input that waits like any other.
 *
 *   OFF ──stream_begin_direct──▶ WAITING ⇄ READY ──stream_end_direct, an end, an error──▶ OFF
 *
 * Rules towards the other parts: it begins only with no input at hand. While the pipe holds bytes nothing is read behind
 * them and no end is told; stream_end_direct can at any time turn them into the stash. Ends and errors are read: what
 * cannot be moved turns it off, and reading says the rest. */
#ifndef LITEGINX_NET_STREAM_DIRECT_H
#define LITEGINX_NET_STREAM_DIRECT_H

#include <stdint.h>

#include "liteginx/net/splice.h"

struct loop;
struct stream;

enum stream_direct_state {
  DIRECT_OFF,
  DIRECT_WAITING, /* for the loop to tell of bytes */
  DIRECT_READY    /* it has, and not all of them were moved yet */
};

struct stream_direct {
  enum stream_direct_state state : 8;
  bool moved;          /* stream_move was called since the loop last told of bytes */
  struct splice *pipe; /* NULL, or: input not consumed yet, all there is, in the kernel */
};

/* --- for owners --- */

/* From now on input is not read but moved, by stream_move; on_bytes only tells that there is some. All input was
 * consumed. False: not between these two, not here, or not now. */
bool stream_begin_direct(struct stream *stream, const struct stream *sink);

/* Can the one ever be moved to the other? */
bool stream_may_move(const struct stream *stream, const struct stream *sink);

/* Back to reading, with what waits in the kernel in front. Happens by itself with an end or a failure, and when input
 * that on_bytes tells of is not asked for. */
void stream_end_direct(struct stream *stream);

/* Moves up to `max` bytes of a direct stream's input to the output of `sink`, where nothing is queued. *moved: how many
 * the sink has taken. STREAM_QUEUED: it takes no more, wait for on_drained; STREAM_SENT: no more input for now, or it
 * is not direct any more; or the libuv code that the sink has met: what is lost with it is in *moved, and the sink can
 * only be closed. */
ENSURE_CHECKED int stream_move(struct stream *stream, struct stream *sink, uint64_t max, uint64_t *moved);

/* Input that waits in the kernel becomes input at hand, on one stream of the loop, so that its pipe can be closed.
 * False: there is none. */
bool stream_free_pipe(struct loop *loop);

/* --- for transports --- */

/* A direct stream has something to read: bytes, an end or a failure. Last statement of a callback. */
void stream_deliver_ready(struct stream *stream);

/* --- for the stream's other parts --- */

/* The stream closes: what waits is lost. */
void stream_direct_close(struct stream *stream);

#endif
