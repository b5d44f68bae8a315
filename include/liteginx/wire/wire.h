/* The door between what a message says and how it stands on a connection.
 *
 * Above this door a message is a head (fields), content whose end is whole or cut, and trailers. How these become bytes, and
 * bytes become these, a wire alone knows: HTTP/1's rooms are http1_*, parser and fault. Content passes through
 * a stream (net/stream.h) on both sides: what a stream brings a reader takes apart, what a stream is given a writer has put
 * together (wire/body.h joins the two). A wire decides nothing else: which fields there are, where a request goes and
 * what its answer is, are told to it.
 *
 * To add a wire: a file of wire_up_ops for targets, one of wire_down_ops for clients, and who makes them. */
#ifndef LITEGINX_WIRE_WIRE_H
#define LITEGINX_WIRE_WIRE_H

#include "liteginx/base/cause.h"
#include "liteginx/base/slices.h"
#include "liteginx/http/forward.h"
#include "liteginx/net/stream.h"

enum wire_status {
  WIRE_MORE,  /* all that is at hand is taken, more is needed */
  WIRE_DONE,  /* of a head: it is whole; of content: so is the message, trailers included */
  WIRE_SPAN,  /* of content: here is some of it; go on with what is left */
  WIRE_FAILED /* a rule is broken; nothing on this connection can be read any more */
};

struct wire_limits {
  size_t max_head_bytes; /* start line + fields; also trailers, and the extensions of one chunk */
  unsigned max_fields;
};

/* --- content --- */

/* Takes the content of one message out of what its stream brings. */
struct wire_reader_ops {
  /* From now on trailer fields go to *trailers, which has been init'ed. */
  void (*begin)(void *message, struct head *trailers);
  /* *span: a part of `in`, with WIRE_SPAN. Takes nothing behind the end of the message. */
  enum wire_status (*read)(void *message, struct str in, size_t *used, struct str *span);
  /* The stream has ended: WIRE_DONE where that is this message's proper end, else WIRE_FAILED. */
  enum wire_status (*finish)(void *message);
  /* How many of the next bytes are content, whatever they are; and: so many of them were taken unseen. */
  uint64_t (*plain)(const void *message);
  void (*skip)(void *message, uint64_t len);
  /* Behind WIRE_FAILED: which rule was broken. *culprit: the bytes that broke it, in the head's arena; may be empty. */
  enum cause (*fault)(const void *message, struct str *culprit);
};

/* How content stands in what a stream is given. None of these adds more than WIRE_WRITER_SLICES slices and
 * WIRE_WRITER_BYTES bytes of text. */
enum { WIRE_WRITER_SLICES = 3, WIRE_WRITER_BYTES = 32 };

struct wire_writer_ops {
  /* Goes in front of `len` bytes of content. `begun`: `out` ends with content already. */
  void (*before)(void *message, struct slices *out, size_t len, bool begun);
  /* Goes behind the last content of this `out`, while the message goes on. */
  void (*behind)(void *message, struct slices *out);
  /* The message has ended, with these trailers. False: out of memory. */
  bool (*end)(void *message, struct slices *out, const struct head *trailers, bool begun);
};

struct wire_writer {
  const struct wire_writer_ops *ops; /* NULL: content goes as it is */
  void *message;                     /* what the writer knows of it */
};

/* A message as its sender's connection brings it. */
struct wire_source {
  const struct wire_reader_ops *reader;
  void *message; /* what the reader knows of it */
  const struct head *head;
};

/* A message as its receiver is to get it. */
struct wire_sink {
  struct str head; /* bytes in front of the content; empty where the wire has sent the head itself */
  struct wire_writer writer;
  bool half_closes;   /* the end of the stream tells the end of the message */
  bool soon;          /* it may wait for the end of the loop's turn: stream_send_soon */
  enum cause refused; /* where there is none, not for want of memory: the answer breaks this rule */
};

/* --- the connection to a target --- */

struct wire_up_ops;

/* A request, on each of the connections that it is tried on. */
struct wire_request {
  const struct forward_request *forward;
  struct str
      written; /* the wires': what the first of them has made of it, for the next try. ptr NULL: it is to be made */
};

struct wire_up {
  const struct wire_up_ops *ops;
  uint8_t forgiven; /* what was forgiven in the answer at hand: bit 1 << id of each (see forgiven.h) */
  bool stray;       /* behind WIRE_FAILED of a head: it does not even begin as an answer */
};

struct wire_up_ops {
  /* A request goes, once for each connection that it is tried on. Fills *sink; what it holds stands in the arena of the
   * request's head. False: out of memory. */
  bool (*send)(struct wire_up *wire, struct wire_request *request, struct wire_sink *sink);
  /* From now on `head` answers a request of this method: the next one, which may be an interim one, goes to *response. */
  void (*await)(struct wire_up *wire, struct head *response, struct arena *arena, struct str method);
  /* Takes what is there of it. WIRE_DONE: framing, content_length and keep_alive are set. */
  enum wire_status (*head)(struct wire_up *wire);
  /* What came of a head that is not whole, to name it in words. */
  struct str (*begun)(const struct wire_up *wire);
  /* Behind WIRE_FAILED of a head, as wire_reader_ops. */
  enum cause (*fault)(const struct wire_up *wire, struct str *culprit);
  /* Behind WIRE_DONE: the content that follows. */
  struct wire_source (*content)(struct wire_up *wire);
  void (*free)(struct wire_up *wire);
};

/* Makes the wire of a connection whose stream its owner keeps, and keeps longer. NULL: out of memory. */
typedef struct wire_up *wire_up_new(struct stream *stream, const struct wire_limits *limits);

/* --- the connection of a client --- */

struct wire_down_ops;

/* One request and its answer. */
struct wire_down {
  const struct wire_down_ops *ops;
  struct stream *stream; /* brings the request's content, takes the answer's */
  /* Has the exchange run, at once or as soon as nothing of it is on the stack. */
  void (*run)(void *owner);
  void *owner;
};

/* The head of an answer, on its way to a client. */
struct wire_answer {
  struct forward_response forward;
  bool own;   /* ours, and not a target's */
  bool taken; /* somebody takes what is still to come of the request */
};

struct wire_down_ops {
  /* The request's content. */
  struct wire_source (*content)(struct wire_down *wire);
  /* An interim head: the bytes to send, empty where this client is told of none or the wire has sent it. ptr NULL: out of
   * memory. */
  struct str (*interim)(struct wire_down *wire, const struct forward_response *interim);
  /* The final head. Fills *sink. False: out of memory, or see sink->refused. */
  bool (*head)(struct wire_down *wire, const struct wire_answer *answer, struct wire_sink *sink);
  /* An answer for which no memory is needed: 503, without content. Fills *sink; nothing can follow it. */
  void (*last_resort)(struct wire_down *wire, struct wire_sink *sink);
};

#endif
