/* The way to a connection, over real sockets: which target is next, what rests, who is held and served in order. */
#include "liteginx/upstream/connector.h"

#include "upstreams.h"

struct caller {
  struct connector connector;
  struct stream *stream;
  unsigned connected, failed;
  unsigned *told; /* by all callers of a test */
  unsigned order; /* the how manieth it was */
  bool starting;
};

static const int one[] = {1, -1}, two[] = {1, 1, -1};

static void on_connected(void *owner, struct stream *stream) {
  struct caller *caller = owner;
  assert_false(caller->starting);
  assert_int_equal(caller->connector.state, CONNECTOR_IDLE);
  caller->stream = stream;
  caller->connected++;
  caller->order = ++*caller->told;
}

static void on_failed(void *owner) {
  struct caller *caller = owner;
  assert_false(caller->starting);
  assert_int_equal(caller->connector.state, CONNECTOR_IDLE);
  caller->failed++;
  caller->order = ++*caller->told;
}

static const struct connector_events events = {on_connected, on_failed};

static enum connector_result start(struct upstreams *upstreams, struct caller *caller, unsigned *told,
                                   enum connector_reuse reuse) {
  *caller = (struct caller){.told = told, .starting = true};
  uv_update_time(&upstreams->loop.uv);
  enum connector_result result =
      connector_start(&caller->connector, &upstreams->pool, upstreams->route, reuse, NULL, &events, caller);
  caller->starting = false;
  return result;
}

/* Starts one and waits for its end. */
static struct caller call(struct upstreams *upstreams) {
  struct caller caller;
  unsigned told = 0;
  assert_int_equal(start(upstreams, &caller, &told, REUSE_ANY), CONNECTOR_WAITS);
  upstreams_run_until(upstreams, &told, 1);
  if (caller.stream) stream_close(caller.stream, true);
  caller.told = NULL;
  return caller;
}

static void wait_for_state(struct upstreams *upstreams, const struct caller *caller, enum connector_state state) {
  for (unsigned waited_ms = 0; caller->connector.state != state; waited_ms++) {
    assert_true(waited_ms < UPSTREAMS_PATIENCE_MS);
    upstreams_run_ms(upstreams, 1);
  }
}

static unsigned place_of(const struct upstreams *upstreams, const struct caller *caller) {
  unsigned place = 0;
  while (upstreams->ports[place] != caller->connector.target->target->port) place++;
  return place;
}

static void assert_fails(const struct caller *caller, enum ending_reason reason, int code) {
  assert_int_equal(caller->connected, 0);
  assert_int_equal(caller->failed, 1);
  assert_string_equal(ending_label(caller->connector.ending.reason), ending_label(reason));
  assert_int_equal(caller->connector.ending.side, ENDING_UPSTREAM);
  assert_int_equal(caller->connector.ending.code, code);
}

static void targets_take_turns(void **state) {
  (void)state;
  static const int weights[] = {2, 1, 0, -1};
  static const unsigned order[] = {0, 1, 0, 0, 1, 0};
  struct upstreams *upstreams = upstreams_new(weights, "hold: 0s");
  for (unsigned i = 0; i < 3; i++) upstreams_listen(upstreams, i);
  for (size_t i = 0; i < UNIT_COUNT(order); i++) {
    struct caller caller = call(upstreams);
    assert_int_equal(caller.connected, 1);
    assert_int_equal(place_of(upstreams, &caller), order[i]);
  }
  upstreams_free(upstreams);
}

static void many_targets_take_turns(void **state) {
  (void)state;
  int weights[UPSTREAMS_MAX];
  for (unsigned i = 0; i < UPSTREAMS_MAX; i++) weights[i] = i + 1 < UPSTREAMS_MAX ? 1 : -1;
  struct upstreams *upstreams = upstreams_new(weights, "hold: 0s");
  upstreams_listen(upstreams, 0);
  upstreams_listen(upstreams, UPSTREAMS_MAX - 2);
  for (unsigned i = 0; i < 4; i++) {
    /* All between the two refuse, and rest from then on. */
    struct caller caller = call(upstreams);
    assert_int_equal(caller.connected, 1);
    assert_int_equal(place_of(upstreams, &caller), i == 0 ? 0 : UPSTREAMS_MAX - 2);
    upstreams->route->position = 1;
  }
  upstreams_free(upstreams);
}

static void who_refuses_rests(void **state) {
  (void)state;
  struct upstreams *upstreams = upstreams_new(two, "hold: 0s");
  upstreams_listen(upstreams, 1);
  struct caller caller = call(upstreams);
  assert_int_equal(caller.connected, 1);
  assert_int_equal(place_of(upstreams, &caller), 1);
  assert_int_equal(caller.connector.refusals, 1);
  for (unsigned i = 0; i < 3; i++) {
    caller = call(upstreams);
    assert_int_equal(place_of(upstreams, &caller), 1);
    assert_int_equal(caller.connector.refusals, 0);
  }
  upstreams_free(upstreams);
}

