/* Fields in, a head out that HTTP/1 can be written from; what breaks a rule, by its cause; and answers as fields. */
#include "liteginx/wire/http2_head.h"

#include <nghttp2/nghttp2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "liteginx/wire/http1_head.h"

enum { MAX_FIELDS = 12, HEAD_BYTES = 1024 };

static const struct wire_limits limits = {HEAD_BYTES, 8};

struct pair {
  const char *name, *value;
};

struct read {
  struct arena arena;
  struct head head;
  struct http2_head_reader reader;
};

static void read_fields(struct read *read, const struct pair *pairs, bool end) {
  arena_init(&read->arena, NULL, 1 << 20);
  head_init(&read->head, &read->arena);
  http2_head_begin(&read->reader, &read->head, &limits, false);
  for (unsigned i = 0; i < MAX_FIELDS && pairs[i].name; i++)
    http2_head_field(&read->reader, str_of(pairs[i].name), str_of(pairs[i].value));
  http2_head_end(&read->reader, end);
}

/* As HTTP/1 gets it. */
static void assert_upwards(const struct pair *pairs, bool end, const char *expected) {
  struct read read;
  struct request_target parts;
  struct str what;
  read_fields(&read, pairs, end);
  assert_int_equal(read.reader.fault, CAUSE_NONE);
  assert_int_equal(request_target_parse(&read.head, &parts, &what), CAUSE_NONE);
  struct forward_request request = {.head = &read.head,
                                    .parts = &parts,
                                    .path = parts.path,
                                    .host = parts.host,
                                    .client = STR("c"),
                                    .proto = STR("http"),
                                    .request_id = STR("i")};
  struct str text = http1_write_request(&request);
  if (!str_eq(text, str_of(expected))) fail_msg("'%.*s' instead of '%s'", STR_ARG(text), expected);
  arena_reset(&read.arena);
}

#define BEHIND \
  "X-Forwarded-For: c\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\nX-Request-Id: i\r\nVia: 2.0 liteginx\r\n"
