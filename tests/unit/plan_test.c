/* Requests planned without a socket: which step decides, and what the plan then says. */
#include "liteginx/config/load.h"
#include "liteginx/plan/plan.h"

#include "liteginx/wire/http1_head.h"
#include "liteginx/wire/parser.h"
#include "unit.h"

static const char config_text[] =
    "name: shop\n"
    "spec:\n"
    "  - {kind: http, listen: 5000, path: '/u/{id}', rewrite: '/v/{id}', targets: [3000]}\n"
    "  - {kind: http, listen: 5000, path: /two, rewrite: /, targets: [3000]}\n"
    "  - {kind: http, listen: 5000, path: '/to/x-{id}', redirect: {to: '/at/{id}', status: 308}}\n"
    "  - {kind: http, listen: 5000, path: /said, respond: {status: 503, body: soon}}\n"
    "---\n"
    "settings: {max_body_bytes: 10B, trusted_proxies: [10.0.0.0/8, '2001:db8::/33']}\n";

struct bench {
  struct target_table targets;
  struct snapshot *snapshot;
  struct arena arena;
  struct parser parser;
  struct head head;
  struct plan_facts facts;
  struct plan plan;
};

static const char *no_variables(void *owner, const char *name) {
  (void)owner;
  (void)name;
  return NULL;
}

static int set_up(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  struct config_report report;
  const struct config_text text = {STR("test.yaml"), str_of(config_text)};
  config_report_init(&report);
  target_table_init(&bench->targets);
  bench->snapshot = snapshot_new(config_load(&text, 1, no_variables, NULL, &report), &bench->targets);
  config_report_free(&report);
  bench->facts = (struct plan_facts){.listener = &bench->snapshot->listeners[0],
                                     .peer = {"127.0.0.1", {127, 0, 0, 1}, PEER_IPV4, 6000, NULL}};
  plan_facts_port(&bench->facts, 5000);
  *state = bench;
  return bench->snapshot ? 0 : -1;
}

static int tear_down(void **state) {
  struct bench *bench = *state;
  arena_reset(&bench->arena);
  snapshot_release(bench->snapshot);
  free(bench);
  return 0;
}

static const struct plan *plan(struct bench *bench, const char *text) {
  const struct wire_limits limits = {64 * 1024, 200};
  size_t used;
  arena_reset(&bench->arena);
  arena_init(&bench->arena, NULL, 1 << 20);
  parser_init(&bench->parser, PARSER_REQUEST, &limits);
  parser_begin(&bench->parser, &bench->head, &bench->arena);
  assert_int_equal(parser_head(&bench->parser, str_of(text), &used), WIRE_DONE);
  plan_init(&bench->plan);
  plan_make(&bench->plan, &bench->facts, &bench->head);
  return &bench->plan;
}

static void test_which_step_decides(void **state) {
  static const struct {
    const char *request;
    enum plan_step step;
    enum ending_reason ending;
    bool close;
    const char *allow;
  } rows[] = {
      {"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", PLAN_METHOD, ENDING_CONNECT, true,
       "GET, HEAD, POST, PUT, PATCH, "
       "DELETE, OPTIONS, TRACE"},
      {"GET / HTTP/1.1\r\n\r\n", PLAN_TARGET, ENDING_BAD_REQUEST, true, ""},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: host\r\n\r\n", PLAN_CONNECTION, ENDING_BAD_REQUEST, true, ""},
      {"TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", PLAN_TRACE, ENDING_BAD_REQUEST, true, ""},
      {"GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 liteginx, 1.1 liteginx, 1.1 liteginx, 1.1 liteginx, 1.1 liteginx, 1.1 "
       "liteginx, 1.1 liteginx, 1.1 liteginx, 1.1 liteginx, 1.1 liteginx\r\n\r\n",
       PLAN_LOOP, ENDING_LOOP, false, ""},
      {"POST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", PLAN_LENGTH, ENDING_BODY_TOO_LARGE, true, ""},
      {"GET /../x HTTP/1.1\r\nHost: a\r\n\r\n", PLAN_PATH, ENDING_BAD_PATH, true, ""},
      {"OPTIONS /two HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n", PLAN_FORWARDS, ENDING_LOCAL_OPTIONS, false,
       "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"},
      {"TRACE /two HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n", PLAN_FORWARDS, ENDING_LOCAL_TRACE, false,
       "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"},
      {"TRACE /two HTTP/1.1\r\nHost: a\r\nMax-Forwards: x\r\n\r\n", PLAN_FORWARDS, ENDING_BAD_REQUEST, true, ""},
      {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", PLAN_ASTERISK, ENDING_LOCAL_OPTIONS, false,
       "GET, HEAD, POST, PUT, "
       "PATCH, DELETE, OPTIONS, "
       "TRACE"},
      {"GET /three HTTP/1.1\r\nHost: a\r\n\r\n", PLAN_ROUTE, ENDING_NO_ROUTE, false, ""},
      {"GET /to/x-7 HTTP/1.1\r\nHost: a\r\n\r\n", PLAN_ACTION, ENDING_COMPLETE, false, ""},
      {"POST /said HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", PLAN_ACTION, ENDING_COMPLETE, false, ""},
      {"GET /to/x-.. HTTP/1.1\r\nHost: a\r\n\r\n", PLAN_ACTION, ENDING_BAD_PATH, true, ""},
      {"GET /u/%2e%2e%2fx HTTP/1.1\r\nHost: a\r\n\r\n", PLAN_STEP_COUNT, ENDING_COMPLETE, false, ""},
      {"GET /two HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n", PLAN_STEP_COUNT, ENDING_COMPLETE, false, ""},
      {"POST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n", PLAN_STEP_COUNT, ENDING_COMPLETE, false, ""},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    const struct plan *made = plan(*state, rows[i].request);
    if (made->decided != rows[i].step) fail_msg("%s: decided by step %d", rows[i].request, made->decided);
    if (made->decided == PLAN_STEP_COUNT) continue;
    if (made->ending.reason != rows[i].ending) fail_msg("%s: %s", rows[i].request, ending_label(made->ending.reason));
    assert_int_equal(made->close, rows[i].close);
    assert_str(made->allow, str_of(rows[i].allow));
  }
}

