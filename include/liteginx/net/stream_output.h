/* What goes to a peer: the second of a stream's three parts.
 *
 * stream_send writes at once what the kernel takes and keeps a copy of the rest; then STREAM_QUEUED asks the owner to send
 * no more until on_drained. stream_send_soon lets small output of one turn of the loop wait for each other, and for the
 * turn's end.
 *
 *   OPEN ──stream_half_close──▶ ENDING ──all is written──▶ ENDED
 *     └──what was posted could not be sent──▶ LOST: nothing may be sent any more, nor may an end
 *
 * Bytes go in this order: what is `held`, which the transport has taken and not written yet, or `flying`, which it is
 * writing; then `queue`. What is `posted` waits in the loop's outbox, and only while none of them holds anything.
 *
 * Rules towards the other parts: input never looks here. stream_direct moves bytes into a sink only while nothing is posted
 * or queued, and puts the first piece of what the sink does not take into the queue, so that on_drained tells of room. */
#ifndef LITEGINX_NET_STREAM_OUTPUT_H
#define LITEGINX_NET_STREAM_OUTPUT_H

#include "liteginx/base/buf.h"
#include "liteginx/base/ensure.h"
#include "liteginx/base/slices.h"

struct loop;
struct stream;

enum stream_sent { STREAM_SENT = 0, STREAM_QUEUED = 1 };

enum stream_output_state {
  OUTPUT_OPEN,
  OUTPUT_LOST,   /* why: stream->failure */
  OUTPUT_ENDING, /* nothing is sent any more; the end goes behind what is queued */
  OUTPUT_ENDED
};

struct stream_output {
  enum stream_output_state state : 8;
  bool held;         /* the transport is not done with what it has taken: stream_written comes */
  uint16_t posted;   /* the piece of loop->outbox; 0: none */
  struct buf flying; /* what the transport is writing */
  struct buf queue;  /* behind it */
};

/* --- for owners --- */

/* Sends all slices: STREAM_SENT, STREAM_QUEUED (copied; more may be added, but should wait for on_drained), or a libuv
 * code: the stream can only be closed then. One call may bring any number of bytes; UV_ENOBUFS says that the owner went
 * on adding to what the peer does not take. */
ENSURE_CHECKED int stream_send(struct stream *stream, const struct slices *slices);

/* The same for one slice. */
ENSURE_CHECKED int stream_send_str(struct stream *stream, struct str s);

/* As stream_send, but what is small may wait, as STREAM_SENT, until all events of this turn were seen or too much
 * waits. If it cannot be sent then, nothing can any more: stream_lost and stream_send say so from then on, and
 * on_drained asks to look. */
ENSURE_CHECKED int stream_send_soon(struct stream *stream, const struct slices *slices);

/* Sends what waits so: before one asks stream_queued in order to close. */
void stream_flush(struct stream *stream);

/* The same for all streams of a loop. Calls nobody back. */
void stream_flush_all(struct loop *loop);

/* Is output waiting for the kernel? What waits for the turn's end does not count. */
bool stream_queued(const struct stream *stream);

/* Bytes that the peer has not taken yet, those in the system's buffer included. It falls as the peer reads: that is how
 * a slow reader and a dead one differ. Costs a system call. */
size_t stream_unsent(const struct stream *stream);

/* Is that known of what the system has? Else stream_unsent counts only what it did not take. */
bool stream_tells_unsent(const struct stream *stream);

/* Did sending fail for want of memory on this machine? Then the connection lives, and reading it will not tell of an
 * end. */
bool stream_lacks_memory(int status);

/* Half-closes once all output is written; nothing can be sent any more. Twice is once. */
void stream_half_close(struct stream *stream);

/* --- for transports --- */

/* A `write` has ended with 0 or a libuv code, or what was held is written. Last statement of a callback. */
void stream_written(struct stream *stream, int status);

/* Within try_write, or before there is an owner: what was taken is not written yet, or nothing can be. To the owner that is as
 * if it were queued, until stream_written. */
void stream_hold(struct stream *stream);

/* --- for the stream's other parts --- */

/* Adds bytes to what is queued. 0 or a libuv code: they are lost. */
ENSURE_CHECKED int stream_output_queue(struct stream *stream, struct str bytes);

#endif