#define GET                                                       \
  {":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, { \
    ":path", "/p?q"                                               \
  }
#define POST                                                       \
  {":method", "POST"}, {":scheme", "http"}, {":authority", "a"}, { \
    ":path", "/"                                                   \
  }

static void requests_go_up(void **state) {
  static const struct {
    struct pair pairs[MAX_FIELDS];
    bool end;
    const char *text;
  } good[] = {
      {{GET, {"x", "1"}, {"y", ""}}, true, "GET /p?q HTTP/1.1\r\nHost: a\r\nx: 1\r\ny: \r\n" BEHIND "\r\n"},
      {{GET, {"host", "A"}}, true, "GET /p?q HTTP/1.1\r\nHost: a\r\n" BEHIND "\r\n"},
      {{{":method", "GET"}, {":path", "/"}, {"host", "a"}}, true, "GET / HTTP/1.1\r\nhost: a\r\n" BEHIND "\r\n"},
      {{GET, {"cookie", "a"}, {"x", "1"}, {"cookie", "b"}, {"cookie", ""}},
       true,
       "GET /p?q HTTP/1.1\r\nHost: a\r\ncookie: a; b; \r\nx: 1\r\n" BEHIND "\r\n"},
      {{GET, {"te", "trailers"}},
       true,
       "GET /p?q HTTP/1.1\r\nHost: a\r\n" BEHIND "Connection: TE\r\nTE: trailers\r\n\r\n"},
      {{POST}, true, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n" BEHIND "\r\n"},
      {{POST}, false, "POST / HTTP/1.1\r\nHost: a\r\n" BEHIND "Transfer-Encoding: chunked\r\n\r\n"},
      {{POST, {"content-length", "007"}}, false, "POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 7\r\n" BEHIND "\r\n"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_upwards(good[i].pairs, good[i].end, good[i].text);
}

static void faults_have_their_causes(void **state) {
  static char long_value[2 * HEAD_BYTES + 1], half[HEAD_BYTES / 2 + 1];
  static const struct {
    struct pair pairs[MAX_FIELDS];
    const char *cause, *culprit;
    bool malformed;
  } bad[] = {
      {{GET, {"x", "a\rb"}}, "control-in-field", "x: a\rb", true},
      {{GET, {"x", "a\nb"}}, "control-in-field", "x: a\nb", true},
      {{GET, {"x", "a\x7f"}}, "control-in-field", "x: a\x7f", true},
      {{GET, {"x", " a"}}, "control-in-field", "x:  a", true},
      {{GET, {"host", "b"}}, "http2-hosts", "b", true},
      {{{":method", "GET"}, {":path", "/"}, {"host", "a"}, {"host", "a"}}, "http2-hosts", "a", true},
      {{{":method", "GET"}, {":path", "/a b"}}, "http2-malformed", ":path: /a b", true},
      {{{":method", "G T"}, {":path", "/"}}, "http2-malformed", ":method: G T", true},
      {{{":method", "GET"}}, "http2-malformed", "a pseudo-field is missing", true},
      {{POST, {"content-length", "9223372036854775808"}}, "length-too-large", "9223372036854775808", true},
      {{GET, {"x", long_value}}, "field-too-large", NULL, false},
      {{GET, {"x", half}, {"y", half}}, "head-too-large", NULL, false},
      {{{":method", "GET"}, {":path", long_value}}, "target-too-long", NULL, false},
      {{GET, {"1", ""}, {"2", ""}, {"3", ""}, {"4", ""}, {"5", ""}, {"6", ""}, {"7", ""}, {"8", ""}},
       NULL,
       NULL,
       false},
  };
  (void)state;
  memset(long_value, 'x', sizeof long_value - 1);
  memset(half, 'x', sizeof half - 1);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct read read;
    read_fields(&read, bad[i].pairs, true);
    assert_string_equal(cause_label(read.reader.fault), bad[i].cause ? bad[i].cause : "none");
    assert_int_equal(read.reader.malformed, bad[i].malformed);
    if (bad[i].culprit && !str_eq(read.reader.culprit, str_of(bad[i].culprit)))
      fail_msg("%.*s instead of %s", STR_ARG(read.reader.culprit), bad[i].culprit);
    arena_reset(&read.arena);
  }
}

static void too_many_fields_are_refused(void **state) {
  static const struct pair nine[MAX_FIELDS] = {{":method", "GET"}, {":path", "/"}, {"1", ""}, {"2", ""},
                                               {"3", ""},          {"4", ""},      {"5", ""}, {"6", ""},
                                               {"7", ""},          {"8", ""},      {"9", ""}};
  struct read read;
  (void)state;
  read_fields(&read, nine, true);
  assert_int_equal(read.reader.fault, CAUSE_TOO_MANY_FIELDS);
  assert_false(read.reader.malformed || http2_head_is_bomb(&read.reader));
  for (unsigned i = 0; i < 8; i++) {
    assert_false(http2_head_is_bomb(&read.reader));
    http2_head_field(&read.reader, STR("x"), str_make(NULL, HEAD_BYTES));
  }
  assert_true(http2_head_is_bomb(&read.reader));
  arena_reset(&read.arena);
}

/* No piece of memory is needed to see that there is none. */
static void memory_runs_out(void **state) {
  static const struct pair pairs[MAX_FIELDS] = {GET, {"x", "1"}, {"cookie", "a"}, {"cookie", "b"}};
  (void)state;
  unsigned failed = 0;
  for (size_t bound = 0; bound < 4096; bound += 16) {
    struct read read;
    arena_init(&read.arena, NULL, bound);
    head_init(&read.head, &read.arena);
    http2_head_begin(&read.reader, &read.head, &limits, false);
    for (unsigned i = 0; pairs[i].name; i++)
      http2_head_field(&read.reader, str_of(pairs[i].name), str_of(pairs[i].value));
    http2_head_end(&read.reader, true);
    failed += read.reader.fault == CAUSE_NO_MEMORY;
    assert_true(read.reader.fault == CAUSE_NO_MEMORY || read.reader.fault == CAUSE_NONE);
    arena_reset(&read.arena);
  }
  assert_in_range(failed, 1, 255);
}

static void websocket_becomes_an_upgrade(void **state) {
  static const struct pair pairs[MAX_FIELDS] = {{":method", "CONNECT"}, {":protocol", "WebSocket"}, {":path", "/"},
                                                {":authority", "a"},    {"sec-websocket-key", "x"}, {"cookie", "a"},
                                                {"cookie", "b"}};
  static const unsigned char random[HTTP2_KEY_BYTES] = "the sample nonce";
  static const struct {
    const char *value;
    bool twice, good;
  } accepts[] = {{"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", false, true},
                 {"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", true, false},
                 {"S3pPLMBiTxaQ9kYGzzhZRbK+xOo=", false, false},
                 {"", false, false}};
  struct read read;
  char key[HTTP2_KEY_LEN];
  (void)state;
  arena_init(&read.arena, NULL, 1 << 20);
  head_init(&read.head, &read.arena);
  http2_head_begin(&read.reader, &read.head, &limits, false);
  for (unsigned i = 0; pairs[i].name; i++)
    http2_head_field(&read.reader, str_of(pairs[i].name), str_of(pairs[i].value));
  assert_true(http2_head_is_websocket(&read.reader));
  http2_head_upgrade(&read.reader, random, key);
  http2_head_end(&read.reader, false);
  assert_memory_equal(key, "dGhlIHNhbXBsZSBub25jZQ==", HTTP2_KEY_LEN);
  assert_int_equal(read.head.framing, FRAMING_NONE);
  assert_true(str_eq(read.head.method, STR("GET")) && head_has_token(&read.head, FIELD_UPGRADE, STR("websocket")));
  assert_true(str_eq(read.head.fields[1].value, STR("a; b")) && read.head.count == 5);
  for (size_t i = 0; i < sizeof accepts / sizeof *accepts; i++) {
    struct head response;
    head_init(&response, &read.arena);
    for (int times = accepts[i].twice ? 2 : 1; times > 0; times--)
      assert_true(head_add(&response, STR("Sec-WebSocket-Accept"), str_of(accepts[i].value)));
    assert_int_equal(http2_head_accepts(&response, key), accepts[i].good);
  }
  arena_reset(&read.arena);
}

static void assert_field(const nghttp2_nv *field, const char *name, const char *value) {
  assert_true(str_eq_nocase(str_make((const char *)field->name, field->namelen), str_of(name)));
  assert_true(str_eq(str_make((const char *)field->value, field->valuelen), str_of(value)));
}

static void answers_become_fields(void **state) {
  struct arena arena;
  struct head head;
  (void)state;
  arena_init(&arena, NULL, 1 << 16);
  head_init(&head, &arena);
  head.status = 200;
  head.framing = FRAMING_LENGTH;
  head.content_length = 5;
  assert_true(head_add(&head, STR("Connection"), STR("close")) && head_add(&head, STR("Content-Length"), STR("005")) &&
              head_add(&head, STR("X-Empty"), STR("")));
  struct forward_response response = {.head = &head, .date = STR("now")};
  struct str answer = http2_head_answer(&response, false);
  const nghttp2_nv *fields = (const nghttp2_nv *)(const void *)answer.ptr;
  assert_int_equal(answer.len, 4 * sizeof *fields);
  assert_field(&fields[0], ":status", "200");
  assert_field(&fields[1], "content-length", "5");
  assert_field(&fields[2], "x-empty", "");
  assert_field(&fields[3], "date", "now");
  head.status = 101;
  answer = http2_head_answer(&response, true);
  assert_field((const nghttp2_nv *)(const void *)answer.ptr, ":status", "200");
  arena_reset(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(requests_go_up),
      cmocka_unit_test(faults_have_their_causes),
      cmocka_unit_test(too_many_fields_are_refused),
      cmocka_unit_test(memory_runs_out),
      cmocka_unit_test(websocket_becomes_an_upgrade),
      cmocka_unit_test(answers_become_fields),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
