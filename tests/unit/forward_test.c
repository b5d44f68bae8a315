#include "liteginx/http/forward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>
#include <stdio.h>
#include <time.h>

#include "liteginx/wire/http1_head.h"
#include "liteginx/wire/parser.h"

static const struct wire_limits limits = {.max_head_bytes = 65536, .max_fields = 200};

static void read_head(struct head *head, struct arena *arena, enum parser_kind kind, struct str method, struct str in) {
  struct parser parser;
  size_t used = 0;
  parser_init(&parser, kind, &limits);
  if (kind == PARSER_REQUEST) {
    parser_begin(&parser, head, arena);
  } else {
    parser_begin_response(&parser, head, arena, method);
  }
  if (parser_head(&parser, in, &used) != WIRE_DONE) fail_msg("not a head: %.*s", STR_ARG(in));
  assert_int_equal(used, in.len);
}

/* Every row: what came in, what goes out, both without the empty line. */
struct request_row {
  const char *in, *want;
  const char *client, *prefix, *path; /* NULL: 1.2.3.4, none, as received */
  int max_forwards_left;              /* 0: not counted */
  bool local;                         /* neither client nor listener has an address */
  bool trusted, chunked, close;
};

#define SET(host) \
  "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: " host "\r\nX-Forwarded-Port: 5000\r\n"
#define VIA  "Via: 1.1 liteginx\r\n"
#define OURS SET("a") VIA