static void the_last_one_left_is_tried_though_it_rests(void **state) {
  (void)state;
  struct upstreams *upstreams = upstreams_new(one, "hold: 0s");
  struct caller caller = call(upstreams);
  assert_fails(&caller, ENDING_REFUSED, UV_ECONNREFUSED);
  assert_true(target_resting(upstreams->route->targets[0], loop_now_ms(&upstreams->loop)));
  upstreams_listen(upstreams, 0);
  caller = call(upstreams);
  assert_int_equal(caller.connected, 1);
  assert_false(target_resting(upstreams->route->targets[0], loop_now_ms(&upstreams->loop)));
  upstreams_free(upstreams);
}

static void a_timeout_is_no_refusal(void **state) {
  (void)state;
  struct upstreams *upstreams = upstreams_new(two, "hold: 10s, timeouts: {connect: 60ms}");
  upstreams_hang(upstreams, 0);
  upstreams_hang(upstreams, 1);
  struct caller caller = call(upstreams); /* not held */
  assert_fails(&caller, ENDING_CONNECT_TIMEOUT, UV_ETIMEDOUT);
  assert_int_equal(caller.connector.timeouts, 2);
  assert_true(target_resting(upstreams->route->targets[0], loop_now_ms(&upstreams->loop)));
  upstreams_free(upstreams);
}

static void one_timeout_among_refusals_is_not_held_for(void **state) {
  (void)state;
  struct upstreams *upstreams = upstreams_new(two, "hold: 10s, timeouts: {connect: 60ms}");
  upstreams_hang(upstreams, 0);
  struct caller caller = call(upstreams);
  assert_fails(&caller, ENDING_REFUSED, UV_ECONNREFUSED);
  upstreams_free(upstreams);
}

static void weights_of_0_fail_at_once(void **state) {
  (void)state;
  static const int none[] = {0, 0, -1};
  struct upstreams *upstreams = upstreams_new(none, "hold: 10s");
  struct caller caller;
  unsigned told = 0;
  assert_int_equal(start(upstreams, &caller, &told, REUSE_ANY), CONNECTOR_FAILED);
  assert_int_equal(caller.connector.ending.reason, ENDING_NO_TARGET);
  assert_int_equal(told, 0);
  connector_cancel(&caller.connector);
  upstreams_free(upstreams);
}

static void held_ones_are_served_in_order(void **state) {
  (void)state;
  enum { WAITING = 5 };
  struct upstreams *upstreams = upstreams_new(two, "hold: 10s");
  struct caller callers[WAITING];
  unsigned told = 0;
  for (unsigned i = 0; i < WAITING; i++) {
    assert_int_equal(start(upstreams, &callers[i], &told, REUSE_ANY), CONNECTOR_WAITS);
    /* While others wait for all of its targets, none is asked for one more. */
    assert_int_equal(callers[i].connector.state, i == 0 ? CONNECTOR_DIAL : CONNECTOR_HOLD);
    wait_for_state(upstreams, &callers[i], CONNECTOR_HOLD);
    upstreams_run_ms(upstreams, 20);
    assert_int_equal(upstreams->pool.targets[0]->waiting, i + 1);
    assert_int_equal(upstreams->pool.targets[1]->waiting, i + 1);
  }
  const char *lines = upstreams_logged(upstreams);
  assert_non_null(strstr(lines, "is down (connection refused): its clients wait for it, up to 10.0 s each"));
  upstreams_listen(upstreams, 1);
  upstreams_run_until(upstreams, &told, WAITING);
  assert_int_equal(callers[0].order, 1); /* has the probe's connection; the others dialled side by side */
  for (unsigned i = 0; i < WAITING; i++) {
    assert_int_equal(callers[i].connected, 1);
    assert_int_equal(place_of(upstreams, &callers[i]), 1);
    assert_true(callers[i].connector.held_ms >= 10 && callers[i].connector.held_ms < UPSTREAMS_PATIENCE_MS);
    stream_close(callers[i].stream, true);
  }
  assert_non_null(strstr(upstreams_logged(upstreams), ": 5 waited"));
  assert_true(list_empty(&upstreams->pool.holding));
  upstreams_free(upstreams);
}

static void hold_ends(void **state) {
  (void)state;
  struct upstreams *upstreams = upstreams_new(two, "hold: 250ms");
  struct caller caller = call(upstreams);
  assert_fails(&caller, ENDING_REFUSED, UV_ECONNREFUSED);
  assert_true(caller.connector.held_ms >= 250);
  const char *lines = upstreams_logged(upstreams);
  assert_non_null(strstr(lines, "up to 0.2 s each"));
  assert_non_null(strstr(lines, "is still down, nobody waits for it any more"));
  assert_int_equal(upstreams->pool.targets[0]->waiting, 0);
  upstreams_free(upstreams);
}

