/* Dialling on the loopback interface: 127.0.0.0/8 gives as many addresses with one port as a test needs. A listener
 * whose queue is full lets further connects hang, as a host behind a firewall does. */
#include "dialler.h"

static void test_connects(void **state) {
  static const struct place places[] = {{"127.0.0.1", LISTENS}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 1);
  start(&caller, "127.0.0.1", 0);
  run(caller.fixture);
  assert_int_equal(caller.status, 0);
  assert_true(has_caller(caller.fixture, 0));
  assert_int_equal(stream_send_str(caller.stream, STR("hello")), STREAM_SENT);
  char got[8] = "";
  uv_os_sock_t fd = accept(caller.fixture->sockets[0], NULL, NULL);
  assert_int_equal(os_receive(fd, got, 5), 5);
  assert_string_equal(got, "hello");
  os_drop(fd);
  stream_close(caller.stream, false);
}

static void test_connects_six(void **state) {
  static const struct place places[] = {{"127.0.0.1", LISTENS}, {"::1", LISTENS}};
  struct caller caller = {.fixture = *state};
  if (!has_six()) unit_skip("this machine has no IPv6");
  open_places(caller.fixture, places, 2);
  dial_expect(&caller, "::1", 3000, 0);
  assert_true(has_caller(caller.fixture, 1));
  assert_false(has_caller(caller.fixture, 0));
  /* localhost is both, ::1 first. */
  os_drop(accept(caller.fixture->sockets[1], NULL, NULL));
  dial_expect(&caller, "localhost", 3000, 0);
  assert_true(has_caller(caller.fixture, 1));
  assert_false(has_caller(caller.fixture, 0));
}

static void test_refused(void **state) {
  static const struct place places[] = {{"127.0.0.1", REFUSES}, {"::1", REFUSES}, {"127.0.0.2", REFUSES}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 3);
  dial_expect(&caller, "127.0.0.1", 3000, UV_ECONNREFUSED);
  dial_expect(&caller, "127.0.0.2", 0, UV_ECONNREFUSED);
  dial_expect(&caller, "localhost", 3000, UV_ECONNREFUSED);
  assert_int_equal(caller.dial.tried, 2);
}

/* The usual development server: localhost, but listening on one family only. */
static void test_one_family_of_localhost(void **state) {
  static const struct place only_four[] = {{"127.0.0.1", LISTENS}, {"::1", REFUSES}};
  static const struct place only_six[] = {{"127.0.0.1", REFUSES}, {"::1", LISTENS}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, only_four, 2);
  dial_expect(&caller, "localhost", 3000, 0);
  assert_int_equal(caller.dial.tried, 2);
  assert_true(has_caller(caller.fixture, 0));
  /* What answered comes first the next time, until it does not answer. */
  dial_expect(&caller, "localhost", 3000, 0);
  assert_int_equal(caller.dial.tried, 1);
  if (!has_six()) return;
  open_places(caller.fixture, only_six, 2);
  dial_expect(&caller, "localhost", 3000, 0);
  assert_int_equal(caller.dial.tried, 2);
  assert_true(has_caller(caller.fixture, 1));
  dial_expect(&caller, "localhost", 3000, 0);
  assert_int_equal(caller.dial.tried, 1);
}

/* The best of some: the machine may be busy. */
static void test_refused_goes_on_at_once(void **state) {
  static const struct place places[] = {{"127.0.0.2", REFUSES}, {"127.0.0.3", REFUSES}, {"127.0.0.4", LISTENS}};
  uint64_t best_ms = UINT64_MAX;
  for (unsigned i = 0; i < 5 && best_ms > DIAL_NEXT_MS / 2; i++) {
    struct caller caller = {.fixture = *state};
    struct fixture *fixture = caller.fixture;
    open_places(fixture, places, 3);
    dial_expect(&caller, "three.test", 3000, 0);
    if (caller.took_ms < best_ms) best_ms = caller.took_ms;
    resolve_release(fixture->name); /* so that it is not remembered */
    fixture->name = NULL;
  }
  assert_in_range(best_ms, 0, DIAL_NEXT_MS / 2);
}

static void test_hanging_goes_on_after_a_while(void **state) {
  static const struct place places[] = {{"127.0.0.2", HANGS}, {"127.0.0.3", LISTENS}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 2);
  dial_expect(&caller, "two.test", 3000, 0);
  assert_true(caller.took_ms >= DIAL_NEXT_MS - 1);
  assert_true(has_caller(caller.fixture, 1));
  uint64_t first_ms = caller.took_ms;
  dial_expect(&caller, "two.test", 3000, 0);
  assert_true(caller.took_ms < first_ms);
}