static const struct request_row requests[] = {
    {.in = "GET /x?y=%zz HTTP/1.1\r\nhost: a\r\nAccept: */*\r\n",
     .want = "GET /x?y=%zz HTTP/1.1\r\nhost: a\r\nAccept: */*\r\n" OURS},
    /* order, case, repetitions, odd values */
    {.in = "GET / HTTP/1.1\r\nb: 1\r\nHOST: a\r\nA:\r\nB: \xff  2 \r\nCookie: x\r\n",
     .want = "GET / HTTP/1.1\r\nb: 1\r\nHOST: a\r\nA: \r\nB: \xff  2\r\nCookie: x\r\n" OURS},
    {.in = "GET /two?q HTTP/1.1\r\nHost: a\r\n",
     .path = "/x",
     .prefix = "/two",
     .want = "GET /x?q HTTP/1.1\r\nHost: a\r\n" SET("a") "X-Forwarded-Prefix: /two\r\n" VIA},
    /* over a Unix socket */
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Port: 1\r\nForwarded: for=x\r\n",
     .local = true,
     .want = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\n" VIA},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Port: 1\r\nForwarded: for=x\r\n",
     .local = true,
     .trusted = true,
     .want = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Port: 1\r\n"
             "Forwarded: for=x, for=unknown;host=\"a\";proto=http\r\n"
             "X-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\n" VIA},
    {.in = "OPTIONS * HTTP/1.1\r\nHost: a\r\n", .want = "OPTIONS * HTTP/1.1\r\nHost: a\r\n" OURS},
    {.in = "GET http://b:81/c?d HTTP/1.1\r\nHost: a\r\n",
     .want = "GET /c?d HTTP/1.1\r\nHost: b:81\r\n" SET("b:81") VIA},
    /* an empty port */
    {.in = "GET / HTTP/1.1\r\nHost: a:\r\nA: b\r\n", .want = "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n" OURS},
    {.in = "GET http://b:/c HTTP/1.1\r\nForwarded: x\r\nHost: a\r\n",
     .trusted = true,
     .want = "GET /c HTTP/1.1\r\nForwarded: x, for=1.2.3.4;host=\"b\";proto=http\r\nHost: b\r\n" SET("b") VIA},
    /* HTTP/1.0 */
    {.in = "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\n" SET("a") "Via: 1.0 liteginx\r\n"},
    {.in = "GET / HTTP/1.0\r\nA: b\r\n",
     .want = "GET / HTTP/1.1\r\nHost: target:3000\r\nA: b\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: http\r\n"
             "X-Forwarded-Port: 5000\r\nVia: 1.0 liteginx\r\n"},
    /* hop-by-hop */
    {.in =
         "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nKeep-Alive: x\r\nProxy-Connection: x\r\nTE: gzip\r\n"
         "Proxy-Authenticate: x\r\nProxy-Authorization: x\r\nProxy-Authentication-Info: x\r\nUpgrade: h2c\r\nC: d\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\nC: d\r\n" OURS},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nConnection: x-one, , X-TWO\r\nx-two: 2\r\nX-Three: 3\r\n"
           "connection: x-four\r\nX-Four: 4\r\nVia: 1.0 x\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\nX-Three: 3\r\nVia: 1.0 x\r\n" OURS},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nConnection: via, cookie\r\nVia: 1.0 x\r\nCookie: y\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\n" OURS},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTrailer: X\r\nDate: d\r\nAccept: e\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTrailer: X\r\nDate: d\r\nAccept: e\r\n" OURS},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nTrailer: Content-Length,X,Y ,Transfer-Encoding, Z,,\r\nTrailer: "
           "host\r\nTrailer: a,b\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\nTrailer: X, Y, Z\r\nTrailer: a,b\r\n" OURS},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nTrailer:\r\nTrailer: ,\r\nTrailer: x-named, TE\r\nConnection: x-named\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\n" OURS},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nTrailer: te,a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\nTrailer: a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, "
             "w, x, y, "
             "z\r\n" OURS},
    /* framing */
    {.in = "POST / HTTP/1.1\r\nHost: a\r\ncontent-LENGTH: 007\r\nA: b\r\n",
     .want = "POST / HTTP/1.1\r\nHost: a\r\ncontent-LENGTH: 7\r\nA: b\r\n" OURS},
    {.in = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n",
     .want = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n" OURS},
    {.in = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n",
     .want = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n" OURS},
    {.in = "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nHost: a\r\n",
     .chunked = true,
     .want = "POST / HTTP/1.1\r\nHost: a\r\n" OURS "Transfer-Encoding: chunked\r\n"},
    {.in = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: Transfer-Encoding\r\nHost: a\r\n",
     .chunked = true,
     .want = "POST / HTTP/1.1\r\nHost: a\r\n" OURS "Transfer-Encoding: chunked\r\n"},
    /* TE */
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nTE: gzip, Trailers;q=1\r\nConnection: TE\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\n" OURS "Connection: TE\r\nTE: trailers\r\n"},
    {.in = "GET / HTTP/1.0\r\nHost: a\r\nTE: trailers\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\n" SET("a") "Via: 1.0 liteginx\r\n"},
    /* Upgrade */
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: "
           "k\r\n",
     .want =
         "GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: k\r\n" OURS "Connection: upgrade\r\nUpgrade: websocket\r\n"},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, te, http2-settings\r\nUpgrade: h2c,x/1 ,H2C\r\n"
           "HTTP2-Settings: x\r\nTE: trailers\r\nUpgrade: , y\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\n" OURS "Connection: upgrade, TE\r\nUpgrade: x/1, y\r\nTE: trailers\r\n"},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: HTTP/2.0, h2, TLS/1.2, h3, h2x, http-x/1\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\n" OURS "Connection: upgrade\r\nUpgrade: h2x, http-x/1\r\n"},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n", .want = "GET / HTTP/1.1\r\nHost: a\r\n" OURS},
    {.in = "GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\n" SET("a") "Via: 1.0 liteginx\r\n"},
    {.in = "GET / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\n" SET("a") "Via: 1.0 liteginx\r\n"},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n",
     .close = true,
     .want = "GET / HTTP/1.1\r\nHost: a\r\n" OURS "Connection: TE, close\r\nTE: trailers\r\n"},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n",
     .close = true,
     .want = "GET / HTTP/1.1\r\nHost: a\r\n" OURS "Connection: upgrade\r\nUpgrade: x\r\n"},
    /* names that CGI cannot tell from ours */
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 9\r\nx_real-ip: 9\r\nContent_Length: 9\r\nContent_Type: "
           "9\r\n_: 9\r\n"
           "X_FORWARDED_FOR_AND_THIRTY_MORE_LETTERS: 9\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\nContent_Type: 9\r\n_: 9\r\n" OURS},
    /* whom it is for */
    {.in =
         "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9\r\nx-forwarded-proto: https\r\nX-Forwarded-Host: x\r\n"
         "X-Forwarded-Port: 1\r\nX-Forwarded-Prefix: /p\r\nX-Forwarded-Server: s\r\nX-Real-IP: 9.9.9.9\r\n"
         "Forwarded: for=9.9.9.9\r\nX-Forwarded: y\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded: y\r\n" OURS},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\n",
     .client = "2001:db8::1",
     .want = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 2001:db8::1\r\nX-Forwarded-Proto: http\r\n"
             "X-Forwarded-Host: a\r\nX-Forwarded-Port: 5000\r\n" VIA},
    {.in =
         "GET / HTTP/1.1\r\nHost: a\r\nx-forwarded-for: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: x\r\n"
         "X-Forwarded-Port: 1\r\nX-Forwarded-Prefix: /p\r\nX-Forwarded-Server: s\r\nX-Real-IP: 9.9.9.9\r\n"
         "Forwarded: for=9.9.9.9\r\n",
     .trusted = true,
     .prefix = "/two",
     .want = "GET / HTTP/1.1\r\nHost: a\r\nx-forwarded-for: 9.9.9.9, 1.2.3.4\r\nX-Forwarded-Proto: https\r\n"
             "X-Forwarded-Host: x\r\nX-Forwarded-Port: 1\r\nX-Forwarded-Prefix: /p\r\nX-Forwarded-Server: s\r\n"
             "X-Real-IP: 9.9.9.9\r\nForwarded: for=9.9.9.9, for=1.2.3.4;host=\"a\";proto=http\r\n" VIA},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9, 8.8.8.8\r\nB: c\r\nX-Forwarded-For: 7.7.7.7\r\n"
           "Forwarded: for=x\r\nForwarded:\r\n",
     .trusted = true,
     .client = "::1",
     .want = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9, 8.8.8.8\r\nB: c\r\n"
             "X-Forwarded-For: 7.7.7.7, ::1\r\nForwarded: for=x\r\n"
             "Forwarded: for=\"[::1]\";host=\"a\";proto=http\r\n"
             "X-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\nX-Forwarded-Port: 5000\r\n" VIA},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\n",
     .trusted = true,
     .prefix = "/two",
     .want = "GET / HTTP/1.1\r\nHost: a\r\n" SET("a") "X-Forwarded-Prefix: /two\r\n" VIA},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9\r\nConnection: x-forwarded-for\r\n",
     .trusted = true,
     .want = "GET / HTTP/1.1\r\nHost: a\r\n" OURS},
    /* Max-Forwards */
    {.in = "TRACE / HTTP/1.1\r\nHost: a\r\nmax-forwards: 07\r\n",
     .max_forwards_left = 6,
     .want = "TRACE / HTTP/1.1\r\nHost: a\r\nmax-forwards: 6\r\n" OURS},
    {.in = "GET / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 07\r\n",
     .want = "GET / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 07\r\n" OURS},
};