static void cancelled_ones_hear_nothing(void **state) {
  (void)state;
  struct upstreams *upstreams = upstreams_new(one, "hold: 10s");
  struct caller dialling, holding, fresh = {.told = NULL};
  unsigned told = 0;
  assert_int_equal(start(upstreams, &holding, &told, REUSE_ANY), CONNECTOR_WAITS);
  wait_for_state(upstreams, &holding, CONNECTOR_HOLD);
  connector_cancel(&holding.connector);
  assert_int_equal(start(upstreams, &dialling, &told, REUSE_ANY), CONNECTOR_WAITS);
  assert_int_equal(dialling.connector.state, CONNECTOR_DIAL);
  connector_cancel(&dialling.connector);
  connector_cancel(&dialling.connector);
  connector_cancel(&fresh.connector);
  assert_int_equal(upstreams->loop.deadlines.armed, 0);
  assert_int_equal(uv_run(&upstreams->loop.uv, UV_RUN_DEFAULT), 0);
  assert_int_equal(told, 0);
  upstreams_free(upstreams);
}

static void a_retry_asks_the_same_target_first(void **state) {
  (void)state;
  struct upstreams *upstreams = upstreams_new(two, "hold: 0s");
  struct caller caller;
  unsigned told = 0;
  upstreams_listen(upstreams, 0);
  assert_int_equal(start(upstreams, &caller, &told, REUSE_ANY), CONNECTOR_WAITS);
  upstreams_run_until(upstreams, &told, 1);
  stream_close(caller.stream, true);
  assert_int_equal(connector_retry(&caller.connector), CONNECTOR_WAITS);
  upstreams_run_until(upstreams, &told, 2);
  assert_int_equal(caller.connected, 2);
  assert_int_equal(place_of(upstreams, &caller), 0);
  stream_close(caller.stream, true);
  /* Gone meanwhile: the other one. */
  os_drop(upstreams->sockets[0]);
  upstreams->sockets[0] = socket(AF_INET, SOCK_STREAM, 0);
  upstreams_listen(upstreams, 1);
  assert_int_equal(connector_retry(&caller.connector), CONNECTOR_WAITS);
  upstreams_run_until(upstreams, &told, 3);
  assert_int_equal(caller.connected, 3);
  assert_int_equal(place_of(upstreams, &caller), 1);
  stream_close(caller.stream, true);
  /* Both gone: each is asked once. */
  os_drop(upstreams->sockets[1]);
  upstreams->sockets[1] = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(connector_retry(&caller.connector), CONNECTOR_WAITS);
  upstreams_run_until(upstreams, &told, 4);
  assert_int_equal(caller.failed, 1);
  assert_int_equal(caller.connector.refusals, 2);
  upstreams_free(upstreams);
}

static void an_idle_connection_serves(void **state) {
  (void)state;
  struct upstreams *upstreams = upstreams_new(one, "hold: 0s");
  struct caller caller;
  unsigned told = 0;
  upstreams_listen(upstreams, 0);
  assert_int_equal(start(upstreams, &caller, &told, REUSE_ANY), CONNECTOR_WAITS);
  upstreams_run_until(upstreams, &told, 1);
  struct upstream_conn *conn = pool_connected(caller.connector.target, caller.stream);
  conn->request = conn->response = UPSTREAM_END;
  conn->keep_alive = true;
  pool_put(conn, NULL);
  static const enum connector_reuse reuses[] = {REUSE_ANY, REUSE_CERTAIN};
  for (size_t i = 0; i < UNIT_COUNT(reuses); i++) {
    assert_int_equal(start(upstreams, &caller, &told, reuses[i]), CONNECTOR_REUSED);
    assert_ptr_equal(caller.connector.reused, conn);
    assert_int_equal(caller.connector.state, CONNECTOR_IDLE);
    pool_put(conn, NULL);
  }
  assert_int_equal(start(upstreams, &caller, &told, REUSE_NONE), CONNECTOR_WAITS);
  upstreams_run_until(upstreams, &told, 2);
  stream_close(caller.stream, true);
  upstreams_free(upstreams);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(targets_take_turns),
      cmocka_unit_test(many_targets_take_turns),
      cmocka_unit_test(who_refuses_rests),
      cmocka_unit_test(the_last_one_left_is_tried_though_it_rests),
      cmocka_unit_test(a_timeout_is_no_refusal),
      cmocka_unit_test(one_timeout_among_refusals_is_not_held_for),
      cmocka_unit_test(weights_of_0_fail_at_once),
      cmocka_unit_test(held_ones_are_served_in_order),
      cmocka_unit_test(hold_ends),
      cmocka_unit_test(cancelled_ones_hear_nothing),
      cmocka_unit_test(a_retry_asks_the_same_target_first),
      cmocka_unit_test(an_idle_connection_serves),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
