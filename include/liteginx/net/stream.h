/* A byte transport: plain TCP now (net/tcp), TLS over TCP later. One owner, who is told of everything through
 * stream_events and lets go with stream_close.
 *
 * Input. The transport offers bytes as a view (stream_peek); the owner takes what it can use (stream_consume). What is
 * left when on_bytes returns is kept by the stream and offered again in front of the next bytes, or when the owner asks
 * by stream_pump. While `stash_max` bytes wait so, reading rests. End of stream is told only after all bytes in front
 * of it were consumed; an error at once.
 *
 * Output. stream_send writes at once what the kernel takes and keeps a copy of the rest; then STREAM_QUEUED asks the
 * owner to send no more until on_drained.
 *
 * stream_send_soon lets small output of one turn of the loop wait for each other, and for the turn's end.
 *
 * Both at once. Where the system can, bytes go from one stream's input to another's output without passing through here
 * (stream_begin_direct, stream_move): reading then only tells that there are some. What the receiver does not take
 * stays in the kernel, and is input that waits like any other.
 *
 * A stream frees itself some turns after stream_close, never within the call: an owner may close it, and free itself,
 * anywhere, this stream's callbacks included. After stream_close the owner hears nothing but on_closed. */
#ifndef LITEGINX_NET_STREAM_H
#define LITEGINX_NET_STREAM_H

#include "liteginx/base/buf.h"
#include "liteginx/base/slices.h"
#include "liteginx/net/loop.h"
#include "liteginx/net/peer.h"
#include "liteginx/net/socket.h"

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

enum stream_sent { STREAM_SENT = 0, STREAM_QUEUED = 1 };

struct stream;

/* What a transport does for stream.c, which alone calls these. Codes are libuv's. */
struct stream_ops {
  int (*read_start)(struct stream *stream);
  void (*read_stop)(struct stream *stream);
  /* Bytes taken without waiting, 0 where none fit, or an error. */
  int (*try_write)(struct stream *stream, const struct slices *slices);
  /* Writes all of `bytes`, which stay valid until stream_written. */
  int (*write)(struct stream *stream, struct str bytes);
  int (*shutdown)(struct stream *stream);                        /* half-close; nothing is being written */
  void (*close)(struct stream *stream, bool reset);              /* ends in stream_closed, from the loop */
  bool (*quiet)(const struct stream *stream);                    /* for stream_quiet */
  size_t (*unsent)(const struct stream *stream);                 /* bytes given to it that the peer has not taken yet */
  void (*facts)(const struct stream *stream, struct peer *peer); /* fills in what it knows; NULL: nothing */
  void (*keep_alive)(struct stream *stream, unsigned after_s);   /* NULL: there is no need */
  enum socket_peer (*peer)(const struct stream *stream, size_t *waiting); /* as socket_peer */
  /* Input → stream->pipe, and `pipe` → output: as splice_fill and splice_drain, but errors of the input are left to
   * reading, as 0. NULL: cannot. */
  int (*fill)(struct stream *stream, size_t max);
  int (*drain)(struct stream *stream, struct splice *pipe);
};

struct stream {
  const struct stream_ops *ops;
  const struct stream_events *events;
  void *owner;
  struct loop *loop;
  struct str input;    /* the view while on_bytes runs */
  struct buf stash;    /* input not consumed yet */
  struct splice *pipe; /* input not consumed yet, all there is, in the kernel */
  struct buf flying;   /* output that the transport is writing */
  struct buf queue;    /* output behind it */
  uint32_t stash_max, piece_max;
  uint16_t posted;              /* output in front of all: the piece of loop->outbox */
  bool want_read, reading;      /* asked for; what the transport does */
  bool direct, ready, moved;    /* by stream_move; there may be bytes for it; it was called */
  bool delivering, again;       /* on_bytes runs; call it once more */
  bool from_stash;              /* the view is the stash's */
  bool emptied;                 /* on_bytes runs for a read that took less than it could: nothing more was there */
  bool ended, end_told;         /* end of stream came; the owner knows */
  bool half_close, half_closed; /* asked for; done */
  bool failed;                  /* nothing comes or goes any more */
  bool lost;                    /* what was posted could not be sent, and nothing may be any more: `failure` */
  struct list node;             /* in loop->ailing, failed or lost */
  int failure;
  bool dialled; /* connected by us: counted in loop->dialled until it is closed */
  bool closing;
};

/* --- for owners --- */

/* Whom to tell from now on. A stream begins without an owner, not reading. */
void stream_own(struct stream *stream, const struct stream_events *events, void *owner);

/* Who is at the other end. Costs a system call. */
void stream_facts(const struct stream *stream, struct peer *peer);

/* From now on a peer that has gone without a word is noticed, first asked for after `after_s` seconds without one. Where
 * the transport cannot that changes nothing. */
