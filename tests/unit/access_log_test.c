/* Access records in both forms, at one fixed time. */
#include "liteginx/session/access_log.h"

#include <limits.h>

#include "fixed_time.h"
#include "liteginx/base/utf8.h"
#include "unit.h"

struct fixture {
  struct log log;
  char text[2 * LOG_LINE_MAX];
};

static void on_wake(void *owner) {
  (void)owner;
}

static int set_up(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  fixed_zone();
  *state = fixture;
  return fixture ? log_init(&fixture->log, 4 * (size_t)LOG_LINE_MAX, on_wake, NULL) : -1;
}

static int tear_down(void **state) {
  struct fixture *fixture = *state;
  log_free(&fixture->log);
  free(fixture);
  return 0;
}

/* The line as it would be written, without its newline; empty: none. */
static struct str written(struct fixture *fixture, enum config_access_log form, struct access_look look,
                          const struct access_record *record) {
  enum log_channel channel = LOG_ERR;
  access_log_write(&fixture->log, form, look, record);
  size_t len = log_read(&fixture->log, &channel, fixture->text, sizeof fixture->text);
  if (len == 0) return STR("");
  assert_int_equal(channel, LOG_OUT);
  assert_int_equal(fixture->text[len - 1], '\n');
  return str_make(fixture->text, len - 1);
}

static const struct access_look terminal = {.terminal = true}, file = {.terminal = false};

static const struct access_record get = {
    .id = 7,
    .client = STR_INIT("127.0.0.1"),
    .method = STR_INIT("GET"),
    .host = STR_INIT("shop.localhost"),
    .path = STR_INIT("/two/a?q=1"),
    .status = 200,
    .listener_port = 5000,
    .bytes_in = 12,
    .bytes_out = 345,
    .duration_us = 1849,
    .route = STR_INIT("two-ingress"),
    .target = STR_INIT("localhost:3000"),
    .upstream_path = STR_INIT("/a?q=1"),
    .upstream_us = 1002,
    .retries = 1,
    .held_ms = 0,
    .ending = {.reason = ENDING_COMPLETE, .side = ENDING_SELF},
};

static const struct access_record tcp = {
    .id = 8,
    .client = STR_INIT("::1"),
    .listener_port = 4001,
    .bytes_in = 1229,
    .bytes_out = 3482,
    .duration_us = 12100 * 1000,
    .route = STR_INIT("tcp-ingress"),
    .target = STR_INIT("localhost:4000"),
    .ending = {.reason = ENDING_CLOSED_BY_CLIENT, .side = ENDING_DOWNSTREAM},
};

static void text_for_people(void **state) {
  struct str whole = written(*state, ACCESS_LOG_TEXT, terminal, &get);
  assert_str(whole, STR("15:03:07.123 GET /two/a?q=1 200 345B 1.8ms two-ingress → localhost:3000 /a?q=1"));
  struct access_record none = {.method = STR("PUT"),
                               .path = STR("/x"),
                               .status = 404,
                               .ending = {.reason = ENDING_NO_ROUTE},
                               .sentence = STR("nowhere to go")};
  assert_str(written(*state, ACCESS_LOG_TEXT, file, &none),
             STR("2026-11-24T14:03:07.123Z PUT /x 404 0B 0.0ms — nowhere to go"));
  struct access_record held = get;
  held.held_ms = 2500;
  held.ending.reason = ENDING_UNREAD;
  assert_str(written(*state, ACCESS_LOG_TEXT, terminal, &held),
             STR("15:03:07.123 GET /two/a?q=1 200 345B 1.8ms two-ingress → localhost:3000 /a?q=1 held 2.5s — "
                 "the target answered without taking the whole request"));
}

