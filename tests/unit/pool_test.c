/* Idle connections over real sockets: which come back out, which are dropped and when. */
#include "liteginx/upstream/pool.h"

#include "upstreams.h"

static const int one[] = {1, -1};

struct fixture {
  struct upstreams *upstreams;
  struct pool_target *target;
  struct dial dial;
  struct stream *stream;
  unsigned dialled;
};

static void on_dialled(struct dial *dial, struct stream *stream, int status) {
  struct fixture *fixture = container_of(dial, struct fixture, dial);
  assert_int_equal(status, 0);
  fixture->stream = stream;
  fixture->dialled++;
}

static int set_up(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  if (!fixture) return -1;
  fixture->upstreams = upstreams_new(one, "hold: 0s");
  upstreams_listen(fixture->upstreams, 0);
  fixture->target = pool_find(&fixture->upstreams->pool, fixture->upstreams->route->targets[0]);
  *state = fixture;
  return fixture->target ? 0 : -1;
}

static int tear_down(void **state) {
  struct fixture *fixture = *state;
  upstreams_free(fixture->upstreams);
  free(fixture);
  return 0;
}

/* A connection that has served; *peer is its other end. */
static struct upstream_conn *served(struct fixture *fixture, uv_os_sock_t *peer) {
  struct upstreams *upstreams = fixture->upstreams;
  dial_start(&fixture->dial, &upstreams->loop, fixture->target->name, upstreams->ports[0], 0, on_dialled);
  upstreams_run_until(upstreams, &fixture->dialled, fixture->dialled + 1);
  *peer = accept(upstreams->sockets[0], NULL, NULL);
  assert_true(*peer != OS_NO_SOCKET);
  struct upstream_conn *conn = pool_connected(fixture->target, fixture->stream);
  assert_non_null(conn);
  upstream_conn_begin(conn);
  assert_false(upstream_conn_reusable(conn));
  conn->request = conn->response = UPSTREAM_END;
  conn->keep_alive = true;
  return conn;
}

/* Runs the loop until `count` connections are idle. */
static void wait_for_idle(struct fixture *fixture, unsigned count) {
  for (unsigned waited_ms = 0; fixture->target->idle_count != count; waited_ms++) {
    assert_true(waited_ms < UPSTREAMS_PATIENCE_MS);
    upstreams_run_ms(fixture->upstreams, 1);
  }
}

static bool has_end(uv_os_sock_t peer) {
  char byte;
  return os_receive_now(peer, &byte, 1) == 0;
}

/* Our end of it gets closed. */
static void assert_closes(struct fixture *fixture, uv_os_sock_t peer) {
  for (unsigned waited_ms = 0; !has_end(peer); waited_ms++) {
    assert_true(waited_ms < UPSTREAMS_PATIENCE_MS);
    upstreams_run_ms(fixture->upstreams, 1);
  }
  os_drop(peer);
}

static void the_newest_comes_out_first(void **state) {
  struct fixture *fixture = *state;
  uv_os_sock_t peers[2];
  struct upstream_conn *older = served(fixture, &peers[0]), *newer = served(fixture, &peers[1]);
  assert_null(pool_take(fixture->target, false));
  pool_put(older, NULL);
  pool_put(newer, NULL);
  assert_int_equal(fixture->target->idle_count, 2);
  assert_false(newer->reused);
  assert_ptr_equal(pool_take(fixture->target, false), newer);
  assert_ptr_equal(pool_take(fixture->target, true), older);
  assert_true(newer->reused && older->reused);
  assert_int_equal(fixture->target->idle_count, 0);
  assert_null(pool_take(fixture->target, false));
  upstream_conn_close(older, false);
  upstream_conn_close(newer, false);
  assert_int_equal(fixture->upstreams->loop.deadlines.armed, 0);
  assert_closes(fixture, peers[0]);
  assert_closes(fixture, peers[1]);
}

/* Its idle time runs on meanwhile, and ends nothing. */
static void one_in_use_stays_until_it_is_idle_again(void **state) {
  struct fixture *fixture = *state;
  struct deadlines *deadlines = &fixture->upstreams->loop.deadlines;
  uv_os_sock_t peer;
  fixture->upstreams->pool.idle_ms = 20;
  struct upstream_conn *conn = served(fixture, &peer);
  pool_put(conn, NULL);
  assert_ptr_equal(pool_take(fixture->target, false), conn);
  for (unsigned waited_ms = 0; deadlines->armed; waited_ms++) {
    assert_true(waited_ms < UPSTREAMS_PATIENCE_MS);
    upstreams_run_ms(fixture->upstreams, 1);
  }
  assert_false(has_end(peer));
  pool_put(conn, NULL);
  assert_int_equal(fixture->target->idle_count, 1);
  assert_closes(fixture, peer);
  assert_int_equal(fixture->target->idle_count, 0);
}