static void describe(const struct request_row *row, const struct head *head, const struct request_target *parts,
                     struct forward_request *request) {
  *request = (struct forward_request){
      .head = head,
      .parts = parts,
      .path = row->path ? str_of(row->path) : parts->path,
      .host = parts->host.ptr ? parts->host : STR("target:3000"),
      .client = row->local ? STR("") : str_of(row->client ? row->client : "1.2.3.4"),
      .listener_port = row->local ? STR("") : STR("5000"),
      .proto = STR("http"),
      .prefix = str_of(row->prefix),
      .close = row->close,
      .trusted = row->trusted,
      .max_forwards = row->max_forwards_left != 0,
      .max_forwards_left = (uint64_t)row->max_forwards_left,
  };
}

static void requests_go_up(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    struct arena arena;
    arena_init(&arena, NULL, 1 << 20);
    struct head head, again;
    struct request_target parts;
    struct str what;
    struct forward_request request;
    char in[2048], want[2048];
    snprintf(in, sizeof in, "%s\r\n", requests[i].in);
    snprintf(want, sizeof want, "%s\r\n", requests[i].want);
    read_head(&head, &arena, PARSER_REQUEST, STR(""), str_of(in));
    assert_int_equal(request_target_parse(&head, &parts, &what), CAUSE_NONE);
    describe(&requests[i], &head, &parts, &request);
    struct str out = http1_write_request(&request);
    if (!str_eq(out, str_of(want))) fail_msg("row %zu\n got:\n%.*s\nwant:\n%s", i, STR_ARG(out), want);
    read_head(&again, &arena, PARSER_REQUEST, STR(""), out);
    assert_int_equal(again.framing, head.framing);
    assert_int_equal(request_target_parse(&again, &parts, &what), CAUSE_NONE);
    arena_reset(&arena);
  }
}

