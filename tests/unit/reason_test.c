/* Every cause can be told, whatever its values are; http_reasons.py shows each one's words over a socket. */
#include "liteginx/session/reason.h"

#include <uv.h>

#include "unit.h"

static struct arena arena;

static int set_up(void **state) {
  (void)state;
  arena_init(&arena, NULL, 64 * 1024);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_reset(&arena);
  return 0;
}

static const struct config_settings settings = {.max_header_bytes = 64 * 1024,
                                                .max_header_fields = 200,
                                                .max_body_bytes = 1000,
                                                .header_timeout_ms = 30000};

/* The longest values there can be, all of them to be escaped. */
static struct reason longest(char *room, size_t size, const struct config_route *route) {
  memset(room, 0x01, size);
  struct str long_ = str_make(room, size);
  return (struct reason){.settings = &settings,
                         .route = route,
                         .target = long_,
                         .host = long_,
                         .path = long_,
                         .held_ms = UINT64_MAX,
                         .waited_ms = UINT64_MAX,
                         .passes = 10,
                         .bound_bytes = SIZE_MAX,
                         .ending = {.what = long_, .code = UV_ECONNREFUSED}};
}

static void every_cause_fits_with_the_longest_values(void **state) {
  (void)state;
  char room[2000], name[500];
  memset(name, 0x7f, sizeof name);
  struct config_route route = {.name = {name, sizeof name}, .timeouts = {UINT64_MAX, UINT64_MAX, UINT64_MAX}};
  static const enum ending_reason reasons[] = {ENDING_BAD_REQUEST, ENDING_UPSTREAM_NONSENSE, ENDING_UPSTREAM_CUT};
  for (enum cause cause = CAUSE_NONE + 1; cause < CAUSE_COUNT; cause++) {
    for (size_t i = 0; i < UNIT_COUNT(reasons); i++) {
      struct reason reason = longest(room, sizeof room, &route);
      reason.ending.reason = reasons[i];
      reason.ending.side = i ? ENDING_UPSTREAM : ENDING_DOWNSTREAM;
      reason.ending.cause = cause;
      struct str text = reason_text(&arena, &reason);
      assert_true(text.len > 0 && text.len <= REASON_MAX);
      if (str_find(text, '{') < text.len || str_find(text, '\x01') < text.len) fail_msg("%.*s", STR_ARG(text));
      arena_reset(&arena);
    }
  }
}