/* What would say nothing on each line is left out. */
static void host_port_and_path_where_they_tell(void **state) {
  static const struct {
    bool named, several;
    const char *host, *path, *upstream_path, *text;
  } rows[] = {
      {false, false, "a.test", "/x", "/x", "/x 200 0B 0.0ms r → t:1"},
      {false, false, "a.test", "/x", "/", "/x 200 0B 0.0ms r → t:1 /"},
      {true, false, "a.test", "/x", "/x", "a.test/x 200 0B 0.0ms r → t:1"},
      {true, false, "a.test:81", "/x", "/x", "a.test:81/x 200 0B 0.0ms r → t:1"},
      {false, true, "a.test:81", "/x", "/x", ":5000/x 200 0B 0.0ms r → t:1"},
      {true, true, "a.test:81", "/x", "/x", "a.test:5000/x 200 0B 0.0ms r → t:1"},
      {true, true, "[::1]:81", "/x", "/x", "[::1]:5000/x 200 0B 0.0ms r → t:1"},
      {true, true, "", "/x", "/x", ":5000/x 200 0B 0.0ms r → t:1"},
      {true, false, "", "/x", "/x", "/x 200 0B 0.0ms r → t:1"},
      {true, true, "a.test", "*", "*", "a.test:5000 * 200 0B 0.0ms r → t:1"},
      {true, false, "a.test", "http://a.test/x", "/x", "a.test http://a.test/x 200 0B 0.0ms r → t:1 /x"},
      {true, false, "a\x1b[2J", "/x", "/x", "a\\x1b[2J/x 200 0B 0.0ms r → t:1"},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct access_record record = {
        .method = STR("GET"), .status = 200, .route = STR("r"), .target = STR("t:1"), .listener_port = 5000};
    record.named = rows[i].named;
    record.several = rows[i].several;
    record.host = str_of(rows[i].host);
    record.path = str_of(rows[i].path);
    record.upstream_path = str_of(rows[i].upstream_path);
    char expected[160];
    snprintf(expected, sizeof expected, FIXED_LOCAL_STAMP " GET %s", rows[i].text);
    assert_str(written(*state, ACCESS_LOG_TEXT, terminal, &record), str_of(expected));
  }
}

static void a_socket_stands_where_the_port_does(void **state) {
  static const struct {
    struct access_record record;
    const char *text;
  } rows[] = {
      {{.method = STR_INIT("GET"), .path = STR_INIT("/x"), .socket = STR_INIT("run/x.sock"), .status = 200},
       "GET /x 200 0B 0.0ms"},
      {{.method = STR_INIT("GET"), .path = STR_INIT("/x"), .socket = STR_INIT("a b"), .several = true, .status = 200},
       "GET unix:a b:/x 200 0B 0.0ms"},
      {{.method = STR_INIT("GET"),
        .host = STR_INIT("a.test:1"),
        .path = STR_INIT("/x"),
        .socket = STR_INIT("s"),
        .named = true,
        .several = true,
        .status = 200},
       "GET a.test unix:s:/x 200 0B 0.0ms"},
      {{.socket = STR_INIT("\x1b.sock"), .target = STR_INIT("unix:a")},
       "TCP unix:\\x1b.sock 0B↑ 0B↓ 0.0ms → unix:a — complete"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct str text = written(*state, ACCESS_LOG_TEXT, file, &rows[i].record);
    text = str_from(text, str_find(text, ' ') + 1);
    if (!str_starts_with(text, str_of(rows[i].text))) fail_msg("%.*s", STR_ARG(text));
    struct str json = written(*state, ACCESS_LOG_JSON, file, &rows[i].record);
    assert_true(str_find(json, '{') < json.len);
  }
}

static void the_status_is_coloured(void **state) {
  static const struct {
    unsigned status;
    const char *text;
  } rows[] = {
      {101, "\033[36m101\033[0m"}, {204, "\033[32m204\033[0m"}, {302, "\033[36m302\033[0m"},
      {404, "\033[33m404\033[0m"}, {502, "\033[31m502\033[0m"}, {999, "\033[36m999\033[0m"},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct access_record record = {.method = STR("GET"), .path = STR("/"), .status = rows[i].status};
    char expected[128];
    snprintf(expected, sizeof expected, FIXED_STAMP " GET / %s 0B 0.0ms", rows[i].text);
    assert_str(written(*state, ACCESS_LOG_TEXT, (struct access_look){.color = true}, &record), str_of(expected));
    snprintf(expected, sizeof expected, FIXED_STAMP " GET / %u 0B 0.0ms", rows[i].status);
    assert_str(written(*state, ACCESS_LOG_TEXT, file, &record), str_of(expected));
    struct str json = written(*state, ACCESS_LOG_JSON, (struct access_look){.color = true}, &record);
    assert_null(memchr(json.ptr, '\033', json.len));
  }
}

static void a_begin_is_told_on_a_terminal_alone(void **state) {
  static const struct {
    const struct access_record *record;
    const char *what, *text;
  } rows[] = {
      {&get, "tunnel", "GET /two/a?q=1 200 two-ingress → localhost:3000 /a?q=1 — the tunnel begins"},
      {&get, "event stream", "GET /two/a?q=1 200 two-ingress → localhost:3000 /a?q=1 — the event stream begins"},
      {&tcp, "", "TCP :4001 tcp-ingress → localhost:4000 — begins"},
  };
  struct fixture *fixture = *state;
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    char expected[160];
    enum log_channel channel;
    int expected_len = snprintf(expected, sizeof expected, FIXED_LOCAL_STAMP " %s\n", rows[i].text);
    access_log_begin(&fixture->log, ACCESS_LOG_TEXT, file, str_of(rows[i].what), rows[i].record);
    access_log_begin(&fixture->log, ACCESS_LOG_JSON, terminal, str_of(rows[i].what), rows[i].record);
    access_log_begin(&fixture->log, ACCESS_LOG_OFF, terminal, str_of(rows[i].what), rows[i].record);
    access_log_begin(&fixture->log, ACCESS_LOG_TEXT, terminal, str_of(rows[i].what), rows[i].record);
    size_t len = log_read(&fixture->log, &channel, fixture->text, sizeof fixture->text);
    assert_str(str_make(fixture->text, len), str_make(expected, (size_t)expected_len));
  }
}