struct response_row {
  const char *in, *want, *method; /* method NULL: GET */
  bool chunked, close, upgrade, old, no_date;
};

#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

static const struct response_row responses[] = {
    {.in = "HTTP/1.1 200 OK\r\nserver: x\r\nDATE: y\r\nContent-Length: 3\r\n",
     .want = "HTTP/1.1 200 OK\r\nserver: x\r\nDATE: y\r\nContent-Length: 3\r\n"},
    {.in = "HTTP/1.0 404 Not Found\r\nContent-Length: 03\r\nVia: 1.1 z\r\n",
     .want = "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nVia: 1.1 z\r\n" DATE},
    {.in = "HTTP/1.1 200\r\n", .chunked = true, .want = "HTTP/1.1 200 \r\n" DATE "Transfer-Encoding: chunked\r\n"},
    {.in = "HTTP/1.1 200 OK\r\n", .close = true, .want = "HTTP/1.1 200 OK\r\n" DATE "Connection: close\r\n"},
    {.in = "HTTP/1.1 200 OK\r\n", .no_date = true, .want = "HTTP/1.1 200 OK\r\n"},
    {.in = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n",
     .want = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" DATE},
    {.in = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n",
     .chunked = true,
     .want = "HTTP/1.1 200 OK\r\nTrailer: T\r\n" DATE "Transfer-Encoding: chunked\r\n"},
    {.in = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
     .close = true,
     .want = "HTTP/1.1 200 OK\r\n" DATE "Connection: close\r\n"},
    {.in = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: Transfer-Encoding\r\n",
     .chunked = true,
     .want = "HTTP/1.1 200 OK\r\n" DATE "Transfer-Encoding: chunked\r\n"},
    {.in = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T, Content-Length\r\nTrailer: Set-Cookie\r\n",
     .chunked = true,
     .want = "HTTP/1.1 200 OK\r\nTrailer: T\r\n" DATE "Transfer-Encoding: chunked\r\n"},
    /* dropped and kept */
    {.in = "HTTP/1.1 407 x\r\nConnection: x-one, date\r\nKeep-Alive: x\r\nProxy-Connection: x\r\nTE: x\r\nX-One: 1\r\n"
           "Proxy-Authenticate: x\r\nProxy-Authorization: x\r\nProxy-Authentication-Info: x\r\nUpgrade: h2\r\n"
           "Set-Cookie: a\r\nSet-Cookie: b\r\nX-Forwarded-For: y\r\nDate: z\r\nContent-Length: 0\r\n",
     .want = "HTTP/1.1 407 x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nX-Forwarded-For: y\r\nContent-Length: 0\r\n" DATE},
    /* lengths without a body */
    {.in = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n",
     .method = "HEAD",
     .want = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n" DATE},
    {.in = "HTTP/1.1 304 x\r\nContent-Length: 30\r\n", .want = "HTTP/1.1 304 x\r\nContent-Length: 30\r\n" DATE},
    {.in = "HTTP/1.1 204 x\r\nContent-Length: 30\r\n", .want = "HTTP/1.1 204 x\r\n" DATE},
    {.in = "HTTP/1.1 103 x\r\nContent-Length: 30\r\nLink: y\r\n", .want = "HTTP/1.1 103 x\r\nLink: y\r\n"},
    {.in = "HTTP/1.1 100 Continue\r\n", .want = "HTTP/1.1 100 Continue\r\n"},
    {.in = "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade, X\r\nX: y\r\nSec-WebSocket-Accept: z\r\n",
     .upgrade = true,
     .want = "HTTP/1.1 101 S\r\nSec-WebSocket-Accept: z\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"},
    {.in = "HTTP/1.1 426 U\r\nUpgrade: h2c, TLS/1.0, x/2, HTTP/1.1\r\nContent-Length: 0\r\n",
     .want = "HTTP/1.1 426 U\r\nContent-Length: 0\r\n" DATE "Connection: upgrade\r\nUpgrade: x/2\r\n"},
    {.in = "HTTP/1.1 426 U\r\nUpgrade: x/2\r\nContent-Length: 0\r\n",
     .close = true,
     .want = "HTTP/1.1 426 U\r\nContent-Length: 0\r\n" DATE "Connection: upgrade, close\r\nUpgrade: x/2\r\n"},
    {.in = "HTTP/1.1 426 U\r\nUpgrade: x/2\r\nContent-Length: 0\r\n",
     .close = true,
     .old = true,
     .want = "HTTP/1.1 426 U\r\nContent-Length: 0\r\n" DATE "Connection: close\r\n"},
};

static void responses_come_back(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof responses / sizeof *responses; i++) {
    const struct response_row *row = &responses[i];
    struct arena arena;
    arena_init(&arena, NULL, 1 << 20);
    struct head head, again;
    char in[2048], want[2048];
    snprintf(in, sizeof in, "%s\r\n", row->in);
    snprintf(want, sizeof want, "%s\r\n", row->want);
    struct str method = str_of(row->method ? row->method : "GET");
    read_head(&head, &arena, PARSER_RESPONSE, method, str_of(in));
    struct forward_response response = {.head = &head,
                                        .date = row->no_date ? STR("") : STR("Sun, 06 Nov 1994 08:49:37 GMT"),
                                        .switches = row->upgrade};
    struct http1_answer answer = {.chunked = row->chunked, .close = row->close, .old = row->old};
    struct str out = http1_write_response(&response, &answer);
    if (!str_eq(out, str_of(want))) fail_msg("row %zu\n got:\n%.*s\nwant:\n%s", i, STR_ARG(out), want);
    read_head(&again, &arena, PARSER_RESPONSE, method, out);
    assert_int_equal(again.status, head.status);
    arena_reset(&arena);
  }
}

static void passes_are_counted(void **state) {
  (void)state;
  static const struct {
    const char *in;
    unsigned passes;
  } rows[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0},
      {"GET / HTTP/1.1\r\nVia: 1.1 liteginx\r\n\r\n", 1},
      {"GET / HTTP/1.1\r\nVia: 1.1 liteginx, 1.0 x , 1.0  liteginx\r\nVia:1.1 liteginx\r\n\r\n", 3},
      {"GET / HTTP/1.1\r\nVia: liteginx, 1.1 liteginxx, 1.1 xliteginx, , 1.1\r\nA: 1.1 liteginx\r\n\r\n", 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct arena arena;
    struct head head;
    arena_init(&arena, NULL, 1 << 20);
    read_head(&head, &arena, PARSER_REQUEST, STR(""), str_of(rows[i].in));
    assert_int_equal(forward_passes(&head), rows[i].passes);
    arena_reset(&arena);
  }
}

static void upgrades_that_were_asked_for(void **state) {
  (void)state;
  static const struct {
    const char *asked, *upgrade;
    bool accepted;
  } rows[] = {{"websocket", "WebSocket", true},
              {"a/1, b", "b", true},
              {"a/1, b", "a/1", true},
              {"a, b", "b,a", true},
              {"a/1, b", "a", false},
              {"a, b", "a, c", false},
              {"a", "", false},
              {"a", ",", false},
              {"", "a", false},
              {"", "", false},
              {"ab", "a", false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct arena arena;
    arena_init(&arena, NULL, 1 << 20);
    struct head head;
    head_init(&head, &arena);
    assert_false(forward_upgrade_accepted(str_of(rows[i].asked), &head));
    assert_true(head_add(&head, STR("Upgrade"), str_of(rows[i].upgrade)));
    assert_int_equal(forward_upgrade_accepted(str_of(rows[i].asked), &head), rows[i].accepted);
    arena_reset(&arena);
  }
}

static void connection_may_not_name_framing(void **state) {
  (void)state;
  static const struct {
    const char *connection;
    bool forbidden;
  } rows[] = {{"close", false},
              {"keep-alive, x-host", false},
              {"Host", true},
              {"a, CONTENT-length", true},
              {"hosts", false},
              {"transfer-encoding ,b", false},
              {"transfer-encoding, Host", true},
              {"Host;q=1", true},
              {"hosts;Host", false},
              {"content length", false},
              {"", false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct arena arena;
    arena_init(&arena, NULL, 1 << 20);
    struct head head;
    head_init(&head, &arena);
    assert_true(head_add(&head, STR("Connection"), STR("x")));
    assert_true(head_add(&head, STR("Connection"), str_of(rows[i].connection)));
    struct str named = STR("?");
    assert_int_equal(forward_connection_forbidden(&head, &named), rows[i].forbidden);
    assert_int_equal(field_id_of(named) != FIELD_OTHER, rows[i].forbidden);
    arena_reset(&arena);
  }
}

static const char browser_get[] =
    "GET /static/app.js?v=12 HTTP/1.1\r\nHost: shop.localhost:5000\r\nConnection: keep-alive\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\nCookie: session=0123456789abcdef0123456789abcdef\r\n\r\n";

static void forward_once(struct arena *arena, struct parser *parser, struct str *out) {
  struct head head;
  struct request_target parts;
  struct str what;
  struct forward_request request;
  size_t used = 0;
  parser_begin(parser, &head, arena);
  assert_int_equal(parser_head(parser, str_of(browser_get), &used), WIRE_DONE);
  assert_int_equal(request_target_parse(&head, &parts, &what), CAUSE_NONE);
  describe(&(struct request_row){.in = browser_get}, &head, &parts, &request);
  *out = http1_write_request(&request);
}

static void too_little_memory_is_reported(void **state) {
  (void)state;
  struct arena arena;
  struct head head;
  struct request_target parts;
  struct str what;
  struct forward_request request;
  arena_init(&arena, NULL, 1 << 20);
  read_head(&head, &arena, PARSER_REQUEST, STR(""), str_of(browser_get));
  assert_int_equal(request_target_parse(&head, &parts, &what), CAUSE_NONE);
  describe(&(struct request_row){.in = browser_get}, &head, &parts, &request);
  arena.max_bytes = arena.total_bytes + 16;
  assert_null(http1_write_request(&request).ptr);
  assert_null(http1_write_response(&(struct forward_response){.head = &head}, &(struct http1_answer){0}).ptr);
  arena_reset(&arena);
}

/* One chunk of the arena's cache holds an ordinary request twice over, with a quarter left for others. Prints what it
 * costs; a bound on time would fail under a debugger. */
static void an_ordinary_request_is_cheap(void **state) {
  (void)state;
  enum { TIMES = 20000 };
  struct arena_cache cache;
  struct arena arena;
  struct parser parser;
  struct str out;
  arena_cache_init(&cache, 4);
  arena_init(&arena, &cache, 1 << 20);
  parser_init(&parser, PARSER_REQUEST, &limits);
  clock_t start = clock();
  for (int i = 0; i < TIMES; i++) {
    forward_once(&arena, &parser, &out);
    assert_non_null(out.ptr);
    assert_true(arena.total_bytes <= ARENA_CHUNK_BYTES * 3 / 4);
    arena_reset(&arena);
  }
  double ns = (double)(clock() - start) * 1e9 / CLOCKS_PER_SEC / TIMES;
  print_message("# head in and out: %.0f ns, %zu bytes\n", ns, sizeof browser_get - 1);
  assert_int_equal(cache.kept, 1);
  arena_cache_free(&cache);
}

/* Without memory for the list a request must not go up as if it had asked for nothing. */
static void an_upgrade_without_memory_is_none(void **state) {
  (void)state;
  struct arena arena;
  struct head head;
  arena_init(&arena, NULL, 1 << 20);
  read_head(&head, &arena, PARSER_REQUEST, STR(""), STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  assert_non_null(forward_upgrade(&head).ptr);
  assert_int_equal(forward_upgrade(&head).len, 0);
  arena_reset(&arena);
  read_head(&head, &arena, PARSER_REQUEST, STR(""),
            STR("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"));
  arena.max_bytes = arena.total_bytes;
  assert_null(forward_upgrade(&head).ptr);
  arena_reset(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(requests_go_up),
      cmocka_unit_test(responses_come_back),
      cmocka_unit_test(passes_are_counted),
      cmocka_unit_test(upgrades_that_were_asked_for),
      cmocka_unit_test(an_upgrade_without_memory_is_none),
      cmocka_unit_test(connection_may_not_name_framing),
      cmocka_unit_test(too_little_memory_is_reported),
      cmocka_unit_test(an_ordinary_request_is_cheap),
  };
  return cmocka_run_group_tests_name("forward", tests, NULL, NULL);
}
