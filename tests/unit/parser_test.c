/* Every message is parsed whole, cut in two at every byte, and byte by byte; the three must tell the same. */
#include "liteginx/wire/parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_HEAD_BYTES = 2048, MAX_FIELDS = 20 };

static const struct wire_limits limits = {.max_head_bytes = MAX_HEAD_BYTES, .max_fields = MAX_FIELDS};

/* What a parse told, as text. */
struct story {
  char text[8192];
  size_t len;
};

static void tell(struct story *story, const char *format, ...) ENSURE_PRINTF(2, 3);

static void tell(struct story *story, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int len = vsnprintf(story->text + story->len, sizeof story->text - story->len, format, args);
  va_end(args);
  story->len += (size_t)len;
  assert_true(story->len < sizeof story->text);
}

static void tell_fields(struct story *story, const struct head *head) {
  for (unsigned i = 0; i < head->count; i++) {
    tell(story, "|%.*s=%.*s", STR_ARG(head->fields[i].name), STR_ARG(head->fields[i].value));
  }
}

static void tell_head(struct story *story, const struct head *head) {
  static const char *const framings[] = {"none", "length", "chunked", "close"};
  if (head->status) {
    tell(story, "%u %.*s", head->status, STR_ARG(head->reason));
  } else {
    tell(story, "%.*s %.*s", STR_ARG(head->method), STR_ARG(head->request_target));
  }
  tell(story, " 1.%u %s", head->minor, framings[head->framing]);
  if (head->framing == FRAMING_LENGTH) tell(story, " %llu", (unsigned long long)head->content_length);
  tell(story, " %s", head->keep_alive ? "keep" : "last");
  tell_fields(story, head);
}

/* A stream of messages, delivered in pieces that end at the offsets where `ends` says so. */
struct feeder {
  struct str in;
  size_t at, cut;
  bool bytewise;
};

/* The bytes at hand, at least one; empty at the end of the stream. A copy, so that reading past it is seen by ASan. */
static struct str at_hand(const struct feeder *feeder, char **copy) {
  size_t end = feeder->in.len;
  if (feeder->at < feeder->cut && feeder->cut < end) end = feeder->cut;
  if (feeder->bytewise && feeder->at < end) end = feeder->at + 1;
  size_t len = end - feeder->at;
  *copy = malloc(len ? len : 1);
  assert_non_null(*copy);
  memcpy(*copy, feeder->in.ptr + feeder->at, len);
  return str_make(*copy, len);
}

static enum wire_status read_head(struct parser *parser, struct feeder *feeder) {
  enum wire_status status = WIRE_MORE;
  while (status == WIRE_MORE && feeder->at < feeder->in.len) {
    char *copy;
    struct str piece = at_hand(feeder, &copy);
    size_t used = 0;
    status = parser_head(parser, piece, &used);
    assert_true(used <= piece.len);
    if (status == WIRE_MORE) assert_int_equal(used, piece.len);
    feeder->at += used;
    memset(copy, 'Z', piece.len);
    free(copy);
  }
  return status;
}

static enum wire_status read_body(struct parser *parser, struct feeder *feeder, struct story *story) {
  enum wire_status status = WIRE_MORE;
  bool stuck = false;
  while ((status == WIRE_MORE || status == WIRE_SPAN) && !stuck) {
    char *copy;
    struct str piece = at_hand(feeder, &copy);
    size_t used = 0;
    struct str span;
    status = parser_body(parser, piece, &used, &span);
    assert_true(used <= piece.len);
    if (status == WIRE_MORE) assert_int_equal(used, piece.len);
    if (status == WIRE_SPAN) {
      assert_true(span.len > 0 && span.ptr >= piece.ptr && span.ptr + span.len <= piece.ptr + piece.len);
      tell(story, "%.*s", STR_ARG(span));
    }
    feeder->at += used;
    stuck = status == WIRE_MORE && feeder->at == feeder->in.len;
    free(copy);
  }
  return stuck ? parser_finish(parser) : status;
}

static void tell_forgiven(struct story *story, unsigned forgiven) {
  static const char *const names[] = {[FORGIVEN_LINE_FEED] = "lf",
                                      [FORGIVEN_LENGTHS] = "lengths",
                                      [FORGIVEN_CHUNK_BLANKS] = "blanks",
                                      [FORGIVEN_STATUS] = "status"};
  for (unsigned i = 0; i < FORGIVEN_COUNT; i++) {
    if (forgiven >> i & 1u) tell(story, " ~%s", names[i]);
  }
}

/* Of the largest field the size, too: it may not depend on the pieces, either. */
static void tell_fault(struct story *story, const struct parser *parser) {
  enum cause fault = parser->fault;
  tell(story, " !%s", cause_label(fault));
  if (fault == CAUSE_HEAD_TOO_LARGE || fault == CAUSE_FIELD_TOO_LARGE || fault == CAUSE_TOO_MANY_FIELDS) {
    struct str line = parser->culprit;
    tell(story, " %.4s has %zu", line.ptr, line.len);
  }
}

/* `story` of all messages in `feeder`, up to a fault or the end. Interim responses are read over, as a proxy would. */
static void read_all(struct story *story, struct feeder feeder, enum parser_kind kind, struct str method) {
  struct arena arena;
  arena_init(&arena, NULL, 1 << 16);
  struct parser parser;
  parser_init(&parser, kind, &limits);
  story->len = 0;
  story->text[0] = '\0';
  enum wire_status status = WIRE_DONE;
  for (int n = 0; status == WIRE_DONE && feeder.at < feeder.in.len && n < 9; n++) {
    struct head head, trailers;
    if (kind == PARSER_REQUEST) {
      parser_begin(&parser, &head, &arena);
    } else {
      parser_begin_response(&parser, &head, &arena, method);
    }
    if (n) tell(story, " ## ");
    status = read_head(&parser, &feeder);
    if (status == WIRE_MORE) status = parser_finish(&parser);
    if (status == WIRE_DONE) {
      tell_head(story, &head);
      head_init(&trailers, &arena);
      parser.trailers = &trailers;
      tell(story, "|");
      status = read_body(&parser, &feeder, story);
      if (status == WIRE_DONE) tell_fields(story, &trailers);
      if (status == WIRE_DONE) tell_forgiven(story, parser.forgiven);
      if (status == WIRE_DONE && (head.status == 101 || str_eq(head.method, STR("CONNECT")))) break;
    }
    if (status == WIRE_FAILED) tell_fault(story, &parser);
    arena_reset(&arena);
  }
  if (status == WIRE_DONE && feeder.at < feeder.in.len) tell(story, " + %zu", feeder.in.len - feeder.at);
  arena_reset(&arena);
}

static void expect(enum parser_kind kind, struct str method, struct str in, const char *want) {
  struct story story;
  for (size_t cut = 0; cut <= in.len; cut++) {
    read_all(&story, (struct feeder){.in = in, .cut = cut}, kind, method);
    if (strcmp(story.text, want) != 0) {
      fail_msg("cut at %zu:\n%.*s\n got: %s\nwant: %s", cut, STR_ARG(in), story.text, want);
    }
  }
  read_all(&story, (struct feeder){.in = in, .bytewise = true}, kind, method);
  if (strcmp(story.text, want) != 0) fail_msg("bytewise:\n%.*s\n got: %s\nwant: %s", STR_ARG(in), story.text, want);
}

