/* Each message goes through the filter whole, cut in two at every byte, and byte by byte. What comes out is parsed
 * again: content and trailers must be the same each time. */
#include "liteginx/wire/body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>
#include <stdio.h>

#include "liteginx/wire/http1_body.h"

enum { OUT_MAX = 1 << 16 };

static const struct wire_limits limits = {.max_head_bytes = 4096, .max_fields = 50};

struct output {
  char bytes[OUT_MAX];
  size_t len;
  unsigned calls, full;
  enum body_status status;
  bool too_large;
  uint64_t content_bytes;
  size_t left; /* of the input, behind the message */
};

static void take(struct output *output, struct slices *slices) {
  size_t sum = 0;
  for (unsigned i = 0; i < slices->count; i++) {
    assert_true(slices->at[i].len > 0);
    assert_true(output->len + slices->at[i].len <= OUT_MAX);
    memcpy(output->bytes + output->len, slices->at[i].ptr, slices->at[i].len);
    output->len += slices->at[i].len;
    sum += slices->at[i].len;
  }
  assert_int_equal(sum, slices->bytes);
  slices_clear(slices);
}

enum kind { REQUEST, RESPONSE };

/* Runs a message with its head through the filter; `cut`: where the first read ends; 0 with `bytewise`. */
static void run(struct output *output, enum kind kind, struct str in, size_t cut, bool bytewise, bool chunked,
                uint64_t max_bytes) {
  struct arena arena;
  arena_init(&arena, NULL, 1 << 16);
  struct parser parser;
  struct head head;
  struct body body;
  static struct slices slices;
  slices_clear(&slices);
  output->len = output->calls = output->full = 0;
  parser_init(&parser, kind == REQUEST ? PARSER_REQUEST : PARSER_RESPONSE, &limits);
  parser_begin(&parser, &head, &arena);
  size_t at = 0;
  assert_int_equal(parser_head(&parser, in, &at), WIRE_DONE);
  struct wire_source source = {&http1_reader, &parser, &head};
  struct wire_writer writer = {chunked ? &http1_chunks : NULL, NULL};
  body_init(&body, &source, &arena, &writer, max_bytes);
  output->status = BODY_MORE;
  while (output->status == BODY_MORE || output->status == BODY_FULL) {
    size_t end = in.len;
    if (at < cut && cut < end) end = cut;
    if (bytewise && at < end) end = at + 1;
    size_t used = 0;
    bool at_end = at == in.len && output->status == BODY_MORE && output->calls > 0;
    if (at_end) {
      output->status = body_finish(&body, &slices);
    } else {
      output->status = body_feed(&body, str_make(in.ptr + at, end - at), &used, &slices);
    }
    assert_true(used <= end - at);
    if (output->status == BODY_MORE) assert_int_equal(used, end - at);
    output->full += output->status == BODY_FULL;
    take(output, &slices);
    at += used;
    output->calls++;
  }
  output->too_large = body.too_large;
  output->content_bytes = body.bytes;
  output->left = in.len - at;
  if (output->status == BODY_END) {
    size_t used = 1;
    assert_int_equal(body_feed(&body, STR("x"), &used, &slices), BODY_END);
    assert_int_equal(used, 0);
    assert_int_equal(body_finish(&body, &slices), BODY_END);
  }
  assert_int_equal(slices.count, 0);
  arena_reset(&arena);
}