static void test_how_it_goes_up(void **state) {
  struct bench *bench = *state;
  const struct plan *made = plan(bench, "GET /u/a%7eb/c?q HTTP/1.1\r\nHost: A:\r\n\r\n");
  assert_str(made->normal, STR("/u/a~b/c"));
  assert_str(made->path, STR("/v/a~b/c"));
  assert_ptr_equal(made->route, &bench->snapshot->listeners[0].routes[0]);
  assert_int_equal(made->forward.prefix.len, 0);
  assert_str(http1_write_request(&made->forward),
             STR("GET /v/a~b/c?q HTTP/1.1\r\nHost: A\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n"
                 "X-Forwarded-Host: A\r\nX-Forwarded-Port: 5000\r\nVia: 1.1 liteginx\r\n\r\n"));
  made = plan(bench, "OPTIONS /two/x HTTP/1.0\r\nMax-Forwards: 3\r\n\r\n");
  assert_str(made->path, STR("/x"));
  assert_str(made->forward.prefix, STR("/two"));
  assert_str(made->forward.host, STR("localhost:3000"));
  assert_true(made->forward.max_forwards);
  assert_int_equal(made->forward.max_forwards_left, 2);
}

static void test_what_actions_answer(void **state) {
  const struct plan *made = plan(*state, "GET /to/x-7/y?q=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_int_equal(made->answer.status, 308);
  assert_str(made->answer.location, STR("/at/7?q=1"));
  assert_int_equal(made->answer.type.len + made->answer.body.len, 0);
  made = plan(*state, "GET /said HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_int_equal(made->answer.status, 503);
  assert_int_equal(made->answer.location.len, 0);
  assert_str(made->answer.type, STR("text/plain; charset=utf-8"));
  assert_str(made->answer.body, STR("soon"));
  made = plan(*state, "GET /to/x-.. HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_int_equal(made->answer.status, 0);
  assert_int_equal(made->ending.cause, CAUSE_REDIRECT_DOTS);
  made = plan(*state, "GET /two HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_int_equal(made->answer.status, 0);
}

static void test_who_is_trusted(void **state) {
  struct bench *bench = *state;
  static const struct {
    enum peer_family family;
    unsigned char bytes[16];
    bool trusted;
  } rows[] = {
      {PEER_IPV4, {127, 0, 0, 1}, false},
      {PEER_IPV4, {10, 255, 0, 1}, true},
      {PEER_IPV6, {10, 255, 0, 1}, false},
      {PEER_IPV6, {0x20, 0x01, 0x0d, 0xb8, 0x7f}, true},
      {PEER_IPV6, {0x20, 0x01, 0x0d, 0xb8, 0x80}, false},
      {PEER_UNKNOWN, {10}, false},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    memcpy(bench->facts.peer.bytes, rows[i].bytes, sizeof rows[i].bytes);
    bench->facts.peer.family = rows[i].family;
    assert_int_equal(plan_trusts(&bench->facts), rows[i].trusted);
  }
}

static void test_steps_have_names(void **state) {
  (void)state;
  for (unsigned i = 0; i < PLAN_STEP_COUNT; i++) {
    assert_true(strlen(plan_step_name((enum plan_step)i)) > 2 && strlen(plan_step_question((enum plan_step)i)) > 2);
    for (unsigned j = 0; j < i; j++) {
      assert_string_not_equal(plan_step_name((enum plan_step)i), plan_step_name((enum plan_step)j));
    }
  }
  assert_string_equal(plan_step_name(PLAN_ROUTE), "route");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_which_step_decides),  cmocka_unit_test(test_how_it_goes_up),
      cmocka_unit_test(test_what_actions_answer), cmocka_unit_test(test_who_is_trusted),
      cmocka_unit_test(test_steps_have_names),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