static void text_of_a_tcp_session(void **state) {
  assert_str(written(*state, ACCESS_LOG_TEXT, terminal, &tcp),
             STR("15:03:07.123 TCP :4001 1.2KiB↑ 3.4KiB↓ 12.1s tcp-ingress → localhost:4000 — closed by client"));
}

static void json_for_programs(void **state) {
  assert_str(written(*state, ACCESS_LOG_JSON, terminal, &get),
             STR("{\"ts\":\"2026-11-24T14:03:07.123Z\",\"id\":7,\"client\":\"127.0.0.1\",\"method\":\"GET\","
                 "\"host\":\"shop.localhost\",\"port\":5000,\"path\":\"/two/a?q=1\",\"status\":200,\"bytes_in\":12,"
                 "\"bytes_out\":345,\"duration_ms\":1.849,\"route\":\"two-ingress\",\"target\":\"localhost:3000\","
                 "\"upstream_path\":\"/a?q=1\",\"upstream_ms\":1.002,\"retries\":1,\"held_ms\":0,"
                 "\"ending\":\"complete\"}"));
  assert_str(written(*state, ACCESS_LOG_JSON, file, &tcp),
             STR("{\"ts\":\"2026-11-24T14:03:07.123Z\",\"id\":8,\"client\":\"::1\",\"method\":\"TCP\",\"host\":\"\","
                 "\"port\":4001,"
                 "\"path\":\"\",\"status\":0,\"bytes_in\":1229,\"bytes_out\":3482,\"duration_ms\":12100.000,"
                 "\"route\":\"tcp-ingress\",\"target\":\"localhost:4000\",\"upstream_path\":\"\",\"upstream_ms\":0.000,"
                 "\"retries\":0,\"held_ms\":0,\"ending\":\"closed-by-client\"}"));
}

static void what_a_route_has_answered(void **state) {
  struct access_record record = get;
  record.target = record.upstream_path = STR("");
  record.action = "redirect";
  record.location = STR("/new?q=1");
  struct str line = written(*state, ACCESS_LOG_TEXT, file, &record);
  assert_true(str_ends_with(line, STR(" two-ingress → redirect to /new?q=1")));
  line = written(*state, ACCESS_LOG_JSON, file, &record);
  assert_non_null(
      strstr(line.ptr, ",\"upstream_path\":\"\",\"action\":\"redirect\",\"location\":\"/new?q=1\",\"upstream_ms\""));
  record.action = "respond";
  record.location = STR("");
  line = written(*state, ACCESS_LOG_TEXT, file, &record);
  assert_true(str_ends_with(line, STR(" two-ingress → respond")));
}

