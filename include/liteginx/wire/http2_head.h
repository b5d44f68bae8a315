/* Heads as HTTP/2 has them, field by field (RFC 9113 §8): read into a struct head, with what nghttp2 leaves to its user; and
 * written from what forward decides. Pure, but for the names of nghttp2's list of fields. */
#ifndef LITEGINX_WIRE_HTTP2_HEAD_H
#define LITEGINX_WIRE_HTTP2_HEAD_H

#include "liteginx/wire/wire.h"

/* Reads one head, or trailers. */
struct http2_head_reader {
  struct head *head; /* where fields go, on its arena */
  const struct wire_limits *limits;
  enum cause fault;   /* the first rule that was broken; CAUSE_NONE: none */
  bool malformed;     /* by that rule it is no request at all: the stream is reset, and nobody answers */
  struct str culprit; /* the bytes that broke it, on the arena */
  size_t bytes;       /* so far, as SETTINGS_MAX_HEADER_LIST_SIZE counts (RFC 9113 §6.5.2) */
  /* private to http2_head.c: */
  unsigned fields, cookies;
  unsigned first_cookie; /* its index */
  char *text;            /* where the next field is copied to */
  size_t room;           /* behind it */
  struct str largest, protocol;
  bool authority; /* there was one: the Host */
  bool trailers;
};

/* Once these bytes have come no more is unpacked for a client: so many times what a head may have. */
enum { HTTP2_HEAD_BOMB = 8 };

/* `head` is init'ed. */
void http2_head_begin(struct http2_head_reader *reader, struct head *head, const struct wire_limits *limits,
                      bool trailers);

/* The next field, copied. Behind a fault they are counted alone. */
void http2_head_field(struct http2_head_reader *reader, struct str name, struct str value);

/* Is it so much that not even its packing may be read any further? */
bool http2_head_is_bomb(const struct http2_head_reader *reader);

/* That was all; `end`: of the message, too. Decides how the content is framed for who reads the head. */
void http2_head_end(struct http2_head_reader *reader, bool end);

/* All of it but http2_head_end: does it ask for a WebSocket by an extended CONNECT (RFC 8441)? */
bool http2_head_is_websocket(const struct http2_head_reader *reader);

/* Then it becomes what HTTP/1.1 asks for one with (RFC 6455 §4.1). *key is made of random bytes. */
enum { HTTP2_KEY_LEN = 24, HTTP2_KEY_BYTES = 16 };
void http2_head_upgrade(struct http2_head_reader *reader, const unsigned char random[HTTP2_KEY_BYTES],
                        char key[HTTP2_KEY_LEN]);

/* Does this 101 accept the WebSocket of that key? */
bool http2_head_accepts(const struct head *response, const char key[HTTP2_KEY_LEN]);

/* The fields of a response on the arena of its head, as nghttp2 takes them: an array of nghttp2_nv as bytes. ptr NULL: out of
 * memory. `websocket`: a 101 becomes a 200 (RFC 8441 §5). */
struct str http2_head_answer(const struct forward_response *response, bool websocket);

/* One for which no memory is needed: 503, without content. */
struct str http2_head_last_resort(void);

/* The same of trailers, in one block of malloc with all their bytes. */
struct str http2_head_trailers(const struct head *trailers);

#endif