struct row {
  struct str in;
  const char *want;
};

#define ROW(in, want) \
  { STR_INIT(in), want }

static const struct row good_requests[] = {
    ROW("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 1.1 none keep|Host=a|"),
    ROW("\r\n\r\nGET / HTTP/1.1\r\n\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", "GET / 1.1 none keep| ## GET /2 1.1 none keep|"),
    ROW("GET / HTTP/1.0\r\n\r\n", "GET / 1.0 none last|"),
    ROW("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / 1.0 none keep|Connection=Keep-Alive|"),
    ROW("GET / HTTP/1.1\r\nConnection: a,close\r\n\r\n", "GET / 1.1 none last|Connection=a,close|"),
    ROW("GET / HTTP/1.1\r\nConnection: close, keep-alive\r\n\r\n", "GET / 1.1 none last|Connection=close, keep-alive|"),
    ROW("GET / HTTP/1.1\r\nA:b\r\nC: \t d \t \r\nE:\r\nF: \r\n\r\n", "GET / 1.1 none keep|A=b|C=d|E=|F=|"),
    ROW("GET / HTTP/1.1\r\nA: x\x80\xff\ty\r\n\r\n", "GET / 1.1 none keep|A=x\x80\xff\ty|"),
    ROW("GET /\"<>\\^{|}`\x80\xff#x HTTP/1.1\r\n\r\n", "GET /\"<>\\^{|}`\x80\xff#x 1.1 none keep|"),
    ROW("GET foo HTTP/1.1\r\n\r\n", "GET foo 1.1 none keep|"),
    ROW("OPTIONS * HTTP/1.1\r\n\r\n", "OPTIONS * 1.1 none keep|"),
    ROW("GET http://a/ HTTP/1.1\r\n\r\n", "GET http://a/ 1.1 none keep|"),
    ROW("QUERY / HTTP/1.1\r\n\r\n", "QUERY / 1.1 none keep|"),
    ROW("M-SEARCH / HTTP/1.1\r\n\r\n", "M-SEARCH / 1.1 none keep|"),
    ROW("PURGE / HTTP/1.1\r\n\r\n", "PURGE / 1.1 none keep|"),
    ROW("get / HTTP/1.1\r\n\r\n", "get / 1.1 none keep|"),
    ROW("Get / HTTP/1.1\r\n\r\n", "Get / 1.1 none keep|"),
    ROW("GETS / HTTP/1.1\r\n\r\n", "GETS / 1.1 none keep|"),
    ROW("GE / HTTP/1.1\r\n\r\n", "GE / 1.1 none keep|"),
    ROW("X / HTTP/1.1\r\n\r\n", "X / 1.1 none keep|"),
    ROW("A!#$%&'*+-.^_`|~9 / HTTP/1.1\r\n\r\n", "A!#$%&'*+-.^_`|~9 / 1.1 none keep|"),
    ROW("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ / HTTP/1.1\r\n\r\n",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ / 1.1 none keep|"),
    ROW("SOURCE / HTTP/1.1\r\n\r\n", "SOURCE / 1.1 none keep|"),
    ROW("DESCRIBE / HTTP/1.1\r\n\r\n", "DESCRIBE / 1.1 none keep|"),
    ROW("PLAY / HTTP/1.0\r\n\r\n", "PLAY / 1.0 none last|"),
    ROW("FLUSH / HTTP/1.1\r\n\r\n", "FLUSH / 1.1 none keep|"),
    ROW("SET_PARAMETER / HTTP/1.1\r\n\r\n", "SET_PARAMETER / 1.1 none keep|"),
    ROW("BAN /x HTTP/1.1\r\nContent-Length: 2\r\n\r\nabLIST / HTTP/1.1\r\nTransfer-Encoding: "
        "chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        "BAN /x 1.1 length 2 keep|Content-Length=2|ab ## LIST / 1.1 chunked keep|Transfer-Encoding=chunked|a"),
    ROW("connect / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab", "connect / 1.1 length 2 keep|Content-Length=2|ab"),
    ROW("PRIO / HTTP/1.1\r\n\r\n", "PRIO / 1.1 none keep|"),
    ROW("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n",
        "POST / 1.1 length 3 keep|Content-Length=3|abc ## GET / 1.1 none keep|"),
    ROW("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "POST / 1.1 length 0 keep|Content-Length=0|"),
    ROW("POST / HTTP/1.1\r\nContent-Length: 003\r\n\r\nabc", "POST / 1.1 length 3 keep|Content-Length=003|abc"),
    ROW("POST / HTTP/1.1\r\nContent-Length:\t3 \t\r\nA: b\tc\t\r\n\r\nabc",
        "POST / 1.1 length 3 keep|Content-Length=3|A=b\tc|abc"),
    ROW("GET / HTTP/1.1\r\nContent-Length: 4\r\n\r\n\r\n\r\n", "GET / 1.1 length 4 keep|Content-Length=4|\r\n\r\n"),
    ROW("POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", "POST / 1.0 length 3 last|Content-Length=3|abc"),
    ROW("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\nGET / "
        "HTTP/1.1\r\n\r\n",
        "POST / 1.1 chunked keep|Transfer-Encoding=chunked|abc0123456789 ## GET / 1.1 none keep|"),
    ROW("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\t \t\r\n\r\n1\r\na\r\n0\r\nT: u\t\r\n\r\n",
        "POST / 1.1 chunked keep|Transfer-Encoding=chunked|a|T=u"),
    ROW("POST / HTTP/1.1\r\ntransfer-encoding: CHUNKED \r\n\r\n1;a=b;c=\"d;\"\r\nx\r\n0;z\r\n\r\n",
        "POST / 1.1 chunked keep|transfer-encoding=CHUNKED|x"),
    ROW("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\nC:\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        "POST / 1.1 chunked keep|Transfer-Encoding=chunked||A=b|C= ## GET / 1.1 none keep|"),
    ROW("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\r\n\r\n\r\n0\r\n\r\n",
        "POST / 1.1 chunked keep|Transfer-Encoding=chunked|\r\n\r\n"),
    ROW("GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nGET /2 HTTP/1.1\r\n\r\n",
        "GET / 1.1 none keep|Connection=upgrade|Upgrade=x| ## GET /2 1.1 none keep|"),
    ROW("POST / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 2\r\n\r\nabGET / HTTP/1.1\r\n\r\n",
        "POST / 1.1 length 2 keep|Connection=upgrade|Upgrade=x|Content-Length=2|ab ## GET / 1.1 none keep|"),
    ROW("POST / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\nTransfer-Encoding: "
        "chunked\r\n\r\n1\r\na\r\n0\r\n\r\nGET / "
        "HTTP/1.1\r\n\r\n",
        "POST / 1.1 chunked keep|Connection=upgrade|Upgrade=x|Transfer-Encoding=chunked|a ## GET / 1.1 none keep|"),
    ROW("POST / HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        "POST / 1.1 chunked last|Connection=close|Transfer-Encoding=chunked|a"),
    ROW("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n\x16\x03", "CONNECT a:1 1.1 none last|Host=a| + 2"),
    ROW("CONNECT a:1 HTTP/1.1\r\nContent-Length: 2\r\n\r\nab", "CONNECT a:1 1.1 none last|Content-Length=2| + 2"),
    ROW("CONNECT / HTTP/1.1\r\n\r\n", "CONNECT / 1.1 none last|"),
};

#define GET_WITH(fields) "GET / HTTP/1.1\r\nHost: a\r\n" fields "\r\n\r\n"

static const struct row bad_heads[] = {
    /* request line */
    ROW("GET  / HTTP/1.1\r\n\r\n", "two-spaces"),
    ROW("GET /  HTTP/1.1\r\n\r\n", "two-spaces"),
    ROW("GET / HTTP/1.1 \r\n\r\n", "space-at-end"),
    ROW(" GET / HTTP/1.1\r\n\r\n", "not-http"),
    ROW("GET\t/ HTTP/1.1\r\n\r\n", "bad-method"),
    ROW("GET /\tHTTP/1.1\r\n\r\n", "control-in-line"),
    ROW("GET /a\tb HTTP/1.1\r\n\r\n", "control-in-line"),
    ROW("GET /a b HTTP/1.1\r\n\r\n", "space-in-target"),
    ROW("GET /\x01 HTTP/1.1\r\n\r\n", "control-in-line"),
    ROW("GET /\x7f HTTP/1.1\r\n\r\n", "control-in-line"),
    ROW("GET /\0 HTTP/1.1\r\n\r\n", "control-in-line"),
    ROW("GET /\r HTTP/1.1\r\n\r\n", "bare-cr"),
    ROW("GET /\r\n\r\n", "no-version"),
    ROW("GET /\n", "bare-lf"),
    ROW("GET\r\n\r\n", "no-request-line"),
    ROW("GET \r\n\r\n", "no-request-line"),
    ROW("GET / \r\n\r\n", "no-version"),
    ROW("GET HTTP/1.1\r\n\r\n", "no-request-line"),
    ROW("G(T / HTTP/1.1\r\n\r\n", "bad-method"),
    ROW("G\0T / HTTP/1.1\r\n\r\n", "bad-method"),
    ROW("\x80GET / HTTP/1.1\r\n\r\n", "not-http"),
    ROW("\x16\x03\x01\x02", "tls"),
    ROW("{\"a\":1}", "not-http"),
    ROW("GET / http/1.1\r\n\r\n", "bad-version"),
    ROW("GET / HTTP/1\r\n\r\n", "bad-version"),
    ROW("GET / HTTP/1.11\r\n\r\n", "bad-version"),
    ROW("GET / HTTP/11.1\r\n\r\n", "bad-version"),
    ROW("GET / HTTP/01.1\r\n\r\n", "bad-version"),
    ROW("GET / HTTP/1,1\r\n\r\n", "bad-version"),
    ROW("GET / HTTP/a.b\r\n\r\n", "bad-version"),
    ROW("GET / HTTQ/1.1\r\n\r\n", "bad-version"),
    ROW("OPTIONS * RTSP/1.0\r\n\r\n", "bad-version"),
    ROW("SOURCE /x ICE/1.0\r\n\r\n", "bad-version"),
    ROW("GET / HTTP/1.2\r\n\r\n", "unknown-version"),
    ROW("GET / HTTP/2.0\r\n\r\n", "unknown-version"),
    ROW("GET / HTTP/0.9\r\n\r\n", "unknown-version"),
    ROW("GET / HTTP/3.1\r\n\r\n", "unknown-version"),
    ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http2-preface"),
    ROW("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ( / HTTP/1.1\r\n\r\n", "bad-method"),
    ROW("PRI / HTTP/1.1\r\n\r\n", "http2-preface"),
    ROW("PRI / HTTP/1.0\r\nContent-Length: 1\r\n\r\n", "http2-preface"),
    ROW("HTTP/1.1 200 OK\r\n\r\n", "bad-method"),
    /* line ends */
    ROW("\nGET / HTTP/1.1\r\n\r\n", "bare-lf"),
    ROW("\rGET / HTTP/1.1\r\n\r\n", "bare-cr"),
    ROW("\r\n\nGET / HTTP/1.1\r\n\r\n", "bare-lf"),
    ROW("\r\r\nGET / HTTP/1.1\r\n\r\n", "bare-cr"),
    ROW("GET / HTTP/1.1\n\n", "bare-lf"),
    ROW("GET / HTTP/1.1\r\r\n\r\n", "bare-cr"),
    ROW("GET / HTTP/1.1\r\nHost: a\n\r\n", "bare-lf"),
    ROW("GET / HTTP/1.1\r\nHost: a\r\n\n", "bare-lf"),
    ROW("GET / HTTP/1.1\r\n\n", "bare-lf"),
    ROW("GET / HTTP/1.1\r\n\r\r\n", "bare-cr"),
    ROW("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", "bare-cr"),
    ROW(GET_WITH("A: b\rC: d"), "bare-cr"),
    ROW(GET_WITH("A: b\nC: d"), "bare-lf"),
    ROW(GET_WITH("A: b\r\n\rC: d"), "bare-cr"),
    ROW(GET_WITH("A\r: b"), "bare-cr"),
    ROW(GET_WITH("A\n: b"), "bare-lf"),
    ROW(GET_WITH("A\r\n: b"), "no-colon"),
    ROW(GET_WITH("A:\rb"), "bare-cr"),
    /* fields */
    ROW("GET / HTTP/1.1\r\n Host: a\r\n\r\n", "folded-line"),
    ROW(GET_WITH("A : b"), "space-before-colon"),
    ROW(GET_WITH("A\t: b"), "space-before-colon"),
    ROW(GET_WITH("A\t"), "no-colon"),
    ROW(GET_WITH("\t"), "folded-line"),
    ROW(GET_WITH("A: b\r\n\t\t"), "folded-line"),
    ROW(GET_WITH("Content-Length: 3\t4\t"), "bad-length"),
    ROW(GET_WITH("Content-Length:\t"), "bad-length"),
    ROW(GET_WITH("Transfer-Encoding:\t"), "bad-coding"),
    ROW(GET_WITH(" A: b"), "folded-line"),
    ROW(GET_WITH("A: b\r\n c"), "folded-line"),
    ROW(GET_WITH("A: b\r\n\tc"), "folded-line"),
    ROW(GET_WITH("A:\r\n b"), "folded-line"),
    ROW(GET_WITH("Content-Length:\r\n 3"), "folded-line"),
    ROW(GET_WITH("Transfer-Encoding:\r\n chunked"), "folded-line"),
    ROW(GET_WITH("A"), "no-colon"),
    ROW(GET_WITH(": b"), "no-field-name"),
    ROW(GET_WITH("A B: c"), "bad-field-name"),
    ROW(GET_WITH("A(: c"), "bad-field-name"),
    ROW(GET_WITH("A\x80: c"), "bad-field-name"),
    ROW(GET_WITH("A\0: c"), "bad-field-name"),
    ROW(GET_WITH("A: b\0c"), "control-in-field"),
    ROW(GET_WITH("A: \x01"), "control-in-field"),
    ROW(GET_WITH("A: \x7f"), "control-in-field"),
    ROW(GET_WITH("A: \x0b"), "control-in-field"),
    ROW(GET_WITH("\0"), "no-colon"),
    /* framing */
    ROW(GET_WITH("Content-Length: 3\r\nTransfer-Encoding: chunked"), "length-and-coding"),
    ROW(GET_WITH("Transfer-Encoding: chunked\r\nContent-Length: 3"), "length-and-coding"),
    ROW(GET_WITH("Content-Length: 3\r\nTransfer-Encoding: gzip, chunked"), "length-and-coding"),
    ROW(GET_WITH("Content-Length: 3\r\nContent-Length: 3"), "length-twice"),
    ROW(GET_WITH("Content-Length: 3\r\nContent-Length: 4"), "lengths-differ"),
    ROW(GET_WITH("Content-Length: 3\r\nA: b\r\ncontent-length: 3"), "length-twice"),
    ROW(GET_WITH("Content-Length: 3, 3"), "bad-length"),
    ROW(GET_WITH("Content-Length: +3"), "bad-length"),
    ROW(GET_WITH("Content-Length: -3"), "bad-length"),
    ROW(GET_WITH("Content-Length: 0x3"), "bad-length"),
    ROW(GET_WITH("Content-Length: 3a"), "bad-length"),
    ROW(GET_WITH("Content-Length: 3 3"), "bad-length"),
    ROW(GET_WITH("Content-Length: 3;"), "bad-length"),
    ROW(GET_WITH("Content-Length: \"3\""), "bad-length"),
    ROW(GET_WITH("Content-Length:"), "bad-length"),
    ROW(GET_WITH("Content-Length: 9223372036854775808"), "length-too-large"),
    ROW(GET_WITH("Content-Length: 18446744073709551615"), "length-too-large"),
    ROW(GET_WITH("Content-Length: 18446744073709551616"), "length-too-large"),
    ROW(GET_WITH("Content-Length: 99999999999999999999999999"), "length-too-large"),
    ROW(GET_WITH("Content-Length : 3"), "space-before-colon"),
    ROW(GET_WITH("Transfer-Encoding : chunked"), "space-before-colon"),
    ROW("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "coding-in-http-1.0"),
    ROW(GET_WITH("Transfer-Encoding: gzip"), "chunked-not-last"),
    ROW(GET_WITH("Transfer-Encoding: identity"), "chunked-not-last"),
    ROW(GET_WITH("Transfer-Encoding:"), "bad-coding"),
    ROW(GET_WITH("Transfer-Encoding: ,"), "bad-coding"),
    ROW(GET_WITH("Transfer-Encoding: chunked,"), "bad-coding"),
    ROW(GET_WITH("Transfer-Encoding: ,chunked"), "bad-coding"),
    ROW(GET_WITH("Transfer-Encoding: chunked, chunked"), "chunked-twice"),
    ROW(GET_WITH("Transfer-Encoding: chunked, gzip, chunked"), "chunked-twice"),
    ROW(GET_WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), "chunked-twice"),
    ROW(GET_WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"), "chunked-not-last"),
    ROW(GET_WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding:"), "bad-coding"),
    ROW(GET_WITH("Transfer-Encoding:\r\nTransfer-Encoding: chunked"), "bad-coding"),
    ROW(GET_WITH("Transfer-Encoding: chunked, gzip"), "chunked-not-last"),
    ROW(GET_WITH("Transfer-Encoding: chunked;q=1"), "chunked-not-last"),
    ROW(GET_WITH("Transfer-Encoding: chunked foo"), "chunked-not-last"),
    ROW(GET_WITH("Transfer-Encoding: foo chunked"), "chunked-not-last"),
    ROW(GET_WITH("Transfer-Encoding: xchunked"), "chunked-not-last"),
    ROW(GET_WITH("Transfer-Encoding: chunkedx"), "chunked-not-last"),
    ROW(GET_WITH("Transfer-Encoding: \"chunked\""), "bad-coding"),
    ROW(GET_WITH("Transfer-Encoding: \x0b"
                 "chunked"),
        "control-in-field"),
    ROW(GET_WITH("Transfer-Encoding: gzip, chunked"), "unknown-coding"),
    ROW(GET_WITH("Transfer-Encoding: gzip;a=b , chunked"), "unknown-coding"),
    ROW(GET_WITH("Transfer-Encoding: identity, chunked"), "unknown-coding"),
    ROW(GET_WITH("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"), "unknown-coding"),
    /* cut short */
    ROW("G", "upstream-cut"),
    ROW("\r", "upstream-cut"),
    ROW("GET / HTTP/1.1\r\nHost: a\r\n", "upstream-cut"),
    /* the PROXY protocol */
    ROW("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\nGET / HTTP/1.1\r\n", "proxy-protocol"),
    ROW("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", "proxy-protocol"),
    ROW("\r\n\0\r\nQUIT\n", "not-http"),
    ROW("\r\n\r\n\0\rQUIT\n", "not-http"),
    ROW("\0\r\n\r\n\r\n", "not-http"),
};

#define CHUNKED       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
#define CHUNKED_STORY "POST / 1.1 chunked keep|Transfer-Encoding=chunked|"

static const struct row bad_bodies[] = {
    ROW("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab", "POST / 1.1 length 3 keep|Content-Length=3|ab !upstream-cut"),
    ROW("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n", "POST / 1.1 length 3 keep|Content-Length=3| !upstream-cut"),
    ROW(CHUNKED, CHUNKED_STORY " !upstream-cut"),
    ROW(CHUNKED "3\r\nabc\r\n", CHUNKED_STORY "abc !upstream-cut"),
    ROW(CHUNKED "3\r\nabc\r\n0\r\n", CHUNKED_STORY "abc !upstream-cut"),
    ROW(CHUNKED "3\r\nabc\r\n0\r\n\r", CHUNKED_STORY "abc !upstream-cut"),
    ROW(CHUNKED "3\r\nab", CHUNKED_STORY "ab !upstream-cut"),
    ROW(CHUNKED "3\r\nabcd\r\n0\r\n\r\n", CHUNKED_STORY "abc !chunk-end"),
    ROW(CHUNKED "3\r\nab\r\n0\r\n\r\n", CHUNKED_STORY "ab\r !chunk-end"),
    ROW(CHUNKED "g\r\n", CHUNKED_STORY " !chunk-size"),
    ROW(CHUNKED "\r\n", CHUNKED_STORY " !chunk-size"),
    ROW(CHUNKED "-1\r\n", CHUNKED_STORY " !chunk-size"),
    ROW(CHUNKED "+1\r\n", CHUNKED_STORY " !chunk-size"),
    ROW(CHUNKED "0x1\r\na\r\n", CHUNKED_STORY " !chunk-size"),
    ROW(CHUNKED " 1\r\na\r\n", CHUNKED_STORY " !blank-before-chunk-size"),
    ROW(CHUNKED "1 \r\na\r\n", CHUNKED_STORY " !blank-behind-chunk-size"),
    ROW(CHUNKED "1\t\r\na\r\n", CHUNKED_STORY " !blank-behind-chunk-size"),
    ROW(CHUNKED "1\na\r\n", CHUNKED_STORY " !bare-lf"),
    ROW(CHUNKED "1\ra\r\n", CHUNKED_STORY " !bare-cr"),
    ROW(CHUNKED "1;a\na\r\n", CHUNKED_STORY " !bare-lf"),
    ROW(CHUNKED "1;a=b\na\r\n", CHUNKED_STORY " !bare-lf"),
    ROW(CHUNKED "1;a=\"b\"\na\r\n", CHUNKED_STORY " !bare-lf"),
    ROW(CHUNKED "1;\na\r\n", CHUNKED_STORY " !bare-lf"),
    ROW(CHUNKED "1;a\ra\r\n", CHUNKED_STORY " !bare-cr"),
    ROW(CHUNKED "1;a=\"\r\na\r\n", CHUNKED_STORY " !chunk-extension"),
    ROW(CHUNKED "1;\0\r\na\r\n", CHUNKED_STORY " !chunk-extension"),
    ROW(CHUNKED "1;\r\na\r\n", CHUNKED_STORY " !chunk-extension"),
    ROW(CHUNKED "1;=b\r\na\r\n", CHUNKED_STORY " !chunk-extension"),
    ROW(CHUNKED "1;a;\r\na\r\n", CHUNKED_STORY " !chunk-extension"),
    ROW(CHUNKED "1;a;;b\r\na\r\n", CHUNKED_STORY " !chunk-extension"),
    ROW(CHUNKED "1;a=\r\na\r\n", CHUNKED_STORY " !chunk-extension"),
    ROW(CHUNKED "1;a=b\"c\"\r\na\r\n", CHUNKED_STORY " !chunk-extension"),
    ROW(CHUNKED "1;a=\"b\"c\r\na\r\n", CHUNKED_STORY " !chunk-extension"),
    ROW(CHUNKED "1;a=\"\x7f\"\r\na\r\n", CHUNKED_STORY " !chunk-extension"),
    ROW(CHUNKED "1;a=\"\\\x7f\"\r\na\r\n", CHUNKED_STORY " !chunk-extension"),
    ROW(CHUNKED "0;=b\r\n\r\n", CHUNKED_STORY " !chunk-extension"),
    ROW(CHUNKED "1\r\na\n", CHUNKED_STORY "a !chunk-end"),
    ROW(CHUNKED "1\r\na\r0\r\n\r\n", CHUNKED_STORY "a !chunk-end"),
    ROW(CHUNKED "1\r\na0\r\n\r\n", CHUNKED_STORY "a !chunk-end"),
    ROW(CHUNKED "10000000000000000\r\n", CHUNKED_STORY " !chunk-too-large"),
    ROW(CHUNKED "ffffffffffffffffff\r\n", CHUNKED_STORY " !chunk-too-large"),
    ROW(CHUNKED "0\n\n", CHUNKED_STORY " !bare-lf"),
    ROW(CHUNKED "0\r\n\n", CHUNKED_STORY " !bare-lf"),
    ROW(CHUNKED "0\n\r\n", CHUNKED_STORY " !bare-lf"),
    ROW(CHUNKED "0\r\n\r\r\n", CHUNKED_STORY " !bare-cr"),
    ROW(CHUNKED "0\r\n A: b\r\n\r\n", CHUNKED_STORY " !folded-trailer"),
    ROW(CHUNKED "0\r\nA : b\r\n\r\n", CHUNKED_STORY " !space-before-colon"),
    ROW(CHUNKED "0\r\nA: b\n\r\n", CHUNKED_STORY " !bare-lf"),
    ROW(CHUNKED "0\r\nA: b\r\n c\r\n\r\n", CHUNKED_STORY " !folded-trailer"),
    ROW(CHUNKED "0\r\nA: \0\r\n\r\n", CHUNKED_STORY " !control-in-field"),
    ROW(CHUNKED "0\r\nA\r\n\r\n", CHUNKED_STORY " !no-colon"),
    ROW(CHUNKED "0\r\nContent-Length: 3\r\n\r\n", CHUNKED_STORY " !framing-trailer"),
    ROW(CHUNKED "0\r\ntransfer-encoding: chunked\r\n\r\n", CHUNKED_STORY " !framing-trailer"),
};

static const struct row responses[] = {
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", "200 OK 1.1 length 2 keep|Content-Length=2|ab"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 2\t\r\n\r\nab", "200 OK 1.1 length 2 keep|Content-Length=2|ab"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked|"),
    ROW("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200  1.1 length 0 keep|Content-Length=0|"),
    ROW("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200  1.1 length 0 keep|Content-Length=0|"),
    ROW("HTTP/1.1 404 Not \t\x80 Found\r\n\r\nabc", "404 Not \t\x80 Found 1.1 close last|abc"),
    ROW("HTTP/1.0 200 OK\r\n\r\n", "200 OK 1.0 close last|"),
    ROW("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na",
        "200 OK 1.0 length 1 keep|Connection=keep-alive|Content-Length=1|a"),
    ROW("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na",
        "200 OK 1.1 length 1 last|Connection=close|Content-Length=1|a"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nT: u\r\n\r\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked|a|T=u"),
    ROW("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 \r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
        "100 Continue 1.1 none keep| ## 103  1.1 none keep|Link=x| ## 204 No 1.1 none keep|"),
    ROW("HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nHTTP/1.1 200 OK\r\n",
        "101 S 1.1 none last|Upgrade=x|Connection=upgrade| + 17"),
    ROW("HTTP/1.1 101 S\r\nContent-Length: 4\r\n\r\n\r\n\r\n", "101 S 1.1 none last|Content-Length=4| + 4"),
    ROW("HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", "204 No 1.1 none keep|Content-Length=0|"),
    ROW("HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\n", "204 No 1.1 none last|Content-Length=3|"),
    ROW("HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n", "204 No 1.1 none last|Transfer-Encoding=chunked|"),
    ROW("HTTP/1.1 304 Not\r\nContent-Length: 3\r\n\r\nHTTP/1.1 304 Not\r\n\r\n",
        "304 Not 1.1 none keep|Content-Length=3| ## 304 Not 1.1 none keep|"),
    ROW("HTTP/1.1 304 Not\r\nTransfer-Encoding: chunked\r\n\r\n", "304 Not 1.1 none keep|Transfer-Encoding=chunked|"),
    ROW("HTTP/1.1 200 OK\r\nUpgrade: h2\r\nConnection: upgrade\r\nContent-Length: 1\r\n\r\na",
        "200 OK 1.1 length 1 keep|Upgrade=h2|Connection=upgrade|Content-Length=1|a"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n",
        "200 OK 1.1 length 9223372036854775807 keep|Content-Length=9223372036854775807| !upstream-cut"),
    ROW("HTTP/1.1 599 x\r\nContent-Length: 0\r\n\r\n", "599 x 1.1 length 0 keep|Content-Length=0|"),
    /* forgiven ones */
    ROW("HTTP/1.1 200 OK\nContent-Length: 2\nA:b \n\nab", "200 OK 1.1 length 2 keep|Content-Length=2|A=b|ab ~lf"),
    ROW("HTTP/1.1 200 OK\r\nA: b\nContent-Length: 1\r\nC: d\r\n\r\na",
        "200 OK 1.1 length 1 keep|A=b|Content-Length=1|C=d|a ~lf"),
    ROW("HTTP/1.1 200 OK\nA: b\r\nContent-Length: 1\r\n\na", "200 OK 1.1 length 1 keep|A=b|Content-Length=1|a ~lf"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 1\n\r\na", "200 OK 1.1 length 1 keep|Content-Length=1|a ~lf"),
    ROW("HTTP/1.1 200 OK\n\nab", "200 OK 1.1 close last|ab ~lf"),
    ROW("HTTP/1.1 200 OK\n\r\nab", "200 OK 1.1 close last|ab ~lf"),
    ROW("HTTP/1.1 200\n\n", "200  1.1 close last| ~lf"),
    ROW("HTTP/1.1 204 No\n\nHTTP/1.1 204 No\r\n\r\n", "204 No 1.1 none keep| ~lf ## 204 No 1.1 none keep|"),
    ROW("HTTP/1.1 200 OK\nContent-Length: 3\n\n\n\r\n", "200 OK 1.1 length 3 keep|Content-Length=3|\n\r\n ~lf"),
    ROW("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nab\n1;x=y\n\n\n0;z\nT: u\nV:\n\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked|ab\n|T=u|V= ~lf"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nab\r\n1\r\n\r\n0\r\n\r\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked|ab\r ~lf"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\n\n\n0\r\n\r\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked|\n\n ~lf"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\nHTTP/1.1 204 No\r\n\r\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked|a ~lf ## 204 No 1.1 none keep|"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n 2 \r\nab\r\n\t1\t \r\nc\r\n0  ;x=y\r\n\r\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked|abc ~blanks"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n  2 \nab\n0\t\n\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked|ab ~lf ~blanks"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\nA: b\r\n\r\nab",
        "200 OK 1.1 length 2 keep|Content-Length=2|A=b|ab ~lengths"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 2 ,\t2,02\r\n\r\nab",
        "200 OK 1.1 length 2 keep|Content-Length=2|ab ~lengths"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 02\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nab",
        "200 OK 1.1 length 2 keep|Content-Length=02|ab ~lengths"),
    ROW("HTTP/1.1 304 Not\r\nContent-Length: 5, 5\r\n\r\n", "304 Not 1.1 none keep|Content-Length=5| ~lengths"),
    ROW("HTTP/1.1 600 x\r\nContent-Length: 1\r\n\r\na", "600 x 1.1 length 1 keep|Content-Length=1|a ~status"),
    ROW("HTTP/1.1 999\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.0 700 y\r\n\r\nz",
        "999  1.1 chunked keep|Transfer-Encoding=chunked| ~status ## 700 y 1.0 close last|z ~status"),
    ROW("HTTP/1.1 199 x\r\n\r\nHTTP/1.1 299 y\r\nContent-Length: 0\r\n\r\n",
        "199 x 1.1 none keep| ## 299 y 1.1 length 0 keep|Content-Length=0|"),
    ROW("HTTP/1.1 999 x\nContent-Length: 1, 1\n\na", "999 x 1.1 length 1 keep|Content-Length=1|a ~lf ~lengths ~status"),
    /* bad chunks */
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2 3\r\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked| !chunk-size"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n \r\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked| !chunk-size"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked| !chunk-size"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r0\r\n\r\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked|a !chunk-end"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\ra",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked| !bare-cr"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1; a\r\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked| !chunk-extension"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=\"b\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked| !chunk-extension"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00000000000000000\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked| !upstream-cut"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked| !chunk-too-large"),
    ROW("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n0\nContent-Length: 2\n\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked| !framing-trailer"),
    /* bad ones */
    ROW("\r\nHTTP/1.1 200 OK\r\n\r\n", " !answer-empty-line"),
    ROW("HTTP/1.1 099 x\r\n\r\n", " !status-line"),
    ROW("HTTP/1.1 20 x\r\n\r\n", " !status-line"),
    ROW("HTTP/1.1 2000 x\r\n\r\n", " !status-line"),
    ROW("HTTP/1.1 +20 x\r\n\r\n", " !status-line"),
    ROW("HTTP/1.1  200 x\r\n\r\n", " !status-line"),
    ROW("HTTP/1.1 200x\r\n\r\n", " !status-line"),
    ROW("HTTP/1.1\t200 x\r\n\r\n", " !status-line"),
    ROW("HTTP/1.1\r\n\r\n", " !status-line"),
    ROW("HTTP/1.2 200 x\r\n\r\n", " !answer-version"),
    ROW("HTTP/2.0 200 x\r\n\r\n", " !answer-version"),
    ROW("HTTP/2 200 x\r\n\r\n", " !answer-version"),
    ROW("http/1.1 200 x\r\n\r\n", " !answer-not-http"),
    ROW("ICY 200 OK\r\n\r\n", " !answer-not-http"),
    ROW("SSH-2.0-x", " !answer-not-http"),
    ROW("<html>", " !answer-not-http"),
    ROW("HTTP/1.1 200 a\0\r\n\r\n", " !control-in-status-line"),
    ROW("HTTP/1.1 200 a\rb\r\n\r\n", " !bare-cr"),
    ROW("\nHTTP/1.1 200 OK\r\n\r\n", " !answer-empty-line"),
    ROW("HTTP/1.1 200 a\rb\n\n", " !bare-cr"),
    ROW("HTTP/1.1 200 OK\nA: b\n c\n\n", " !folded-line"),
    ROW("HTTP/1.1 200 OK\nA: b\rC: d\n\n", " !bare-cr"),
    ROW("HTTP/1.1 200 OK\n\r\r\n", " !bare-cr"),
    ROW("HTTP/1.1 200 OK\nA\n\n", " !no-colon"),
    ROW("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", " !space-before-colon"),
    ROW("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", " !folded-line"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", " !length-and-coding"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na", " !lengths-differ"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\na", " !lengths-differ"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1, 2\r\n\r\na", " !lengths-differ"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 1,\r\n\r\na", " !bad-length"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: ,1\r\n\r\na", " !bad-length"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 1 1\r\n\r\na", " !bad-length"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length:\r\n\r\na", " !bad-length"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: x\r\n\r\na", " !bad-length"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: x\r\nContent-Length: x\r\n\r\na", " !bad-length"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808, 9223372036854775808\r\n\r\na", " !length-too-large"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\nTransfer-Encoding: chunked\r\n\r\n", " !length-and-coding"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1, 1\r\n\r\n", " !length-and-coding"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        " !length-and-coding"),
    ROW("HTTP/1.1 304 OK\r\nContent-Length: x\r\n\r\n", " !bad-length"),
    ROW("HTTP/1.1 304 OK\r\nContent-Length: 9223372036854775808\r\n\r\n", " !length-too-large"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n", " !length-too-large"),
    ROW("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", " !coding-in-http-1.0"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", " !chunked-not-last"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", " !chunked-twice"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", " !unknown-coding"),
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", "200 OK 1.1 length 2 keep|Content-Length=2|a !upstream-cut"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
        "200 OK 1.1 chunked keep|Transfer-Encoding=chunked|a !upstream-cut"),
};

static const struct row responses_to_head[] = {
    ROW("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        "200 OK 1.1 none keep|Content-Length=20| ## 200 OK 1.1 none keep|"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "200 OK 1.1 none keep|Transfer-Encoding=chunked|"),
    ROW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", " !length-and-coding"),
};

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static void good_requests_are_told(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(good_requests); i++) {
    expect(PARSER_REQUEST, STR(""), good_requests[i].in, good_requests[i].want);
  }
}

static void bad_heads_are_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(bad_heads); i++) {
    char want[64];
    snprintf(want, sizeof want, " !%s", bad_heads[i].want);
    expect(PARSER_REQUEST, STR(""), bad_heads[i].in, want);
  }
}

static void bad_bodies_are_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(bad_bodies); i++) {
    expect(PARSER_REQUEST, STR(""), bad_bodies[i].in, bad_bodies[i].want);
  }
}

static void responses_are_told(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(responses); i++) {
    expect(PARSER_RESPONSE, STR("GET"), responses[i].in, responses[i].want);
  }
  for (size_t i = 0; i < COUNT(responses_to_head); i++) {
    expect(PARSER_RESPONSE, STR("HEAD"), responses_to_head[i].in, responses_to_head[i].want);
  }
}

/* A message with `fill` times 'x' between two texts. */
static struct str filled(char *room, size_t size, const char *before, size_t fill, const char *after) {
  size_t start = strlen(before), len = start + fill + strlen(after);
  assert_true(len < size);
  snprintf(room, size, "%s", before);
  memset(room + start, 'x', fill);
  snprintf(room + start + fill, size - start - fill, "%s", after);
  return str_make(room, len);
}

/* The end of the story only: the middle is long. */
static void expect_end(enum parser_kind kind, struct str in, const char *want) {
  static const size_t cuts[] = {0, 1, 100, MAX_HEAD_BYTES - 1, MAX_HEAD_BYTES, MAX_HEAD_BYTES + 1};
  for (size_t i = 0; i <= COUNT(cuts); i++) {
    struct story story;
    bool bytewise = i == COUNT(cuts);
    read_all(&story, (struct feeder){.in = in, .cut = bytewise ? 0 : cuts[i], .bytewise = bytewise}, kind, STR("GET"));
    if (!str_ends_with(str_of(story.text), str_of(want))) fail_msg("got: %s\nwant: %s", story.text, want);
  }
}

static void limits_hold(void **state) {
  (void)state;
  char room[3 * MAX_HEAD_BYTES];
  size_t size = sizeof room;
  const char *line = "GET / HTTP/1.1\r\n", *status = "HTTP/1.1 204 x\r\n";
  size_t line_rest = MAX_HEAD_BYTES - strlen("GET / HTTP/1.1\r\n\r\n");
  size_t field_rest = MAX_HEAD_BYTES - strlen(line) - strlen("A: \r\n\r\n");
  expect_end(PARSER_REQUEST, filled(room, size, "GET /", line_rest, " HTTP/1.1\r\n\r\n"), " 1.1 none keep|");
  expect_end(PARSER_REQUEST, filled(room, size, "GET /", line_rest + 1, " HTTP/1.1\r\n\r\n"), "!target-too-long");
  expect_end(PARSER_REQUEST, filled(room, size, "GET /", line_rest + 3, " HTTP/1.1\r\n\r\n"), "!target-too-long");
  expect_end(PARSER_REQUEST, filled(room, size, "GET /", size - 100, " HTTP/1.1\r\n\r\n"), "!target-too-long");
  expect_end(PARSER_REQUEST, filled(room, size, "", size - 100, " / HTTP/1.1\r\n\r\n"), "!target-too-long");
  expect_end(PARSER_REQUEST, filled(room, size, "GET / HTTP/1.1\r\nA: ", field_rest, "\r\n\r\n"), "x|");
  expect_end(PARSER_REQUEST, filled(room, size, "GET / HTTP/1.1\r\nA: ", field_rest + 1, "\r\n\r\n"),
             "!head-too-large A: x has 2029");
  expect_end(PARSER_REQUEST, filled(room, size, "GET / HTTP/1.1\r\nA: ", field_rest + 3, "\r\n\r\n"),
             "!field-too-large A: x has 2031"); /* one LF is missing */
  expect_end(PARSER_REQUEST, filled(room, size, "GET / HTTP/1.1\r\nA: ", size - 100, "\r\n\r\n"),
             "!field-too-large A: x has 2032");
  expect_end(PARSER_REQUEST, filled(room, size, "GET / HTTP/1.1\r\nLong: 12345\r\nA: ", size - 100, "\r\n\r\n"),
             "!field-too-large A: x has 2019");
  expect_end(PARSER_REQUEST, filled(room, size, line, size - 100, ": b\r\n\r\n"), "!field-too-large xxxx has 2032");
  expect_end(PARSER_REQUEST, filled(room, size, "GET / HTTP/1.1\r\nA : b\r\nA: ", size - 100, "\r\n\r\n"),
             "!space-before-colon");
  expect_end(PARSER_REQUEST, filled(room, size, "G(T /", size - 100, " HTTP/1.1\r\n\r\n"), "!bad-method");
  expect_end(PARSER_RESPONSE, filled(room, size, status, size - 100, ": b\r\n\r\n"), "!field-too-large xxxx has 2032");
  expect_end(PARSER_RESPONSE, filled(room, size, "HTTP/1.1 200 ", size - 100, "\r\n\r\n"), "!status-line-too-long");
  char lines[2 * MAX_HEAD_BYTES];
  for (size_t i = 0; i < sizeof lines; i++) lines[i] = i % 2 ? '\n' : '\r';
  expect_end(PARSER_REQUEST, str_make(lines, sizeof lines), "!empty-lines");
  memcpy(lines + 100, "GET /", 5);
  memset(lines + 105, 'x', sizeof lines - 105);
  expect_end(PARSER_REQUEST, str_make(lines, sizeof lines), "!target-too-long");
}

static void limits_hold_in_a_body(void **state) {
  (void)state;
  char room[3 * MAX_HEAD_BYTES];
  size_t size = sizeof room, most = MAX_HEAD_BYTES;
  expect_end(PARSER_REQUEST, filled(room, size, CHUNKED "1;", most - 4, "\r\na\r\n0\r\n\r\n"), "|a");
  expect_end(PARSER_REQUEST, filled(room, size, CHUNKED "1;", most - 3, "\r\na\r\n0\r\n\r\n"),
             "| !extension-too-large");
  expect_end(PARSER_REQUEST, filled(room, size, CHUNKED "1\r\na\r\n1;a=", most, "\r\na\r\n0\r\n\r\n"),
             "|a !extension-too-large");
  expect_end(PARSER_REQUEST, filled(room, size, CHUNKED "0;", most - 4, "\r\nA: b\r\n\r\n"), "|A=b");
  expect_end(PARSER_REQUEST, filled(room, size, CHUNKED "0\r\nA: ", most - 7, "\r\n\r\n"), "x");
  expect_end(PARSER_REQUEST, filled(room, size, CHUNKED "0\r\nA: ", most - 6, "\r\n\r\n"), "!trailers-too-large");
  memset(room, '0', sizeof room);
  for (size_t i = 0; CHUNKED[i]; i++) room[i] = CHUNKED[i];
  expect_end(PARSER_REQUEST, str_make(room, size), "!extension-too-large");
  /* A chunk larger than the limit, in one piece, is no extension. */
  expect_end(PARSER_REQUEST, filled(room, size, CHUNKED "1388\r\n", 5000, "\r\n0\r\n\r\n"), "x");
}

enum { MESSAGE_ROOM = 1024 };

static size_t add(char *room, size_t len, const char *text) {
  int added = snprintf(room + len, MESSAGE_ROOM - len, "%s", text);
  assert_true(added >= 0 && (size_t)added < MESSAGE_ROOM - len);
  return len + (size_t)added;
}

static void fields_are_counted(void **state) {
  (void)state;
  for (unsigned extra = 0; extra < 2; extra++) {
    char room[MESSAGE_ROOM];
    size_t len = add(room, 0, "GET / HTTP/1.1\r\n");
    for (unsigned i = 0; i < MAX_FIELDS + extra; i++) len = add(room, len, "A: b\r\n");
    len = add(room, len, "\r\n");
    expect_end(PARSER_REQUEST, str_make(room, len), extra ? "!too-many-fields A: b has 4" : "|A=b|");
    len = add(room, 0, CHUNKED "0\r\n");
    for (unsigned i = 0; i < MAX_FIELDS + extra; i++) len = add(room, len, "A: b\r\n");
    len = add(room, len, "\r\n");
    expect_end(PARSER_REQUEST, str_make(room, len), extra ? "!too-many-trailers" : "|A=b");
  }
}

static void dropped_trailers_are_still_checked(void **state) {
  (void)state;
  static const struct {
    struct str in;
    enum cause cause;
  } rows[] = {
      ROW(CHUNKED "0\r\nA: b\r\nC: d\r\n\r\n", CAUSE_NONE),
      ROW(CHUNKED "0\r\nA : b\r\n\r\n", CAUSE_SPACE_BEFORE_COLON),
      ROW(CHUNKED "0\r\nContent-Length: 0\r\n\r\n", CAUSE_FRAMING_TRAILER),
      ROW(CHUNKED "0\r\nContent-Length: 1\r\n\r\n", CAUSE_FRAMING_TRAILER),
      ROW(CHUNKED "0\r\nContent-Length:\r\n\r\n", CAUSE_FRAMING_TRAILER),
      ROW(CHUNKED "0\r\nContent-Length: x\r\n\r\n", CAUSE_FRAMING_TRAILER),
      ROW(CHUNKED "0\r\nTransfer-Encoding: chunked\r\n\r\n", CAUSE_FRAMING_TRAILER),
      ROW(CHUNKED "0\r\nTransfer-Encoding:\r\n\r\n", CAUSE_FRAMING_TRAILER),
      ROW(CHUNKED "0\r\nTransfer-Encoding: gzip\r\n\r\n", CAUSE_FRAMING_TRAILER),
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct arena arena;
    arena_init(&arena, NULL, 1 << 16);
    struct parser parser;
    struct head head;
    parser_init(&parser, PARSER_REQUEST, &limits);
    parser_begin(&parser, &head, &arena);
    size_t at = 0, used = 0;
    struct str span;
    enum wire_status status = parser_head(&parser, rows[i].in, &used);
    assert_int_equal(status, WIRE_DONE);
    for (at = used; at < rows[i].in.len; at += used) {
      char byte = rows[i].in.ptr[at];
      status = parser_body(&parser, str_make(&byte, 1), &used, &span);
      if (status == WIRE_FAILED) break;
    }
    assert_int_equal(status, rows[i].cause ? WIRE_FAILED : WIRE_DONE);
    assert_int_equal(parser.fault, rows[i].cause);
    assert_int_equal(head.count, 1);
    arena_reset(&arena);
  }
}

static void every_size_of_arena_is_survived(void **state) {
  (void)state;
  struct str in = STR(CHUNKED "1\r\na\r\n0\r\nAbc: def\r\nGhi: jkl\r\nAbc: def\r\nGhi: jkl\r\nAbc: def\r\n\r\n");
  bool passed = false;
  for (size_t max_bytes = 0; max_bytes < 4096; max_bytes += 16) {
    for (unsigned bytewise = 0; bytewise < 2; bytewise++) {
      struct arena arena;
      arena_init(&arena, NULL, max_bytes);
      struct parser parser;
      struct head head, trailers;
      parser_init(&parser, PARSER_REQUEST, &limits);
      parser_begin(&parser, &head, &arena);
      struct feeder feeder = {.in = in, .bytewise = bytewise};
      struct story story = {.len = 0};
      enum wire_status status = read_head(&parser, &feeder);
      head_init(&trailers, &arena);
      parser.trailers = &trailers;
      if (status == WIRE_DONE) status = read_body(&parser, &feeder, &story);
      passed = status == WIRE_DONE;
      if (!passed) assert_int_equal(parser.fault, CAUSE_NO_MEMORY);
      arena_reset(&arena);
    }
  }
  assert_true(passed);
}

static void an_ordinary_head_takes_little_memory(void **state) {
  (void)state;
  struct str in =
      STR("GET /static/app.js?v=12 HTTP/1.1\r\nHost: shop.localhost:5000\r\nConnection: keep-alive\r\n"
          "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36\r\n"
          "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\n"
          "Accept-Language: en-GB,en;q=0.9\r\nCookie: session=0123456789abcdef0123456789abcdef\r\n\r\n");
  struct arena arena;
  arena_init(&arena, NULL, 1 << 16);
  struct parser parser;
  struct head head;
  parser_init(&parser, PARSER_REQUEST, &limits);
  parser_begin(&parser, &head, &arena);
  size_t used = 0;
  assert_int_equal(parser_head(&parser, in, &used), WIRE_DONE);
  assert_true(arena.total_bytes <= in.len + head.count * sizeof(struct field) + 2 * sizeof(max_align_t));
  arena_reset(&arena);
}

/* llhttp alone, shown every byte. */
static bool llhttp_takes(struct str in) {
  llhttp_t llhttp;
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  llhttp_init(&llhttp, HTTP_REQUEST, &settings);
  return llhttp_execute(&llhttp, in.ptr, in.len) == HPE_OK;
}

/* Of the fields that mean nothing to llhttp it never hears: those must be no others than it would take. */
static void fields_are_the_ones_that_llhttp_takes(void **state) {
  (void)state;
  static const char *const names[] = {"Xxxx", "Connectio", "Content-Typ"};
  for (unsigned i = 0; i < 3 * 2 * 16 * 256; i++) {
    const char *name = names[i % 3];
    char text[64];
    int len = snprintf(text, sizeof text, "GET / HTTP/1.1\r\n%s: abcdefghijklmno\r\nHost: a\r\n\r\n", name);
    size_t place = strlen("GET / HTTP/1.1\r\n") + (i / 3 % 2 ? strlen(name) + 2 : 0) + i / 6 % 16;
    text[place] = (char)(i / 96);
    struct arena arena;
    struct parser parser;
    struct head head;
    size_t used = 0;
    arena_init(&arena, NULL, SIZE_MAX / 2);
    parser_init(&parser, PARSER_REQUEST, &limits);
    parser_begin(&parser, &head, &arena);
    struct str in = str_make(text, (size_t)len);
    bool taken = parser_head(&parser, in, &used) == WIRE_DONE && used == in.len;
    if (taken != llhttp_takes(in)) fail_msg("%d at %zu: %s", (unsigned char)text[place], place, text);
    arena_reset(&arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_requests_are_told),
      cmocka_unit_test(bad_heads_are_refused),
      cmocka_unit_test(bad_bodies_are_refused),
      cmocka_unit_test(responses_are_told),
      cmocka_unit_test(limits_hold),
      cmocka_unit_test(fields_are_the_ones_that_llhttp_takes),
      cmocka_unit_test(limits_hold_in_a_body),
      cmocka_unit_test(fields_are_counted),
      cmocka_unit_test(dropped_trailers_are_still_checked),
      cmocka_unit_test(every_size_of_arena_is_survived),
      cmocka_unit_test(an_ordinary_head_takes_little_memory),
  };
  return cmocka_run_group_tests_name("parser", tests, NULL, NULL);
}