void stream_keep_alive(struct stream *stream, unsigned after_s);

/* Whether to read. Input that waits already is not offered by this: see stream_pump. */
void stream_read(struct stream *stream, bool wanted);

/* Bounds: bytes that may wait unconsumed before reading rests; the largest single read. */
void stream_bound(struct stream *stream, size_t stash_max, size_t piece_max);

/* The input at hand: valid until the callback returns (inside on_bytes) or stream_pump. Empty: none. */
struct str stream_peek(const struct stream *stream);

/* Takes the first `len` bytes of it. */
void stream_consume(struct stream *stream, size_t len);

/* Does input wait, at hand or in the kernel? */
static inline bool stream_waits(const struct stream *stream) {
  return stream->pipe || stream_peek(stream).len > 0;
}

/* From now on input is not read but moved, by stream_move; on_bytes only tells that there is some. All input was
 * consumed. False: not between these two, not here, or not now. */
bool stream_begin_direct(struct stream *stream, const struct stream *sink);

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

/* Offers input that waits (on_bytes), and the end behind it (on_end), again; calls back at once unless called from
 * within on_bytes, which then runs once more after it has returned. Nothing waits: nothing happens. */
void stream_pump(struct stream *stream);

/* Sends all slices: STREAM_SENT, STREAM_QUEUED (copied; more may be added, but should wait for on_drained), or a libuv
 * code: the stream can only be closed then. */
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

/* Does anything wait so? */
static inline bool stream_posted(const struct stream *stream) {
  return stream->posted > 0;
}

/* Why some of what stream_send_soon took could not be sent (a libuv code); 0: nothing of the kind. */
static inline int stream_lost(const struct stream *stream) {
  return stream->lost ? stream->failure : 0;
}

/* Is output waiting for the kernel? What waits for the turn's end does not count. */
bool stream_queued(const struct stream *stream);

/* Has the peer sent nothing that was not consumed, has it not ended, and is it still there? True within on_bytes behind
 * a read that took less than it could; else the system is asked (as stream_quiet), because bytes may have come since,
 * or stand behind a full read or behind what stream_move took. */
bool stream_exhausted(const struct stream *stream);

/* Asks the system: is the peer still there, and has it sent nothing that was not read yet? Costs a system call; for who
 * must not send into a connection that ended in this very turn. */
bool stream_quiet(const struct stream *stream);

/* Does reading rest, though nothing has ended? Then nobody hears of an end or a failure. */
static inline bool stream_rests(const struct stream *stream) {
  return !stream->reading && !stream->ended && !stream->failed && !stream->closing;
}

/* What has become of the peer meanwhile, and how much input there is besides what is at hand. Costs two system calls. */
enum socket_peer stream_peer(const struct stream *stream, size_t *waiting);

/* Bytes that the peer has not taken yet, those in the system's buffer included. It falls as the peer reads: that is how
 * a slow reader and a dead one differ. Costs a system call. */
size_t stream_unsent(const struct stream *stream);

/* Did sending fail for want of memory on this machine? Then the connection lives, and reading it will not tell of an
 * end. */
bool stream_is_local(int status);

/* Half-closes once all output is written; nothing can be sent any more. Twice is once. */
void stream_half_close(struct stream *stream);

/* Has the peer's end of stream come in (told or not)? */
static inline bool stream_ended(const struct stream *stream) {
  return stream->ended;
}

/* Has it failed (told or not)? Nothing can be read any more. */
static inline bool stream_failed(const struct stream *stream) {
  return stream->failed;
}

/* Has the end come in, and is all input in front of it consumed? */
bool stream_at_end(const struct stream *stream);

/* Lets go: output still queued is lost, the owner hears nothing more but on_closed. `reset` makes the peer see a reset
 * instead of an end. Twice is once. */
void stream_close(struct stream *stream, bool reset);

/* --- for transports --- */

/* Sets up a stream that the transport has zeroed. */
void stream_init(struct stream *stream, const struct stream_ops *ops, struct loop *loop);

/* The size of the next read; 0: none, reading rests. */
size_t stream_room(const struct stream *stream);

/* Bytes came in (valid during the call); the end came in; something failed. Last statement of a callback. */
void stream_deliver(struct stream *stream, struct str bytes);
void stream_deliver_end(struct stream *stream);
void stream_deliver_failure(struct stream *stream, int status);

/* A direct stream has something to read: bytes, an end or a failure. Last statement of a callback. */
void stream_deliver_ready(struct stream *stream);

/* A `write` has ended with 0 or a libuv code. Last statement of a callback. */
void stream_written(struct stream *stream, int status);

/* The transport has closed for good: gives back what the stream holds; the transport then frees itself. */
void stream_closed(struct stream *stream);

#endif
