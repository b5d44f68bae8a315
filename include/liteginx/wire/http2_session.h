/* One HTTP/2 connection of a client, on nghttp2: frames become requests, each with a stream of its own (http2_stream), and
 * what these are given becomes frames. No policy: who owns it says what is done with a request, when the connection ends,
 * and what is said of it.
 *
 * nghttp2's callbacks note, and nobody else is called while it runs; http2_session_settle tells. Frames of all streams go into one
 * block, which leaves in one write at the end of the loop's turn, or when it is full; long content does not go through it.
 *
 * Bounds: HTTP2_STREAMS requests at a time; what they hold of content not read yet is their windows', which all fit
 * into that of the connection, so that whoever does not read holds up nobody else; what costs a client nothing is counted
 * (http2_flood). */
#ifndef LITEGINX_WIRE_HTTP2_SESSION_H
#define LITEGINX_WIRE_HTTP2_SESSION_H

#include "liteginx/wire/http2_flood.h"
#include "liteginx/wire/http2_output.h"
#include "liteginx/wire/http2_stream.h"

/* A window begins with the first of these and doubles up to the second as its content is read, as long as all windows that
 * have grown did so by no more than the third. A connection has room for all of them. */
enum {
  HTTP2_STREAMS = 128,
  HTTP2_WINDOW_BYTES = 64 * 1024,
  HTTP2_WINDOW_MAX_BYTES = 1024 * 1024,
  HTTP2_GROWN_BYTES = 4 * 1024 * 1024,
  HTTP2_CONNECTION_BYTES = HTTP2_STREAMS * HTTP2_WINDOW_BYTES + HTTP2_GROWN_BYTES
};

enum { HTTP2_PIECES = 32 };

struct nghttp2_session;
struct nghttp2_session_callbacks;
struct nghttp2_option;

/* What all sessions of one worker share. All zeroes: not begun. */
struct http2_shared {
  struct nghttp2_session_callbacks *callbacks; /* NULL: no session was there yet */
  struct nghttp2_option *option;
  struct list streams; /* spare ones */
  unsigned stream_count;
  struct http2_blocks blocks;
};

/* What its owner hears. */
struct http2_events {
  /* A request begins. Its stream gets its owner (stream_own), its head and the head's arena. From within anything: it may
   * not be answered yet. NULL: out of memory. */
  struct head *(*on_begin)(void *owner, struct http2_stream *stream);
  /* The head is whole: stream->refused says whether it may be served. From the loop. */
  void (*on_request)(void *owner, struct http2_stream *stream);
  /* Something has changed that may be of interest: the last statement of what the session does. From the loop. */
  void (*on_change)(void *owner);
};

struct http2_piece {
  struct http2_stream *stream;
  struct str content;
};

struct http2_session {
  struct nghttp2_session *nghttp2;
  struct stream *stream; /* of the connection; its owner keeps it */
  struct http2_shared *shared;
  const struct http2_events *events;
  void *owner;
  const struct wire_limits *limits;
  struct list streams;   /* all that are not closed by both */
  struct list noted;     /* of these, whose owners are to be told */
  struct loop_hook hook; /* sends the block */
  struct http2_flood flood;
  enum cause fault; /* the connection ends for this; CAUSE_NONE: it is sound */
  char words[96];   /* with it: nghttp2's, or nothing */
  bool inside;      /* nghttp2 is on the stack */
  bool paused;      /* it has stopped because of `pieces` */
  bool settling;
  bool dead;                               /* nghttp2 can do nothing any more */
  bool acknowledged;                       /* our last PING was answered */
  bool block_open;                         /* a head has begun, and its last piece has not come */
  unsigned continuations;                  /* of it */
  int64_t untold;                          /* bytes that came, less those of the frames that nghttp2 has told of */
  unsigned heads;                          /* that have begun, ever */
  unsigned requests;                       /* whole heads, ever */
  uint32_t grown;                          /* by how much all windows together have grown */
  struct http2_piece pieces[HTTP2_PIECES]; /* content that nghttp2 has told of, in what is read at the moment */
  unsigned piece_count;
  struct http2_output output;
};

/* Begins: our SETTINGS wait to be sent. `limits` is its owner's. False: out of memory. */
ENSURE_CHECKED bool http2_session_init(struct http2_session *session, struct http2_shared *shared,
                                       struct stream *stream, const struct wire_limits *limits,
                                       const struct http2_events *events, void *owner);

/* The stream of the connection is gone for good, and so are all owners of streams: frees the rest. */
void http2_session_free(struct http2_session *session);

/* The connection has input: takes it, and tells of what it means. */
void http2_session_feed(struct http2_session *session);

/* The connection's stream has drained. */
void http2_session_drained(struct http2_session *session);

/* Sends at once what there is, as far as it goes. */
void http2_session_flush(struct http2_session *session);

/* Is there anything that it still may say or hear? Behind a GOAWAY and the last stream there is not. */
bool http2_session_lives(const struct http2_session *session);

/* Two steps of saying that no further request is taken (RFC 9113 §6.8): first, with a PING whose answer shows that the client
 * has heard it, that there will be an end; then which was the last one. */
void http2_session_announce_end(struct http2_session *session);
void http2_session_end(struct http2_session *session);

/* To be called now and then: streams that were let go, and of which the client has taken nothing since the last call, are
 * reset; and requests that wait for the end of content that is none are told of without it. */
void http2_session_look(struct http2_session *session);

/* Gives spare memory back. */
void http2_shared_free(struct http2_shared *shared);

/* --- for its streams --- */

/* Takes a stream's answer. 0 or a libuv code. */
int http2_session_answer(struct http2_session *session, struct http2_stream *stream);

/* The same for an interim head. */
int http2_session_interim(struct http2_session *session, struct http2_stream *stream, struct str answer);

/* A stream has more to send. `now`: it has to go while the call lasts, as far as it goes. */
void http2_session_more(struct http2_session *session, struct http2_stream *stream, bool now);

/* Resets it, or ends it, where nghttp2 has not done so already. */
void http2_session_reset(struct http2_session *session, struct http2_stream *stream, uint32_t code);

/* Its owner has consumed so many bytes. */
void http2_session_credit(struct http2_session *session, struct http2_stream *stream, size_t len);

/* Its owner has closed it. */
void http2_session_forget(struct http2_session *session, struct http2_stream *stream);

/* Can nothing be sent at the moment? */
bool http2_session_stuck(const struct http2_session *session);

#endif