static void one_too_many_drops_the_oldest(void **state) {
  struct fixture *fixture = *state;
  uv_os_sock_t peers[3];
  for (unsigned i = 0; i < 3; i++) pool_put(served(fixture, &peers[i]), NULL);
  assert_int_equal(fixture->target->idle_count, 2);
  assert_closes(fixture, peers[0]);
  assert_false(has_end(peers[1]) || has_end(peers[2]));
  os_drop(peers[1]);
  os_drop(peers[2]);
}

static void only_a_clean_end_is_kept(void **state) {
  struct fixture *fixture = *state;
  enum { REQUEST_RUNS, RESPONSE_RUNS, SAID_CLOSE, ENDED, FAILED, SPOKE, LEFT, KEEPS_NONE, CASES };
  for (int i = 0; i < CASES; i++) {
    uv_os_sock_t peer;
    struct upstream_conn *conn = served(fixture, &peer);
    if (i == REQUEST_RUNS) conn->request = UPSTREAM_HEAD;
    if (i == RESPONSE_RUNS) conn->response = UPSTREAM_BODY;
    if (i == SAID_CLOSE) conn->keep_alive = false;
    if (i == ENDED) conn->stream->input.end = INPUT_TOLD;       /* and told: nobody would hear of it again */
    if (i == FAILED) conn->stream->life = STREAM_FAILED;        /* it would never be read again */
    if (i == SPOKE) assert_int_equal(os_send(peer, "x", 1), 1); /* which nobody has read */
    if (i == LEFT) assert_int_equal(os_half_close(peer), 0);
    if (i == KEEPS_NONE) fixture->upstreams->pool.idle_max = 0;
    pool_put(conn, NULL);
    assert_int_equal(fixture->target->idle_count, 0);
    assert_closes(fixture, peer);
  }
}

static void what_an_idle_one_says_ends_it(void **state) {
  struct fixture *fixture = *state;
  enum { SAYS_SOMETHING, ENDS, RESETS, CASES };
  for (int i = 0; i < CASES; i++) {
    uv_os_sock_t peer;
    pool_put(served(fixture, &peer), NULL);
    upstreams_run_ms(fixture->upstreams, 5);
    assert_int_equal(fixture->target->idle_count, 1);
    if (i == SAYS_SOMETHING) assert_int_equal(os_send(peer, "x", 1), 1);
    if (i == ENDS) os_drop(peer);
    if (i == RESETS) os_reset(peer);
    wait_for_idle(fixture, 0);
    if (i == SAYS_SOMETHING) os_drop(peer);
  }
}

/* The end has come, but the loop was not told yet. */
/* What the peer did has come: at once on one machine, but for wine, whose sockets another process closes. */
static void wait_noise(const struct upstream_conn *conn) {
  for (unsigned waited_ms = 0; stream_quiet(conn->stream); waited_ms++) {
    assert_true(waited_ms < UPSTREAMS_PATIENCE_MS);
    uv_sleep(1);
  }
}

static void a_certain_one_is_asked(void **state) {
  struct fixture *fixture = *state;
  uv_os_sock_t dead, alive;
  struct upstream_conn *living = served(fixture, &alive);
  pool_put(living, NULL);
  struct upstream_conn *dying = served(fixture, &dead);
  pool_put(dying, NULL);
  os_drop(dead);
  wait_noise(dying);
  assert_ptr_equal(pool_take(fixture->target, true), living);
  assert_int_equal(fixture->target->idle_count, 0);
  pool_put(living, NULL);
  assert_int_equal(os_send(alive, "x", 1), 1);
  wait_noise(living);
  assert_null(pool_take(fixture->target, true));
  os_drop(alive);
}

/* No look at what is ready lies between. */
static void one_put_in_in_this_turn_is_asked(void **state) {
  struct fixture *fixture = *state;
  uv_os_sock_t spoke, later;
  struct upstream_conn *noisy = served(fixture, &spoke);
  pool_put(noisy, NULL);
  assert_int_equal(os_send(spoke, "x", 1), 1);
  wait_noise(noisy);
  assert_null(pool_take(fixture->target, false));
  assert_int_equal(fixture->target->idle_count, 0);
  struct upstream_conn *conn = served(fixture, &later);
  pool_put(conn, NULL);
  assert_ptr_equal(pool_take(fixture->target, false), conn);
  assert_true(conn->asked);
  pool_put(conn, NULL);
  upstreams_run_ms(fixture->upstreams, 5);
  assert_ptr_equal(pool_take(fixture->target, false), conn);
  assert_false(conn->asked);
  upstream_conn_close(conn, false);
  os_drop(spoke);
  os_drop(later);
}