/* The content and trailers of a chunked body, as a receiver sees them. */
static void decode(struct str chunked, char *text, size_t size) {
  struct arena arena;
  arena_init(&arena, NULL, 1 << 16);
  struct parser parser;
  struct head head, trailers;
  struct str line = STR("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  parser_init(&parser, PARSER_REQUEST, &limits);
  parser_begin(&parser, &head, &arena);
  size_t used = 0, len = 0;
  assert_int_equal(parser_head(&parser, line, &used), WIRE_DONE);
  head_init(&trailers, &arena);
  parser.trailers = &trailers;
  enum wire_status status = WIRE_SPAN;
  for (size_t at = 0; status == WIRE_SPAN; at += used) {
    struct str span;
    status = parser_body(&parser, str_from(chunked, at), &used, &span);
    if (status == WIRE_SPAN) len += (size_t)snprintf(text + len, size - len, "%.*s", STR_ARG(span));
    if (status == WIRE_DONE) assert_int_equal(at + used, chunked.len);
  }
  assert_int_equal(status, WIRE_DONE);
  for (unsigned i = 0; i < trailers.count; i++) {
    const struct field *field = &trailers.fields[i];
    len += (size_t)snprintf(text + len, size - len, "|%.*s=%.*s", STR_ARG(field->name), STR_ARG(field->value));
  }
  text[len] = '\0';
  arena_reset(&arena);
}

#define POST    "POST / HTTP/1.1\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

static const struct {
  struct str in;
  const char *want; /* chunked: decoded */
  size_t left;
  enum kind kind;
  bool chunked;
} good[] = {
    {STR_INIT(POST "\r\n"), "", 0, REQUEST, false},
    {STR_INIT(POST "\r\nGET /"), NULL, 5, REQUEST, true},
    {STR_INIT(POST "Content-Length: 0\r\n\r\nxy"), "", 2, REQUEST, false},
    {STR_INIT(POST "Content-Length: 5\r\n\r\nabcdexy"), "abcde", 2, REQUEST, false},
    {STR_INIT(POST "Content-Length: 5\r\n\r\nabcdexy"), "abcde", 2, REQUEST, true},
    {STR_INIT(CHUNKED "0\r\n\r\nxy"), "", 2, REQUEST, true},
    {STR_INIT(CHUNKED "0\r\n\r\nxy"), "", 2, REQUEST, false},
    {STR_INIT(CHUNKED "3;x=y\r\nabc\r\n1\r\nd\r\n0\r\n\r\nxy"), "abcd", 2, REQUEST, true},
    {STR_INIT(CHUNKED "3;x=y\r\nabc\r\n1\r\nd\r\n0\r\n\r\nxy"), "abcd", 2, REQUEST, false},
    {STR_INIT(CHUNKED "1\r\na\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n"), "a|X-Sum=1|Y=", 0, REQUEST, true},
    {STR_INIT(CHUNKED "1\r\na\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n"), "a", 0, REQUEST, false},
    {STR_INIT(CHUNKED "0\r\nHost: a\r\nConnection: x\r\nKeep-Alive: x\r\nProxy-Authorization: x\r\nTE: x\r\n"
                      "X-Forwarded-For: x\r\nx-forwarded-x: x\r\nForwarded: x\r\nX-Real-IP: x\r\nUpgrade: x\r\n"
                      "authorization: x\r\nCookie: x\r\nSet-Cookie: x\r\nWWW-Authenticate: x\r\nVia: x\r\n"
                      "Authentication-Info: x\r\nTrailer: x\r\nExpect: x\r\nMax-Forwards: 1\r\nOk: 1\r\n\r\n"),
     "|Ok=1", 0, REQUEST, true},
    {STR_INIT(POST "Connection: x-named\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Named: 1\r\nX-Other: 2\r\n\r\n"),
     "|X-Other=2", 0, REQUEST, true},
    {STR_INIT("HTTP/1.1 200 OK\r\n\r\nabc"), "abc", 0, RESPONSE, false},
    {STR_INIT("HTTP/1.1 200 OK\r\n\r\nabc"), "abc", 0, RESPONSE, true},
    {STR_INIT("HTTP/1.1 200 OK\r\n\r\n"), "", 0, RESPONSE, true},
    {STR_INIT("HTTP/1.1 304 Not\r\nContent-Length: 3\r\n\r\nxy"), NULL, 2, RESPONSE, true},
};

static void check_good(size_t i, size_t cut, bool bytewise) {
  static struct output output;
  char text[4096];
  run(&output, good[i].kind, good[i].in, cut, bytewise, good[i].chunked, 0);
  if (output.status != BODY_END) fail_msg("row %zu, cut %zu: status %d", i, cut, output.status);
  assert_int_equal(output.left, good[i].left);
  if (good[i].chunked && good[i].want) {
    decode(str_make(output.bytes, output.len), text, sizeof text);
  } else {
    snprintf(text, sizeof text, "%.*s", (int)output.len, output.bytes);
  }
  const char *want = good[i].want ? good[i].want : "";
  if (strcmp(text, want) != 0) fail_msg("row %zu, cut %zu:\n got: %s\nwant: %s", i, cut, text, want);
  size_t content = good[i].want ? strcspn(want, "|") : 0;
  assert_int_equal(output.content_bytes, content);
}

static void bodies_are_framed_anew(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    for (size_t cut = 0; cut <= good[i].in.len; cut++) check_good(i, cut, false);
    check_good(i, 0, true);
  }
}