/* A refusal while another hangs: the dial waits for that one, with no further address to try. */
static void test_hanging_and_refused(void **state) {
  static const struct place places[] = {{"127.0.0.2", HANGS}, {"127.0.0.3", REFUSES}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 2);
  dial_expect(&caller, "two.test", DIAL_NEXT_MS + 100, UV_ETIMEDOUT);
  assert_int_equal(caller.dial.tried, 2);
  assert_true(caller.took_ms >= DIAL_NEXT_MS + 99);
}

/* Or it would take the one that is given up for a client that said nothing and ended properly. */
static void test_who_has_accepted_already_sees_a_reset(void **state) {
  static const struct place places[] = {{"127.0.0.1", LISTENS}};
  struct caller caller = {.fixture = *state};
  char byte;
  open_places(caller.fixture, places, 1);
  start(&caller, "127.0.0.1", 3000);
  uv_os_sock_t fd = accept(caller.fixture->sockets[0], NULL, NULL);
  assert_true(fd != OS_NO_SOCKET);
  dial_cancel(&caller.dial);
  run(caller.fixture);
  assert_int_equal(os_receive(fd, &byte, 1), UV_ECONNRESET);
  os_drop(fd);
}

/* With the last address under way there is nothing to wake up for but the end. */
static void test_refused_then_hanging(void **state) {
  static const struct place places[] = {{"127.0.0.2", REFUSES}, {"127.0.0.3", HANGS}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 2);
  start(&caller, "two.test", 3000);
  while (caller.dial.tried < 2) uv_run(&caller.fixture->loop.uv, UV_RUN_ONCE);
  assert_false(deadline_armed(&caller.dial.next));
  assert_true(deadline_armed(&caller.dial.give_up));
  dial_cancel(&caller.dial);
}

/* No address is left to try, but one is still under way. */
static void test_hanging_that_answers_late(void **state) {
  static const struct place places[] = {{"127.0.0.2", HANGS}, {"127.0.0.3", REFUSES}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 2);
  start(&caller, "two.test", 20000);
  while (caller.dial.tried < 2) uv_run(&caller.fixture->loop.uv, UV_RUN_ONCE);
  /* Room in the queue: the kernel's next try, a second later, gets through. */
  os_drop(accept(caller.fixture->sockets[0], NULL, NULL));
  run(caller.fixture);
  assert_int_equal(caller.told, 1);
  assert_int_equal(caller.status, 0);
  stream_close(caller.stream, true);
}

static void test_deadline(void **state) {
  static const struct place places[] = {{"127.0.0.2", HANGS}, {"127.0.0.3", HANGS}, {"127.0.0.4", HANGS}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 3);
  dial_expect(&caller, "127.0.0.2", 60, UV_ETIMEDOUT);
  assert_true(caller.took_ms >= 59);
  dial_expect(&caller, "three.test", 2 * DIAL_NEXT_MS + 50, UV_ETIMEDOUT);
  assert_int_equal(caller.dial.tried, 3);
  assert_true(caller.took_ms >= 2 * DIAL_NEXT_MS + 49);
}

static void test_names(void **state) {
  static const struct place places[] = {{"127.0.0.2", LISTENS}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 1);
  dial_expect(&caller, "nobody.test", 3000, UV_EAI_NONAME);
  dial_expect(&caller, "", 3000, UV_EINVAL); /* libuv refuses it at once; told later all the same */
  fake_hold();
  start(&caller, "two.test", 50);
  assert_int_equal(caller.dial.state, DIAL_RESOLVE);
  while (caller.told < 3) uv_run(&caller.fixture->loop.uv, UV_RUN_ONCE);
  fake_let_go();
  assert_int_equal(caller.status, UV_ETIMEDOUT);
  run(caller.fixture);
  dial_expect(&caller, "two.test", 3000, 0);
}

/* These connects fail within the call. */
static void test_fails_within_the_call(void **state) {
  static const struct place places[] = {{"127.0.0.2", LISTENS}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 1);
  dial_expect(&caller, "broadcast-first.test", 3000, 0);
  start(&caller, "255.255.255.255", 3000);
  assert_int_equal(caller.told, 1);
  assert_true(list_empty(&caller.dial.attempts));
  run(caller.fixture);
  assert_int_equal(caller.told, 2);
  assert_true(caller.status == UV_ENETUNREACH || caller.status == UV_EACCES);
  dial_expect(&caller, "broadcast.test", 0, caller.status);
  start(&caller, "255.255.255.255", 3000);
  dial_cancel(&caller.dial);
  run(caller.fixture);
  assert_int_equal(caller.told, 3);
}

static void test_meets_itself(void **state) {
  static const struct place places[] = {{"127.0.0.2", LISTENS}, {"127.0.0.3", LISTENS}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 2);
  peer_is_own = true;
  dial_expect(&caller, "two.test", 3000, UV_ECONNREFUSED);
  assert_int_equal(caller.dial.tried, 2);
  peer_is_own = false;
  dial_expect(&caller, "two.test", 3000, 0);
}