static void amounts_are_rounded(void **state) {
  static const struct {
    uint64_t bytes, us;
    const char *text;
  } rows[] = {
      {0, 0, "0B 0.0ms"},
      {1023, 49, "1023B 0.0ms"},
      {1024, 51, "1.0KiB 0.1ms"},
      {1024 * 1024 - 1, 999949, "1024.0KiB 999.9ms"},
      {1024 * 1024 * 3 / 2, 1000 * 1000, "1.5MiB 1.0s"},
      {UINT64_C(5) << 30, 59960 * 1000, "5.0GiB 60.0s"},
      {UINT64_MAX, 3600 * UINT64_C(1000000), "16777216.0TiB 3600.0s"},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct access_record record = {.method = STR("GET"), .path = STR("/"), .status = 200};
    record.bytes_out = rows[i].bytes;
    record.duration_us = rows[i].us;
    char expected[128];
    snprintf(expected, sizeof expected, "15:03:07.123 GET / 200 %s", rows[i].text);
    assert_str(written(*state, ACCESS_LOG_TEXT, terminal, &record), str_of(expected));
  }
}

static void off_writes_nothing(void **state) {
  assert_str(written(*state, ACCESS_LOG_OFF, terminal, &get), STR(""));
}

static void what_a_peer_sent_is_escaped(void **state) {
  static const struct {
    struct str sent;
    const char *text, *json;
  } rows[] = {
      {STR_INIT("/plain?a=b&c"), "/plain?a=b&c", "/plain?a=b&c"},
      {STR_INIT("/\"quoted\""), "/\"quoted\"", "/\\\"quoted\\\""},
      {STR_INIT("/back\\slash"), "/back\\x5cslash", "/back\\u005cslash"},
      {STR_INIT("/\r\nGET"), "/\\x0d\\x0aGET", "/\\u000d\\u000aGET"},
      {STR_INIT("/\x1b[2J\x7f"), "/\\x1b[2J\\x7f", "/\\u001b[2J\\u007f"},
      {STR_INIT("/\0x"), "/\\x00x", "/\\u0000x"},
      {STR_INIT("/é€😀"), "/é€😀", "/é€😀"},
      {STR_INIT("/\xff\xc3"), "/\\xff\\xc3", "/\\u00ff\\u00c3"},
      {STR_INIT("/\xc2\x9b"), "/\\xc2\\x9b", "/\\u00c2\\u009b"},
      {STR_INIT("/\xe2\x80\xae"), "/\\xe2\\x80\\xae", "/\\u00e2\\u0080\\u00ae"},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct access_record record = {.method = STR("GET"), .path = rows[i].sent, .status = 200};
    char expected[256];
    snprintf(expected, sizeof expected, "15:03:07.123 GET %s 200 0B 0.0ms", rows[i].text);
    assert_str(written(*state, ACCESS_LOG_TEXT, terminal, &record), str_of(expected));
    snprintf(expected, sizeof expected, "\"path\":\"%s\",\"status\"", rows[i].json);
    struct str line = written(*state, ACCESS_LOG_JSON, terminal, &record);
    line = str_from(line, strlen("{\"ts\":\"2026-11-24T14:03:07.123Z\",\"id\":0,\"client\":\"\",\"method\":\"GET\","
                                 "\"host\":\"\",\"port\":0,"));
    assert_str(str_upto(line, strlen(expected)), str_of(expected));
  }
}

static void figures(void **state) {
  static const struct {
    uint64_t bytes, us;
    const char *text;
  } rows[] = {
      {0, 0, "0B 0.0ms"},
      {1023, 49, "1023B 0.0ms"},
      {1024, 51, "1.0KiB 0.1ms"},
      {1536 * 1024, 999899, "1.5MiB 999.9ms"},
      {UINT64_C(3) << 30, 1000000, "3.0GiB 1.0s"},
      {UINT64_C(5000) << 40, UINT64_C(86400) * 1000000, "5000.0TiB 86400.0s"},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct access_record record = {.method = STR("GET"), .path = STR("/"), .status = 200};
    record.bytes_out = rows[i].bytes;
    record.duration_us = rows[i].us;
    struct str line = written(*state, ACCESS_LOG_TEXT, terminal, &record);
    assert_str(str_from(line, strlen("15:03:07.123 GET / 200 ")), str_of(rows[i].text));
  }
}

