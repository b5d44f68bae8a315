/* What a peer has sent, offered to the stream's owner: the first of a stream's three parts.
 *
 * The transport offers bytes as a view (stream_peek); the owner takes what it can use (stream_consume). What is left when
 * on_bytes returns is kept in the stash and offered again in front of the next bytes, or when the owner asks by
 * stream_pump. While `stash_max` bytes wait so, reading rests. End of stream is told only after all input in front of it
 * was consumed; an error at once.
 *
 *   end     OPEN ──the transport saw it──▶ ENDED ──on_end──▶ TOLD
 *   offer   NONE ──▶ READ or STASH ──on_bytes has returned──▶ NONE
 *
 * Rules towards the other parts: reading runs exactly if it is wanted, nothing has ended or failed, and there is room,
 * recomputed by stream_input_update after every event; nothing else starts or stops it. Input waits in the stash or in the
 * pipe of stream_direct, never in both; while a pipe waits there is no room. Output never looks here. */
#ifndef LITEGINX_NET_STREAM_INPUT_H
#define LITEGINX_NET_STREAM_INPUT_H

#include "liteginx/base/buf.h"
#include "liteginx/base/ensure.h"
#include "liteginx/net/socket.h"

struct stream;

enum stream_input_end {
  INPUT_OPEN,
  INPUT_ENDED, /* the end has come; input in front of it may wait */
  INPUT_TOLD   /* and the owner knows */
};

enum stream_input_offer {
  INPUT_NONE,      /* on_bytes does not run */
  INPUT_READ,      /* it runs, and the view is what was just read */
  INPUT_FROM_STASH /* it runs, and the view is the stash's */
};

struct stream_input {
  enum stream_input_end end : 8;
  enum stream_input_offer offer : 8;
  bool wanted, reading; /* asked for by the owner; what the transport does */
  bool again;           /* on_bytes is to run once more */
  bool emptied;         /* on_bytes runs for a read that took less than it could: nothing more was there */
  uint32_t stash_max, piece_max;
  unsigned heard_turn; /* of the loop, in which bytes came last; at first none that it can be in soon */
  struct str view;     /* while on_bytes runs */
  struct buf stash;    /* not consumed yet */
};

/* --- for owners --- */

/* Whether to read. Input that waits already is not offered by this: see stream_pump. */
void stream_read(struct stream *stream, bool wanted);

/* Bounds: bytes that may wait unconsumed before reading rests; the largest single read. */
void stream_bound(struct stream *stream, size_t stash_max, size_t piece_max);

/* The input at hand: valid until the callback returns (inside on_bytes) or stream_pump. Empty: none. */
struct str stream_peek(const struct stream *stream);

/* Have bytes come in this turn of the loop? */
bool stream_heard_now(const struct stream *stream);

/* Takes the first `len` bytes of it. */
void stream_consume(struct stream *stream, size_t len);

/* Offers input that waits (on_bytes), and the end behind it (on_end), again; calls back at once unless called from
 * within on_bytes, which then runs once more after it has returned. Nothing waits: nothing happens. */
void stream_pump(struct stream *stream);

/* Has the end come in, and is all input in front of it consumed? */
bool stream_at_end(const struct stream *stream);

/* Has the peer sent nothing that was not consumed, has it not ended, and is it still there? True within on_bytes behind
 * a read that took less than it could; else the system is asked (as stream_quiet), because bytes may have come since,
 * or stand behind a full read or behind what stream_move took. */
bool stream_exhausted(const struct stream *stream);

/* Asks the system: is the peer still there, and has it sent nothing that was not read yet? Costs a system call; for who
 * must not send into a connection that ended in this very turn. */
bool stream_quiet(const struct stream *stream);

/* What has become of the peer while reading rests, and how much input there is besides what is at hand. Costs two or
 * three system calls. */
enum socket_peer stream_peer(const struct stream *stream, size_t *waiting);

/* --- for transports --- */

/* The size of the next read; 0: none, reading rests. */
size_t stream_room(const struct stream *stream);

/* Bytes came in (valid during the call); the end came in. Last statement of a callback. */
void stream_deliver(struct stream *stream, struct str bytes);
void stream_deliver_end(struct stream *stream);

/* --- for the stream's other parts --- */

/* Starts or stops the transport's reading, as the rule above says. */
void stream_input_update(struct stream *stream);

/* Calls on_bytes until the owner is content, with no bytes at hand but those that it may move. */
void stream_input_offer_unread(struct stream *stream);

/* Bytes that waited elsewhere become the stash, which is empty. False: out of memory, and they are lost. */
ENSURE_CHECKED bool stream_input_keep(struct stream *stream, struct str bytes);

/* After the last of these: within on_bytes they are what is at hand. */
void stream_input_kept(struct stream *stream);

/* No more is read, as behind an end or a failure. Calls nobody back. */
void stream_input_halt(struct stream *stream);

/* The stream closes: nothing is read, nothing is offered. */
void stream_input_close(struct stream *stream);

#endif