static void test_cancel(void **state) {
  static const struct place places[] = {{"127.0.0.1", LISTENS}, {"127.0.0.2", HANGS}, {"127.0.0.3", HANGS}};
  struct caller caller = {.fixture = *state};
  struct fixture *fixture = caller.fixture;
  open_places(fixture, places, 3);
  dial_cancel(&caller.dial); /* idle, never used */

  fake_hold();
  start(&caller, "two.test", 3000);
  assert_int_equal(caller.dial.state, DIAL_RESOLVE);
  dial_cancel(&caller.dial);
  dial_cancel(&caller.dial);
  assert_int_equal(fixture->loop.deadlines.armed, 0);
  fake_let_go();
  run(fixture);

  start(&caller, "127.0.0.1", 3000);
  assert_int_equal(caller.dial.state, DIAL_CONNECT);
  dial_cancel(&caller.dial); /* though it is connected by now */
  run(fixture);

  start(&caller, "two.test", 3000);
  while (caller.dial.tried < 2) uv_run(&fixture->loop.uv, UV_RUN_ONCE);
  dial_cancel(&caller.dial); /* two are under way */
  assert_int_equal(fixture->loop.deadlines.armed, 0);
  run(fixture);

  assert_int_equal(caller.told, 0);
  assert_int_equal(fixture->loop.streams, 0);
  dial_expect(&caller, "127.0.0.1", 3000, 0);
}

/* Cancelled and freed before the loop has run once; attempts end on their own. */
static void test_cancel_and_free(void **state) {
  static const struct place places[] = {{"127.0.0.1", LISTENS}, {"127.0.0.2", HANGS}, {"127.0.0.3", REFUSES}};
  static const char *const hosts[] = {"127.0.0.1", "127.0.0.2", "127.0.0.3", "localhost", "two.test", "nobody.test"};
  struct fixture *fixture = *state;
  open_places(fixture, places, 3);
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    struct caller *caller = calloc(1, sizeof *caller);
    assert_non_null(caller);
    caller->fixture = fixture;
    start(caller, hosts[i], 3000);
    dial_cancel(&caller->dial);
    free(caller);
  }
  run(fixture);
  assert_int_equal(fixture->loop.streams, 0);
}

static void test_free_in_callback(void **state) {
  static const struct place places[] = {{"127.0.0.1", LISTENS}, {"127.0.0.2", HANGS}, {"127.0.0.3", REFUSES}};
  static const char *const hosts[] = {"127.0.0.1", "127.0.0.2",      "127.0.0.3",   "localhost",
                                      "two.test",  "broadcast.test", "nobody.test", ""};
  struct fixture *fixture = *state;
  open_places(fixture, places, 3);
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    struct caller *caller = calloc(1, sizeof *caller);
    assert_non_null(caller);
    caller->fixture = fixture;
    caller->let_go = true;
    start(caller, hosts[i], 40);
    run(fixture);
    assert_int_equal(fixture->loop.streams, 0);
  }
}

static void test_start_in_callback(void **state) {
  static const struct place places[] = {{"127.0.0.1", LISTENS}, {"127.0.0.2", HANGS}, {"127.0.0.3", REFUSES}};
  static const char *const hosts[] = {"127.0.0.1", "127.0.0.2", "127.0.0.3", "255.255.255.255", "nobody.test"};
  struct fixture *fixture = *state;
  open_places(fixture, places, 3);
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    struct caller caller = {.fixture = fixture, .again = 3};
    start(&caller, hosts[i], 20);
    run(fixture);
    assert_int_equal(caller.told, 4);
    if (caller.stream) stream_close(caller.stream, false);
    run(fixture);
  }
}

static void test_many_at_once(void **state) {
  static const struct place places[] = {{"127.0.0.1", LISTENS}, {"::1", REFUSES}};
  enum { COUNT = 100 };
  struct fixture *fixture = *state;
  struct caller *callers = calloc(COUNT, sizeof *callers);
  assert_non_null(callers);
  open_places(fixture, places, 2);
  for (unsigned i = 0; i < COUNT; i++) {
    callers[i].fixture = fixture;
    start(&callers[i], "localhost", 10000);
    if (i % 4 == 3) dial_cancel(&callers[i].dial);
  }
  run(fixture);
  for (unsigned i = 0; i < COUNT; i++) {
    assert_int_equal(callers[i].told, i % 4 == 3 ? 0 : 1);
    assert_int_equal(callers[i].status, 0);
    if (callers[i].stream) stream_close(callers[i].stream, true);
  }
  free(callers);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_connects, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_connects_six, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_one_family_of_localhost, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_refused_goes_on_at_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_hanging_goes_on_after_a_while, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_hanging_and_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_who_has_accepted_already_sees_a_reset, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_refused_then_hanging, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_hanging_that_answers_late, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_deadline, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_fails_within_the_call, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_meets_itself, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_cancel_and_free, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_free_in_callback, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_start_in_callback, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_many_at_once, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
