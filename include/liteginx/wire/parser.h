/* HTTP/1 bytes → heads and body spans, on llhttp, plus every check of RFC 9112 that llhttp leaves to its user. One
 * parser serves one connection: message after message, never past the end of one.
 *
 *   HEAD ──parser_head──▶ BODY ──parser_body──▶ END ──parser_begin──▶ HEAD
 *
 * Nothing is called from inside llhttp: each step returns and says how many bytes it took. */
#ifndef LITEGINX_WIRE_PARSER_H
#define LITEGINX_WIRE_PARSER_H

#include <llhttp.h>

#include "liteginx/wire/forgiven.h"
#include "liteginx/wire/wire.h"

/* Of the longest start line that llhttp is given. */
enum { PARSER_LINE_BYTES = 32 };

enum parser_kind { PARSER_REQUEST, PARSER_RESPONSE };

/* What the next byte is part of. */
enum parser_state {
  PARSER_START,    /* the start line, or an empty line before it */
  PARSER_FIELDS,   /* the fields, up to the empty line */
  PARSER_LENGTH,   /* a body of known length */
  PARSER_SIZE,     /* a chunk's size line */
  PARSER_CHUNK,    /* a chunk's bytes and the line end behind them */
  PARSER_TRAILERS, /* what follows the last chunk, up to the empty line */
  PARSER_CLOSE,    /* a body that ends with the stream */
  PARSER_END,      /* the next message: parser_begin first */
  PARSER_BROKEN    /* see fault */
};

struct parser {
  llhttp_t llhttp;
  enum parser_kind kind;
  struct wire_limits limits;
  struct head *head;     /* of the message at hand */
  struct head *trailers; /* where trailer fields go; NULL: they are checked and dropped */
  enum cause fault;      /* which rule was broken, once it has failed */
  struct str culprit;    /* then: the bytes that broke it, in the head's arena; may be empty */
  uint8_t forgiven;      /* what was forgiven in the response at hand: bit 1 << id of each (see forgiven.h) */
  bool no_body;          /* a response to HEAD: set by parser_begin_response */
  /* private to parser.c: */
  enum parser_state state;
  size_t counted;      /* bytes that count against max_head_bytes: of the head, of one size line, of the trailers */
  unsigned fields;     /* that count against max_fields */
  char *text;          /* lines as received, in the arena of the head they belong to */
  size_t text_bytes;   /* held by it */
  size_t text_room;    /* allocated */
  size_t text_parsed;  /* of it, always whole lines */
  struct str span;     /* of the chunk at hand */
  uint64_t body_left;  /* with PARSER_LENGTH */
  uint8_t size_line;   /* where in the size line of a chunk: see parser.c */
  uint8_t size_digits; /* of it, without zeros in front */
  bool told;           /* llhttp has gone on from behind_line with this head */
  bool line_ends;      /* an empty line behind `line` is right */
  /* The last start line that llhttp was given, and what it was behind it: most lines are like the one before. */
  char line[PARSER_LINE_BYTES];
  size_t line_bytes;     /* 0: none */
  const char *line_rest; /* the stand-in behind them */
  llhttp_t behind_line;
};

void parser_init(struct parser *parser, enum parser_kind kind, const struct wire_limits *limits);

/* Ready for the next request, in which nothing is forgiven. `head` (head_init'ed by this call on `arena`) is filled
 * by parser_head; both must live until the message has ended. Head bytes are copied into the arena: nothing points
 * into what parser_head was given. */
void parser_begin(struct parser *parser, struct head *head, struct arena *arena);

/* The same for the response to a request of method `method`, in which forgiven.h's faults are taken for what they
 * mean. What its head then holds is as if they had not been: lines end in CR LF, Content-Length is there once. A
 * response to HEAD has no body (RFC 9112 §6.3). An interim response (1xx but 101) is a message of its own, without
 * body: begin again behind it. A 101 has no body either: what follows belongs to another protocol. */
void parser_begin_response(struct parser *parser, struct head *head, struct arena *arena, struct str method);

/* Takes bytes up to the end of the head, not one more. One or more empty lines before a request line are skipped
 * (RFC 9112 §2.2; they count against the limit). WIRE_DONE: framing, content_length, keep_alive are set. */
enum wire_status parser_head(struct parser *parser, struct str in, size_t *used);

/* The first line of a head that is not whole, as far as it came, as it was sent, without its end; in the arena. */
struct str parser_begun(const struct parser *parser);

/* Takes body bytes: returns with each span of them (a slice of `in`), at the end of the message (WIRE_DONE), or when
 * `in` is used up. With FRAMING_NONE: WIRE_DONE at once, nothing taken. */
enum wire_status parser_body(struct parser *parser, struct str in, size_t *used, struct str *span);

/* How many of the next bytes are a body's, whatever they are: the rest of a known length, else 0. */
uint64_t parser_plain(const struct parser *parser);

/* Takes so many of them unseen. */
void parser_skip(struct parser *parser, uint64_t len);

/* The stream has ended. WIRE_DONE: that is this message's proper end (FRAMING_CLOSE); WIRE_FAILED: it is cut. Nobody
 * needs to ask of a request: there it is a client that left. */
enum wire_status parser_finish(struct parser *parser);

#endif
