/* What liteginx itself computes for one request and its response, without system calls: head parsed, route found, path
 * rewritten, head to send put together; the same backwards. For a small request and for one as browsers send it. */
#include <stdio.h>

#include "bench.h"
#include "liteginx/route/path.h"
#include "liteginx/route/rewrite.h"
#include "liteginx/route/router.h"
#include "liteginx/wire/http1_head.h"
#include "liteginx/wire/parser.h"

enum { TIMES = 20000, MAX_BYTES = 1 << 20, CHUNKS_KEPT = 8 };

#define BROWSER                                                                                         \
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0\r\n"              \
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8\r\n"              \
  "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\n" \
  "Cookie: session=0123456789abcdef0123456789abcdef\r\nUpgrade-Insecure-Requests: 1\r\n"

static const struct str small = STR_INIT("GET /two/a?q=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
static const struct str browser = STR_INIT("GET /two/a?q=1 HTTP/1.1\r\nHost: localhost\r\n" BROWSER "\r\n");
static const struct str answer = STR_INIT(
    "HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 10:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\n");
static const struct wire_limits limits = {.max_head_bytes = 64 * 1024, .max_fields = 200};

struct bench {
  struct arena_cache chunks;
  struct arena arena, lasting; /* of one request; of the configuration */
  struct router *router;
  struct rewrite rewrite;
  struct str in;
};

static void bench_open(struct bench *bench);
static void bench_close(struct bench *bench);
static void parse(void *owner);
static void forward(void *owner);
static void respond(void *owner);
static void read_request(struct bench *bench, struct head *head);

int main(void) {
  struct bench bench;
  bench_open(&bench);
  const struct {
    const char *name;
    struct str in;
    void (*run)(void *owner);
  } rows[] = {
      {"small request: parse", small, parse},
      {"small request: parse, route, rewrite, forward", small, forward},
      {"browser's request: parse", browser, parse},
      {"browser's request: parse, route, rewrite, forward", browser, forward},
      {"response: parse, forward", answer, respond},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    bench.in = rows[i].in;
    printf("%-50s %7.0f ns\n", rows[i].name, bench_best_ns(rows[i].run, &bench, TIMES));
  }
  bench_close(&bench);
  return 0;
}

static void bench_open(struct bench *bench) {
  struct template_fault fault;
  arena_cache_init(&bench->chunks, CHUNKS_KEPT);
  arena_init(&bench->arena, &bench->chunks, MAX_BYTES);
  arena_init(&bench->lasting, NULL, MAX_BYTES);
  struct pattern *pattern = arena_alloc(&bench->lasting, sizeof *pattern);
  ENSURE(pattern && pattern_parse(&bench->lasting, STR("/two"), PATTERN_PREFIX, pattern, &fault));
  ENSURE(rewrite_parse(&bench->lasting, STR("/"), pattern, &bench->rewrite, &fault));
  struct router_entry entry = {.pattern = pattern};
  bench->router = router_build(&entry, 1);
  ENSURE(bench->router);
}

static void bench_close(struct bench *bench) {
  router_free(bench->router);
  arena_reset(&bench->arena);
  arena_reset(&bench->lasting);
  arena_cache_free(&bench->chunks);
}

static void read_request(struct bench *bench, struct head *head) {
  struct parser parser;
  size_t used;
  parser_init(&parser, PARSER_REQUEST, &limits);
  parser_begin(&parser, head, &bench->arena);
  ENSURE(parser_head(&parser, bench->in, &used) == WIRE_DONE);
}

static void parse(void *owner) {
  struct bench *bench = owner;
  for (unsigned i = 0; i < TIMES; i++) {
    struct head head;
    read_request(bench, &head);
    arena_reset(&bench->arena);
  }
}

static void forward(void *owner) {
  struct bench *bench = owner;
  for (unsigned i = 0; i < TIMES; i++) {
    struct head head;
    struct request_target parts;
    struct str what;
    struct router_match match;
    struct str path;
    read_request(bench, &head);
    ENSURE(request_target_parse(&head, &parts, &what) == CAUSE_NONE);
    ENSURE(path_normalise(&bench->arena, parts.path, &path) == PATH_OK);
    ENSURE(router_find(bench->router, request_target_host_name(parts.host), path, &match));
    ENSURE(rewrite_apply(&bench->arena, &bench->rewrite, match.params, match.rest, &path) == REWRITE_OK);
    struct forward_request request = {.head = &head,
                                      .parts = &parts,
                                      .path = path,
                                      .host = parts.host,
                                      .client = STR("127.0.0.1"),
                                      .listener_port = STR("5000"),
                                      .proto = STR("http"),
                                      .prefix = match.matched};
    ENSURE(http1_write_request(&request).ptr);
    arena_reset(&bench->arena);
  }
}

static void respond(void *owner) {
  struct bench *bench = owner;
  for (unsigned i = 0; i < TIMES; i++) {
    struct head head;
    struct parser parser;
    size_t used;
    parser_init(&parser, PARSER_RESPONSE, &limits);
    parser_begin_response(&parser, &head, &bench->arena, STR("GET"));
    ENSURE(parser_head(&parser, bench->in, &used) == WIRE_DONE);
    struct forward_response response = {.head = &head, .date = STR("Tue, 24 Nov 2026 10:00:00 GMT")};
    ENSURE(http1_write_response(&response, &(struct http1_answer){0}).ptr);
    arena_reset(&bench->arena);
  }
}