static void one_that_is_logged_in_is_its_clients(void **state) {
  struct fixture *fixture = *state;
  struct pool_private own, others;
  uv_os_sock_t peers[2];
  pool_private_init(&own);
  pool_private_init(&others);
  fixture->upstreams->pool.idle_ms = 1;
  struct upstream_conn *older = served(fixture, &peers[0]), *newer = served(fixture, &peers[1]);
  older->logged_in = newer->logged_in = true;
  pool_put(older, &own);
  upstreams_run_ms(fixture->upstreams, 15); /* no idle time ends it */
  struct target *target = fixture->target->target;
  assert_null(pool_take(fixture->target, false));
  assert_null(pool_take_private(&others, target, false));
  assert_ptr_equal(pool_take_private(&own, target, false), older);
  pool_put(older, &own);
  pool_put(newer, &own); /* one for each target is enough */
  assert_closes(fixture, peers[0]);
  assert_int_equal(fixture->target->idle_count, 0);
  pool_private_close(&own);
  assert_true(list_empty(&own.conns));
  assert_closes(fixture, peers[1]);
}

static void what_is_logged_in_makes_way_and_ends_as_others_do(void **state) {
  struct fixture *fixture = *state;
  struct pool_private own;
  uv_os_sock_t peers[2];
  pool_private_init(&own);
  for (unsigned i = 0; i < UNIT_COUNT(peers); i++) {
    struct upstream_conn *conn = served(fixture, &peers[i]);
    conn->logged_in = true;
    pool_put(conn, &own);
    if (i == 0) fixture->upstreams->pool.open_max = 1;
    if (i == 0) pool_make_way(&fixture->upstreams->pool);
    if (i == 1) os_half_close(peers[i]);
    assert_closes(fixture, peers[i]);
    assert_true(list_empty(&own.conns));
    assert_int_equal(fixture->target->idle_count, 0);
    fixture->upstreams->pool.open_max = UINT_MAX;
  }
}

static void none_is_idle_for_ever(void **state) {
  struct fixture *fixture = *state;
  uv_os_sock_t peer;
  fixture->upstreams->pool.idle_ms = 300;
  pool_put(served(fixture, &peer), NULL);
  upstreams_run_ms(fixture->upstreams, 15);
  assert_int_equal(fixture->target->idle_count, 1);
  wait_for_idle(fixture, 0);
  assert_closes(fixture, peer);
}

static void idle_ones_make_way(void **state) {
  struct fixture *fixture = *state;
  struct pool *pool = &fixture->upstreams->pool;
  uv_os_sock_t peers[2];
  struct upstream_conn *busy = served(fixture, &peers[0]);
  pool_put(served(fixture, &peers[1]), NULL);
  pool->open_max = 3;
  pool_make_way(pool);
  assert_int_equal(fixture->target->idle_count, 1); /* there is room */
  pool->open_max = 1;
  pool_make_way(pool);
  assert_closes(fixture, peers[1]);
  pool_make_way(pool); /* the one in use is let alone */
  assert_int_equal(fixture->target->idle_count, 0);
  assert_false(has_end(peers[0]));
  upstream_conn_close(busy, false);
  assert_closes(fixture, peers[0]);
}

static void the_end_closes_what_is_idle(void **state) {
  struct fixture *fixture = *state;
  uv_os_sock_t peer;
  pool_put(served(fixture, &peer), NULL);
  pool_close(&fixture->upstreams->pool);
  assert_int_equal(fixture->upstreams->loop.deadlines.armed, 0);
  assert_closes(fixture, peer);
}

static void each_target_is_found_again(void **state) {
  struct fixture *fixture = *state;
  struct upstreams *upstreams = fixture->upstreams;
  assert_ptr_equal(pool_find(&upstreams->pool, upstreams->route->targets[0]), fixture->target);
  struct target *others[40];
  struct pool_target *found[40];
  for (unsigned i = 0; i < UNIT_COUNT(others); i++) {
    others[i] = target_acquire(&upstreams->table, STR("127.0.0.1"), (uint16_t)(i + 1));
    found[i] = pool_find(&upstreams->pool, others[i]);
    assert_non_null(found[i]);
    assert_ptr_equal(found[i]->target, others[i]);
  }
  for (unsigned i = 0; i < UNIT_COUNT(others); i++) {
    assert_ptr_equal(pool_find(&upstreams->pool, others[i]), found[i]);
    target_release(others[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_newest_comes_out_first, set_up, tear_down),
      cmocka_unit_test_setup_teardown(one_in_use_stays_until_it_is_idle_again, set_up, tear_down),
      cmocka_unit_test_setup_teardown(one_too_many_drops_the_oldest, set_up, tear_down),
      cmocka_unit_test_setup_teardown(only_a_clean_end_is_kept, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_an_idle_one_says_ends_it, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_certain_one_is_asked, set_up, tear_down),
      cmocka_unit_test_setup_teardown(one_put_in_in_this_turn_is_asked, set_up, tear_down),
      cmocka_unit_test_setup_teardown(one_that_is_logged_in_is_its_clients, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_logged_in_makes_way_and_ends_as_others_do, set_up, tear_down),
      cmocka_unit_test_setup_teardown(none_is_idle_for_ever, set_up, tear_down),
      cmocka_unit_test_setup_teardown(idle_ones_make_way, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_end_closes_what_is_idle, set_up, tear_down),
      cmocka_unit_test_setup_teardown(each_target_is_found_again, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
