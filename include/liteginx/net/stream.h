/* A byte transport: TCP (net/tcp) or a Unix socket (net/local), others later. One owner, who is told of everything
 * through stream_events and lets go with stream_close. It has three parts, each with a header that says what it
 * promises, and what the other two may rely on: stream_input, what the peer has sent; stream_output, what goes to it; stream_direct, what moves past both. Here is
 * what they share: the owner, the transport, and the stream's life.
 *
 *   OPEN ──▶ FAILED ──▶ CLOSING     nothing comes or goes any more; only on_closed is told
 *     └──────stream_close────▲
 *
 * A stream frees itself some turns after stream_close, never within the call: an owner may close it, and free itself,
 * anywhere, this stream's callbacks included. After stream_close the owner hears nothing but on_closed. */
#ifndef LITEGINX_NET_STREAM_H
#define LITEGINX_NET_STREAM_H

#include "liteginx/net/loop.h"
#include "liteginx/net/peer.h"
#include "liteginx/net/stream_direct.h"
#include "liteginx/net/stream_input.h"
#include "liteginx/net/stream_output.h"

/* What the owner hears, always from the loop, never from within a call of its own but stream_pump. */
struct stream_events {
  void (*on_bytes)(void *owner);            /* there is input to peek at, or the end has come in behind it */
  void (*on_end)(void *owner);              /* the peer sends nothing more (half-close); all input was consumed */
  void (*on_fail)(void *owner, int status); /* reading or a queued write failed (libuv code): close it */
  void (*on_drained)(void *owner);          /* what was queued is written, or what was to be sent soon is lost */
  /* NULL, or told when reading rests, and so tells of no end and no failure, from within any call: ask stream_peer by and by. */
  void (*on_rest)(void *owner);
  void (*on_closed)(void *owner); /* NULL, or told last of all, from the loop, after stream_close: free yourself */
};

/* What a transport does for a stream's parts, which alone call these. Codes are libuv's. */
struct stream_ops {
  bool short_read_empties; /* a read that took less than it could has taken all that has arrived: true of sockets */
  int (*read_start)(struct stream *stream);
  void (*read_stop)(struct stream *stream);
  /* Bytes taken without waiting, 0 where none fit, or an error. */
  int (*try_write)(struct stream *stream, const struct slices *slices);
  /* Writes all of `bytes`, which stay valid until stream_written. */
  int (*write)(struct stream *stream, struct str bytes);
  int (*shutdown)(struct stream *stream);           /* half-close; nothing is being written */
  void (*close)(struct stream *stream, bool reset); /* ends in stream_closed, from the loop */
  bool (*quiet)(const struct stream *stream);       /* for stream_quiet */
  size_t (*unsent)(const struct stream *stream);    /* bytes given to it that the peer has not taken yet */
  bool (*tells_unsent)(void);                       /* as socket_tells_unsent; NULL: always */
  enum socket_peer (*peer)(const struct stream *stream, size_t *waiting); /* as socket_peer */
  void (*facts)(const struct stream *stream, struct peer *peer);          /* fills in what it knows; NULL: nothing */
  void (*keep_alive)(struct stream *stream, unsigned after_s);            /* NULL: there is no need */
  /* Input → direct.pipe, and `pipe` → output: as splice_fill and splice_drain, but errors of the input are left to
   * reading, as 0. NULL: cannot. */
  int (*fill)(struct stream *stream, size_t max);
  int (*drain)(struct stream *stream, struct splice *pipe);
};

/* Here and in the parts a state takes one byte: a connection that rests holds little else than its structs. */
enum stream_life { STREAM_OPEN, STREAM_FAILED, STREAM_CLOSING };

struct stream {
  const struct stream_ops *ops;
  const struct stream_events *events;
  void *owner;
  struct loop *loop;
  struct stream_input input;
  struct stream_output output;
  struct stream_direct direct;
  enum stream_life life : 8;
  bool dialled;     /* connected by us: counted in loop->dialled until it is closed */
  int failure;      /* with STREAM_FAILED or OUTPUT_LOST: the libuv code */
  struct list node; /* in loop->ailing: its owner is still to be told that it failed, or that output is lost */
};

/* --- for owners --- */

/* Whom to tell from now on. A stream begins without an owner, not reading. */
void stream_own(struct stream *stream, const struct stream_events *events, void *owner);

/* Who is at the other end. Costs a system call. */
void stream_facts(const struct stream *stream, struct peer *peer);

/* From now on a peer that has gone without a word is noticed, first asked for after `after_s` seconds without one. Where
 * the transport cannot that changes nothing. */
void stream_keep_alive(struct stream *stream, unsigned after_s);

/* Lets go: output still queued is lost, the owner hears nothing more but on_closed. `reset` makes the peer see a reset
 * instead of an end. Twice is once. */
void stream_close(struct stream *stream, bool reset);

/* Does input wait, at hand or in the kernel? */
static inline bool stream_waits(const struct stream *stream) {
  return stream->direct.pipe || stream_peek(stream).len > 0;
}

/* Has the peer's end of stream come in (told or not)? */
static inline bool stream_ended(const struct stream *stream) {
  return stream->input.end != INPUT_OPEN;
}

/* Does reading rest, though nothing has ended? Then nobody hears of an end or a failure. */
static inline bool stream_rests(const struct stream *stream) {
  return !stream->input.reading && !stream_ended(stream) && stream->life == STREAM_OPEN;
}

/* Has it failed (told or not)? Nothing can be read any more. */
static inline bool stream_failed(const struct stream *stream) {
  return stream->life == STREAM_FAILED;
}

/* Does anything wait for the turn's end? */
static inline bool stream_posted(const struct stream *stream) {
  return stream->output.posted > 0;
}

/* Why some of what stream_send_soon took could not be sent (a libuv code); 0: nothing of the kind. */
static inline int stream_lost(const struct stream *stream) {
  return stream->output.state == OUTPUT_LOST ? stream->failure : 0;
}

/* Was stream_half_close asked for? */
static inline bool stream_half_closing(const struct stream *stream) {
  return stream->output.state >= OUTPUT_ENDING;
}

/* Is its input moved instead of read? */
static inline bool stream_is_direct(const struct stream *stream) {
  return stream->direct.state != DIRECT_OFF;
}

/* --- for transports --- */

enum { STREAM_STASH_BYTES = 64 * 1024 };

/* Sets up a stream that the transport has zeroed; STREAM_STASH_BYTES may wait in it until its owner says otherwise. */
void stream_init(struct stream *stream, const struct stream_ops *ops, struct loop *loop);

/* Something failed. Last statement of a callback. */
void stream_deliver_failure(struct stream *stream, int status);

/* The transport has closed for good: gives back what the stream holds; the transport then frees itself. */
void stream_closed(struct stream *stream);

/* --- for the stream's parts --- */

/* Within a call of the owner's own nothing may be told: on_fail comes a moment later, from the loop. */
void stream_fail_soon(struct stream *stream, int status);

/* The same for on_drained, where output was lost. */
void stream_tell_lost_soon(struct stream *stream);

#endif