static void the_kind_of_ending_speaks_for_its_cause(void **state) {
  (void)state;
  static const struct config_route never = {.timeouts = {0, 0, 0}}, soon = {.timeouts = {10, 10, 10}};
  static const struct {
    enum ending_reason reason;
    int code;
    enum cause cause, want;
    const struct config_route *route;
    bool bound_met;
  } rows[] = {
      {ENDING_REFUSED, UV_ECONNREFUSED, CAUSE_NONE, CAUSE_REFUSED, &soon, false},
      {ENDING_REFUSED, UV_EAI_NONAME, CAUSE_NONE, CAUSE_NAME, &soon, false},
      {ENDING_CONNECT_TIMEOUT, UV_ETIMEDOUT, CAUSE_NONE, CAUSE_CONNECT_TIMEOUT, &soon, false},
      {ENDING_CONNECT_TIMEOUT, UV_ETIMEDOUT, CAUSE_NONE, CAUSE_CONNECT_TIMEOUT_OF_SYSTEM, &never, false},
      {ENDING_UPSTREAM_LEFT, UV_EOF, CAUSE_NONE, CAUSE_UPSTREAM_LEFT, &soon, false},
      {ENDING_UPSTREAM_LEFT, UV_ECONNRESET, CAUSE_NONE, CAUSE_UPSTREAM_BROKE, &soon, false},
      {ENDING_UPSTREAM_LEFT, UV_EOF, CAUSE_LEFT_IN_HEAD, CAUSE_LEFT_IN_HEAD, &soon, false},
      {ENDING_UPSTREAM_CUT, UV_EOF, CAUSE_NONE, CAUSE_UPSTREAM_CUT, &soon, false},
      {ENDING_UPSTREAM_CUT, 0, CAUSE_CHUNK_SIZE, CAUSE_CHUNK_SIZE, &soon, false},
      {ENDING_NO_MEMORY, 0, CAUSE_NONE, CAUSE_NO_MEMORY, NULL, false},
      {ENDING_NO_MEMORY, 0, CAUSE_NO_MEMORY, CAUSE_EXCHANGE_BOUND, NULL, true},
      {ENDING_CLIENT_LEFT, 0, CAUSE_NONE, CAUSE_CLIENT_LEFT, NULL, false},
      {ENDING_RESET_BY_CLIENT, 0, CAUSE_NONE, CAUSE_RESET_BY_CLIENT, &soon, false},
      {ENDING_RESET_BY_TARGET, 0, CAUSE_NONE, CAUSE_RESET_BY_TARGET, &soon, false},
      {ENDING_DRAIN, 0, CAUSE_NONE, CAUSE_DRAIN, &soon, false},
      {ENDING_LOCAL_OPTIONS, 0, CAUSE_NONE, CAUSE_NONE, NULL, false},
      {ENDING_UNREAD, 0, CAUSE_NONE, CAUSE_NONE, &soon, false},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct reason reason = {
        .ending = {.reason = rows[i].reason, .code = rows[i].code, .cause = rows[i].cause},
        .route = rows[i].route,
        .bound_met = rows[i].bound_met,
    };
    assert_string_equal(cause_label(reason_cause(&reason)), cause_label(rows[i].want));
  }
}

static void values_are_written_as_people_do(void **state) {
  (void)state;
  static const struct config_route route = {.name = STR_INIT("web"), .timeouts = {1500, 60000, 10}};
  struct reason reason = {.ending = {.reason = ENDING_CONNECT_TIMEOUT, .side = ENDING_UPSTREAM},
                          .settings = &settings,
                          .route = &route,
                          .target = STR("localhost:3000")};
  assert_str(reason_text(&arena, &reason),
             STR("localhost:3000 of web did not accept a connection within 1.5 s (timeouts: connect): is the address "
                 "right, does a firewall drop it?"));
  reason.ending = ending_make(ENDING_RESPONSE_TIMEOUT, ENDING_UPSTREAM, 0);
  assert_str(reason_text(&arena, &reason), STR("localhost:3000 of web did not answer within 60 s: see what it does, or "
                                               "give it more (timeouts: response)"));
  reason.ending = (struct ending){.reason = ENDING_BODY_TOO_LARGE, .cause = CAUSE_BODY_TOO_LARGE};
  assert_str(reason_text(&arena, &reason),
             STR("the request body is larger than 1000 bytes: send less, or raise max_body_bytes"));
  reason.ending = (struct ending){.reason = ENDING_FIELDS_TOO_LARGE,
                                  .cause = CAUSE_HEAD_TOO_LARGE,
                                  .what = STR("Cookie: 0123456789")};
  assert_str(reason_text(&arena, &reason), STR("the head is larger than 64 KiB, the largest field that has come is "
                                               "'Cookie' with 18 bytes: send less, or raise max_header_bytes"));
}

static void without_memory_the_label_is_told(void **state) {
  (void)state;
  struct arena none;
  arena_init(&none, NULL, 0);
  struct reason reason = {.ending = {.reason = ENDING_BAD_REQUEST, .cause = CAUSE_NO_HOST}, .settings = &settings};
  assert_str(reason_text(&none, &reason), STR("no-host"));
  arena_reset(&none);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_cause_fits_with_the_longest_values, set_up, tear_down),
      cmocka_unit_test(the_kind_of_ending_speaks_for_its_cause),
      cmocka_unit_test_setup_teardown(values_are_written_as_people_do, set_up, tear_down),
      cmocka_unit_test(without_memory_the_label_is_told),
  };
  return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