/* One whole object whose strings hold no quote, control character or broken UTF-8; *strings: how many. */
static bool is_object(struct str line, unsigned *strings) {
  bool inside = false;
  *strings = 0;
  if (!utf8_valid(line) || line.len < 2 || line.ptr[0] != '{' || line.ptr[line.len - 1] != '}') return false;
  for (size_t i = 0; i < line.len; i++) {
    unsigned char c = (unsigned char)line.ptr[i];
    if (c < 0x20 || c == 0x7f) return false;
    if (inside && c == '\\') {
      i++;
      continue;
    }
    if (c != '"') continue;
    inside = !inside;
    *strings += inside;
  }
  return !inside;
}

static void whatever_comes_the_line_is_whole(void **state) {
  enum { LONG = 20 * 1024, KEYS_AND_TEXTS = 20 + 11 };
  static char bytes[LONG];
  uint64_t seed = 42;
  for (unsigned round = 0; round < 60; round++) {
    /* Anything; then what takes the most room in JSON, in characters, or as it is. */
    static const char *const fills[] = {"\x01", "é", "a", "\"", "€"};
    const char *fill = round < UNIT_COUNT(fills) ? fills[round] : NULL;
    for (size_t i = 0; i < LONG; i++) bytes[i] = fill ? fill[i % strlen(fill)] : (char)unit_random(&seed, 256);
    struct str text = str_make(bytes, fill ? LONG : unit_random(&seed, LONG));
    struct access_record record = get;
    record.client = record.method = record.host = record.path = text;
    record.route = record.target = record.upstream_path = record.sentence = text;
    record.ending = (struct ending){.reason = ENDING_UPSTREAM_NONSENSE, .cause = CAUSE_CONNECT_TIMEOUT_OF_SYSTEM};
    record.id = record.bytes_in = record.bytes_out = record.duration_us = record.upstream_us = UINT64_MAX;
    record.held_ms = UINT64_MAX / 1000;
    record.status = record.listener_port = record.retries = UINT_MAX;
    record.named = record.several = true;
    unsigned strings;
    struct str line = written(*state, ACCESS_LOG_JSON, file, &record);
    if (!is_object(line, &strings)) fail_msg("round %u: no object: %.*s", round, STR_ARG(line));
    assert_int_equal(strings, KEYS_AND_TEXTS);
    assert_true(line.len <= LOG_LINE_MAX);
    record.sentence = STR("not from a peer");
    line = written(*state, ACCESS_LOG_TEXT, file, &record);
    assert_true(line.len <= LOG_LINE_MAX && utf8_valid(line));
    for (size_t i = 0; i < line.len; i++) assert_true((unsigned char)line.ptr[i] >= 0x20 && line.ptr[i] != 0x7f);
  }
}

/* A client must not be able to hide how it was answered. */
static void a_long_path_leaves_room_for_the_rest(void **state) {
  enum { LONG = 60 * 1024, SHOWN = 1900 };
  static char path[LONG];
  memset(path, 'p', sizeof path);
  struct access_record record = {.method = STR("GET"), .status = 414, .ending = {.reason = ENDING_TARGET_TOO_LONG}};
  record.path = str_make(path, SHOWN);
  record.sentence = STR("too long");
  struct str line = written(*state, ACCESS_LOG_TEXT, terminal, &record);
  struct str rest = STR(" 414 0B 0.0ms — too long");
  size_t before = strlen("15:03:07.123 GET ");
  assert_str(str_from(line, before + SHOWN), rest);
  record.path = str_make(path, LONG);
  line = written(*state, ACCESS_LOG_TEXT, terminal, &record);
  assert_str(str_from(line, before + SHOWN + strlen("…")), rest);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_for_people),
      cmocka_unit_test(host_port_and_path_where_they_tell),
      cmocka_unit_test(a_socket_stands_where_the_port_does),
      cmocka_unit_test(the_status_is_coloured),
      cmocka_unit_test(a_begin_is_told_on_a_terminal_alone),
      cmocka_unit_test(text_of_a_tcp_session),
      cmocka_unit_test(json_for_programs),
      cmocka_unit_test(what_a_route_has_answered),
      cmocka_unit_test(amounts_are_rounded),
      cmocka_unit_test(off_writes_nothing),
      cmocka_unit_test(what_a_peer_sent_is_escaped),
      cmocka_unit_test(figures),
      cmocka_unit_test(whatever_comes_the_line_is_whole),
      cmocka_unit_test(a_long_path_leaves_room_for_the_rest),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
