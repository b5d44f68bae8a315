/* One stream of an HTTP/2 connection as a transport (net/stream.h): what the client's DATA bring is its input, what it is
 * given leaves as HEADERS and DATA; its half-close is END_STREAM, its reset RST_STREAM. It is a part of the room
 * http2_session, which has it opened, and frees it once both its owner and nghttp2 are done with it.
 *
 * Input is bounded by the window that the client was given: what the owner has consumed is given back, nothing else. A
 * window begins small and grows with who reads it. Output is what the stream is given in one call (net/stream_output.h).
 *
 * The head of an answer goes as the first bytes that the stream is given: see http2_stream_answer. */
#ifndef LITEGINX_WIRE_HTTP2_STREAM_H
#define LITEGINX_WIRE_HTTP2_STREAM_H

#include "liteginx/wire/http2_head.h"

struct http2_session;

/* What nghttp2 has told and nobody was told yet; bits of http2_stream.notes. */
enum {
  HTTP2_NOTE_HEAD = 1,    /* the head is whole, or has a fault */
  HTTP2_NOTE_DATA = 2,    /* content has come: in the session's list of pieces */
  HTTP2_NOTE_END = 4,     /* the client's message has ended */
  HTTP2_NOTE_FAULT = 8,   /* it breaks a rule: `fault` */
  HTTP2_NOTE_RESET = 16,  /* the client has reset it */
  HTTP2_NOTE_WRITTEN = 32 /* `rest` was taken */
};

struct http2_stream {
  struct stream stream;
  struct list node;  /* in session->streams; or a spare one */
  struct list noted; /* in session->noted */
  struct http2_session *session;
  int32_t id;
  uint8_t notes;
  bool websocket; /* its request has asked for one, with `key` */
  char key[HTTP2_KEY_LEN];
  bool headed;        /* its request's head was whole */
  bool waits;         /* to be told of: its content is said to be empty, and its end has not come */
  bool ended;         /* by the client, as far as its owner may know */
  bool gone;          /* nghttp2 has closed it */
  bool head_sent;     /* the answer's */
  bool no_content;    /* of the answer: its head is its end */
  bool last;          /* what it was given is all there will be */
  bool end_sent;      /* our side has ended */
  bool deferred;      /* nghttp2 waits to be told that there is more */
  bool letting_go;    /* its owner is gone; what it was given still goes */
  bool no_error;      /* once our side has ended the client is told that the rest of its request is not wanted */
  uint32_t reset_as;  /* letting go: what to reset it with behind that; NO_ERROR: it is whole */
  enum cause refused; /* its request's head may not be served, for this rule; CAUSE_NONE: it may */
  enum cause fault;   /* the client's message breaks this rule, and the stream is reset */
  struct str culprit; /* the bytes that broke either of them */
  struct http2_head_reader reader;
  struct head trailers;       /* of the request, as they come; on the arena of its head */
  const struct head *request; /* NULL: nobody wants it any more */
  uint64_t read_bytes;        /* of its content, by its owner */
  struct head *trailers_for;  /* whom to give them; NULL: nobody yet */
  struct str answer;          /* of http2_head_answer, until it is sent */
  struct str answer_trailers;
  const struct slices *offer; /* what try_write has, and how far it was taken */
  unsigned offer_at;
  size_t offer_skip, offer_left;
  struct str rest;             /* of what write was given */
  size_t held;                 /* bytes of content that came and were not given back to the window */
  size_t coming;               /* of these, not delivered yet */
  uint32_t window, given_back; /* its size; what was given back since it grew last */
  uint64_t looked_left;        /* letting go: what was left when it was looked at last */
  unsigned interims;           /* that were not taken yet */
};

/* Reads a request's content; the message is the stream. */
extern const struct wire_reader_ops http2_reader;

/* For its owner: `answer` (see http2_head_answer) will be the head. Those very bytes must be the first that the stream is given,
 * in one call with what follows or alone. `no_content`: nothing follows. Fills *sink. */
void http2_stream_answer(struct http2_stream *stream, struct str answer, bool no_content, struct wire_sink *sink);

/* An interim head goes at once, or not at all where the client takes none. False: out of memory. */
ENSURE_CHECKED bool http2_stream_interim(struct http2_stream *stream, struct str answer);

/* The owner lets go, and what it has of the request is gone. What was given still goes, then the stream is closed: with its
 * end, or with a reset of this code (RFC 9113 §7) where it is not NO_ERROR (0). `now`: nothing goes any more. */
void http2_stream_let_go(struct http2_stream *stream, uint32_t reset_as, bool now);

static inline struct http2_stream *http2_stream_of(struct stream *stream) {
  return container_of(stream, struct http2_stream, stream);
}

/* --- for the session --- */

void http2_stream_open(struct http2_stream *stream, struct http2_session *session, int32_t id);

/* Tells the owner what was noted; from the loop alone. */
void http2_stream_tell(struct http2_stream *stream);

/* Content comes, at `coming`. `more`: so does more of it in this batch, so nobody needs to be told. */
void http2_stream_bring(struct http2_stream *stream, struct str content, bool more);

/* How much of what it was given is to go. */
size_t http2_stream_left(const struct http2_stream *stream);

/* The next up to `len` bytes of it as one slice, taken. */
struct str http2_stream_take(struct http2_stream *stream, size_t len);

#endif