static void chunks_are_written_exactly(void **state) {
  (void)state;
  static struct output output;
  run(&output, REQUEST, STR(CHUNKED "0003\r\nabc\r\n1;x\r\nd\r\n0;y\r\nT: u\r\n\r\n"), 0, false, true, 0);
  assert_int_equal(output.calls, 1);
  struct str want = STR("3\r\nabc\r\n1\r\nd\r\n0\r\nT: u\r\n\r\n");
  assert_true(str_eq(str_make(output.bytes, output.len), want));
  char in[1000] = "HTTP/1.1 200 OK\r\n\r\n";
  memset(in + strlen(in), 'a', 0x1af);
  run(&output, RESPONSE, str_of(in), 0, false, true, 0);
  assert_true(str_starts_with(str_make(output.bytes, output.len), STR("1af\r\naaa")));
  assert_true(str_ends_with(str_make(output.bytes, output.len), STR("aaa\r\n0\r\n\r\n")));
}

/* What is read of a message that is cut short is passed on, but never an end. */
static void a_cut_body_has_no_end(void **state) {
  (void)state;
  static const struct {
    struct str in;
    const char *want;
    enum kind kind;
    bool chunked;
  } bad[] = {
      {STR_INIT(POST "Content-Length: 5\r\n\r\nabcd"), "abcd", REQUEST, false},
      {STR_INIT(POST "Content-Length: 5\r\n\r\n"), "", REQUEST, true},
      {STR_INIT(CHUNKED "3\r\nab"), "ab", REQUEST, true},
      {STR_INIT(CHUNKED "3\r\nabc\r\n"), "abc", REQUEST, true},
      {STR_INIT(CHUNKED "3\r\nabc\r\n0\r\n"), "abc", REQUEST, true},
      {STR_INIT(CHUNKED "3\r\nabc\r\n0\r\nA: b\r\n"), "abc", REQUEST, true},
      {STR_INIT(CHUNKED "3\r\nabc\r\nx\r\n"), "abc", REQUEST, true},
      {STR_INIT(CHUNKED "3\r\nabcd\r\n"), "abc", REQUEST, true},
      {STR_INIT(CHUNKED "3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n"), "abc", REQUEST, true},
      {STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"), "ab", RESPONSE, false},
      {STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"), "ab", RESPONSE, false},
  };
  static struct output output;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    for (size_t cut = 0; cut <= bad[i].in.len + 1; cut++) {
      bool bytewise = cut > bad[i].in.len;
      run(&output, bad[i].kind, bad[i].in, bytewise ? 0 : cut, bytewise, bad[i].chunked, 0);
      assert_int_equal(output.status, BODY_FAILED);
      assert_false(output.too_large);
      assert_int_equal(output.content_bytes, strlen(bad[i].want));
      assert_false(str_ends_with(str_make(output.bytes, output.len), STR("0\r\n\r\n")));
      if (!bad[i].chunked) assert_true(str_eq(str_make(output.bytes, output.len), str_of(bad[i].want)));
    }
  }
}

static void the_limit_holds(void **state) {
  (void)state;
  static struct output output;
  static const struct {
    struct str in;
    enum kind kind;
  } rows[] = {
      {STR_INIT(POST "Content-Length: 4\r\n\r\nabcd"), REQUEST},
      {STR_INIT(CHUNKED "3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"), REQUEST},
      {STR_INIT("HTTP/1.1 200 OK\r\n\r\nabcd"), RESPONSE},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    for (size_t cut = 0; cut <= rows[i].in.len; cut++) {
      run(&output, rows[i].kind, rows[i].in, cut, false, true, 4);
      assert_int_equal(output.status, BODY_END);
      run(&output, rows[i].kind, rows[i].in, cut, false, true, 3);
      assert_int_equal(output.status, BODY_FAILED);
      assert_true(output.too_large);
      assert_true(output.content_bytes <= 3);
      if (i == 0) assert_int_equal(output.calls, 1);
    }
  }
}

static void a_full_list_goes_on_later(void **state) {
  (void)state;
  char in[4096] = CHUNKED, want[512] = "";
  for (int i = 0; i < 300; i++) {
    snprintf(in + strlen(in), sizeof in - strlen(in), "1\r\n%c\r\n", 'a' + i % 26);
    snprintf(want + strlen(want), sizeof want - strlen(want), "%c", 'a' + i % 26);
  }
  snprintf(in + strlen(in), sizeof in - strlen(in), "0\r\n\r\n");
  for (int chunked = 0; chunked < 2; chunked++) {
    static struct output output;
    char text[1024];
    run(&output, REQUEST, str_of(in), 0, false, chunked, 0);
    assert_int_equal(output.status, BODY_END);
    assert_true(output.full >= 4);
    if (chunked) {
      decode(str_make(output.bytes, output.len), text, sizeof text);
    } else {
      snprintf(text, sizeof text, "%.*s", (int)output.len, output.bytes);
    }
    assert_string_equal(text, want);
  }
}

static void memory_that_is_out_fails_the_body(void **state) {
  (void)state;
  struct str in = STR(CHUNKED "1\r\na\r\n0\r\nAbc: def\r\n\r\n");
  bool failed = false, passed = false;
  for (size_t max_bytes = 128; max_bytes < 4096; max_bytes += 16) {
    struct arena arena;
    arena_init(&arena, NULL, max_bytes);
    struct parser parser;
    struct head head;
    struct body body;
    static struct slices slices;
    slices_clear(&slices);
    parser_init(&parser, PARSER_REQUEST, &limits);
    parser_begin(&parser, &head, &arena);
    size_t at = 0, used = 0;
    if (parser_head(&parser, in, &at) == WIRE_DONE) {
      struct wire_source source = {&http1_reader, &parser, &head};
      struct str culprit;
      struct wire_writer writer = {&http1_chunks, NULL};
      body_init(&body, &source, &arena, &writer, 0);
      enum body_status status = body_feed(&body, str_from(in, at), &used, &slices);
      passed |= status == BODY_END;
      failed |= status == BODY_FAILED;
      if (status != BODY_END) assert_int_equal(body_fault(&body, &culprit), CAUSE_NO_MEMORY);
    }
    arena_reset(&arena);
  }
  assert_true(failed && passed);
}

/* Only those of a known length that are sent as they are; the message ends behind them as if they had been seen. */
static void bytes_of_a_known_length_need_not_be_seen(void **state) {
  (void)state;
  static const struct {
    const char *head;
    bool chunked;
    uint64_t max_bytes, plain;
  } rows[] = {
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n", false, 0, 10},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n", true, 0, 0},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n", false, 9, 0},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", false, 0, 0},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", true, 0, 0},
      {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", false, 0, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct arena arena;
    arena_init(&arena, NULL, 1 << 16);
    struct parser parser;
    struct head head;
    struct body body;
    struct slices slices;
    size_t used = 0;
    slices_clear(&slices);
    parser_init(&parser, PARSER_REQUEST, &limits);
    parser_begin(&parser, &head, &arena);
    assert_int_equal(parser_head(&parser, str_of(rows[i].head), &used), WIRE_DONE);
    struct wire_source source = {&http1_reader, &parser, &head};
    struct wire_writer writer = {rows[i].chunked ? &http1_chunks : NULL, NULL};
    body_init(&body, &source, &arena, &writer, rows[i].max_bytes);
    assert_int_equal(body_plain(&body), rows[i].plain);
    if (rows[i].plain == 10) {
      assert_int_equal(body_feed(&body, STR("ab"), &used, &slices), BODY_MORE);
      assert_int_equal(body_plain(&body), 8);
      body_skip(&body, 5);
      assert_int_equal(body_feed(&body, STR(""), &used, &slices), BODY_MORE);
      body_skip(&body, 3);
      assert_int_equal(body_plain(&body), 0);
      assert_int_equal(body_feed(&body, STR("next"), &used, &slices), BODY_END);
      assert_int_equal(used, 0);
      assert_int_equal(body.bytes, 10);
      assert_int_equal(slices.bytes, 2);
      assert_int_equal(body_plain(&body), 0);
    }
    arena_reset(&arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bodies_are_framed_anew),
      cmocka_unit_test(chunks_are_written_exactly),
      cmocka_unit_test(a_cut_body_has_no_end),
      cmocka_unit_test(the_limit_holds),
      cmocka_unit_test(a_full_list_goes_on_later),
      cmocka_unit_test(memory_that_is_out_fails_the_body),
      cmocka_unit_test(bytes_of_a_known_length_need_not_be_seen),
  };
  return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
