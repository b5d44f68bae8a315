/* Names: what needs no look-up, what one look-up brings, when the next one comes, who hears of it. */
#include "fake_clock.h"
#include "resolving.h"

static void test_known_without_look_up(void **state) {
  static const struct {
    const char *host, *addresses;
  } good[] = {
      {"127.0.0.1", "127.0.0.1"},      {"192.0.2.77", "192.0.2.77"},        {"::1", "::1"},
      {"2001:db8::7", "2001:db8::7"},  {"localhost", "::1 127.0.0.1"},      {"LocalHost", "::1 127.0.0.1"},
      {"localhost.", "::1 127.0.0.1"}, {"shop.localhost", "::1 127.0.0.1"}, {"a.b.LOCALHOST.", "::1 127.0.0.1"},
  };
  struct fixture *fixture = *state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct asker asker = asker_of(fixture, good[i].host);
    assert_int_equal(resolve_wait(asker.name, &asker.waiter), 1);
    check_addresses(asker.name, good[i].addresses);
    resolve_refresh(asker.name);
    resolve_release(asker.name);
  }
  run(fixture);
  assert_int_equal(atomic_load(&fake_asked), 0);
}

static void test_unknown_names_fail(void **state) {
  static const char long_label[] =
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  static const char *const bad[] = {
      "nobody.test", "notlocalhost", "localhost.test", ".localhost", "127.0.0.300", "::g", "", "a b", long_label,
  };
  struct fixture *fixture = *state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct asker asker = asker_of(fixture, bad[i]);
    int status = resolve_wait(asker.name, &asker.waiter);
    assert_int_equal(asker.told, 0);
    if (status == 0) {
      run(fixture);
      assert_int_equal(asker.told, 1);
      status = asker.status;
    }
    if (status >= 0) fail_msg("\"%s\" has addresses", bad[i]);
    check_addresses(asker.name, "");
    resolve_release(asker.name);
  }
}

static void test_each_wait_after_a_failure_asks_again(void **state) {
  static const struct fake_name late[] = {{"late.test", 0, {"192.0.2.1"}}, {0}};
  struct fixture *fixture = *state;
  struct asker asker = asker_of(fixture, "late.test");
  for (unsigned i = 1; i <= 3; i++) {
    assert_int_equal(resolve_wait(asker.name, &asker.waiter), 0);
    run(fixture);
    assert_int_equal(asker.told, i);
    assert_int_equal(asker.status, UV_EAI_NONAME);
    assert_int_equal(atomic_load(&fake_asked), i);
  }
  fake_names = late;
  assert_int_equal(resolve_wait(asker.name, &asker.waiter), 0);
  run(fixture);
  assert_int_equal(asker.told, 4);
  assert_int_equal(asker.status, 0);
  check_addresses(asker.name, "192.0.2.1");
  assert_int_equal(resolve_wait(asker.name, &asker.waiter), 1);
  assert_int_equal(atomic_load(&fake_asked), 4);
  resolve_release(asker.name);
}

static void test_order_of_addresses(void **state) {
  static const struct fake_name names[] = {
      {"six-first.test", 0, {"2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "192.0.2.2"}},
      {"four-first.test", 0, {"192.0.2.1", "192.0.2.2", "2001:db8::1"}},
      {"twice.test", 0, {"192.0.2.1", "192.0.2.1", "::1", "192.0.2.1", "::1"}},
      {"many.test",
       0,
       {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.8", "10.0.0.9",
        "10.0.0.10", "10.0.0.11", "10.0.0.12", "10.0.0.13", "10.0.0.14", "10.0.0.15", "10.0.0.16", "10.0.0.17",
        "10.0.0.18", "::1"}},
      {0},
  };
  static const struct {
    const char *host, *addresses;
  } good[] = {
      {"six-first.test", "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 2001:db8::3"},
      {"four-first.test", "192.0.2.1 2001:db8::1 192.0.2.2"},
      {"twice.test", "192.0.2.1 ::1"},
      {"many.test", "10.0.0.1 ::1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9 10.0.0.10 "
                    "10.0.0.11 10.0.0.12 10.0.0.13 10.0.0.14 10.0.0.15"},
  };
  struct fixture *fixture = *state;
  fake_names = names;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct asker asker = asker_of(fixture, good[i].host);
    assert_int_equal(resolve_wait(asker.name, &asker.waiter), 0);
    run(fixture);
    assert_int_equal(asker.status, 0);
    check_addresses(asker.name, good[i].addresses);
    resolve_release(asker.name);
  }
}

static void test_codes(void **state) {
  static const struct fake_name names[] = {{"again.test", EAI_AGAIN, {0}}, {0}};
  struct fixture *fixture = *state;
  fake_names = names;
  struct asker again = asker_of(fixture, "again.test"), none = asker_of(fixture, "none.test");
  assert_int_equal(resolve_wait(again.name, &again.waiter), 0);
  assert_int_equal(resolve_wait(none.name, &none.waiter), 0);
  run(fixture);
  assert_int_equal(again.status, UV_EAI_AGAIN);
  assert_int_equal(none.status, UV_EAI_NONAME);
  resolve_release(again.name);
  resolve_release(none.name);
}

static const struct fake_name one_name[] = {{"one.test", 0, {"192.0.2.1", "::1", "192.0.2.2"}}, {0}};

static void test_one_look_up_for_all(void **state) {
  struct fixture *fixture = *state;
  fake_names = one_name;
  struct asker a = asker_of(fixture, "one.test"), b = asker_of(fixture, "ONE.test"), c = asker_of(fixture, "one.test");
  assert_ptr_equal(a.name, b.name);
  assert_int_equal(resolve_wait(a.name, &a.waiter), 0);
  assert_int_equal(resolve_wait(b.name, &b.waiter), 0);
  assert_int_equal(resolve_wait(c.name, &c.waiter), 0);
  assert_int_equal(resolve_wait(c.name, &c.waiter), 0); /* once is enough */
  resolve_forget(&b.waiter);
  resolve_forget(&b.waiter);
  struct resolve_waiter never = {.on_resolved = on_resolved};
  resolve_forget(&never);
  run(fixture);
  assert_int_equal(atomic_load(&fake_asked), 1);
  assert_int_equal(a.told, 1);
  assert_int_equal(b.told, 0);
  assert_int_equal(c.told, 1);
  resolve_release(a.name);
  resolve_release(b.name);
  check_addresses(c.name, "192.0.2.1 ::1 192.0.2.2");
  resolve_release(c.name);
}

static void test_callback_may_wait_again_or_let_go(void **state) {
  struct fixture *fixture = *state;
  struct asker a = asker_of(fixture, "nobody.test"), b = asker_of(fixture, "nobody.test");
  a.again = true;
  a.let_go = b.let_go = true;
  assert_int_equal(resolve_wait(a.name, &a.waiter), 0);
  assert_int_equal(resolve_wait(b.name, &b.waiter), 0);
  run(fixture);
  assert_int_equal(a.told, 2);
  assert_int_equal(b.told, 1);
  assert_true(list_empty(&fixture->resolver.names));
}

/* More names than threads, let go while some run and some wait for a thread; a new entry of the name is its own. */
static void test_release_while_looking_up(void **state) {
  struct fixture *fixture = *state;
  fake_names = one_name;
  fake_hold();
  for (unsigned i = 0; i < 12; i++) {
    char host[] = "xx.test";
    host[0] = (char)('a' + i);
    struct asker asker = asker_of(fixture, host);
    assert_int_equal(resolve_wait(asker.name, &asker.waiter), 0);
    resolve_forget(&asker.waiter);
    resolve_release(asker.name);
  }
  struct asker gone = asker_of(fixture, "one.test");
  assert_int_equal(resolve_wait(gone.name, &gone.waiter), 0);
  resolve_forget(&gone.waiter);
  resolve_release(gone.name);
  struct asker asker = asker_of(fixture, "one.test");
  assert_int_equal(resolve_wait(asker.name, &asker.waiter), 0);
  uv_run(&fixture->loop.uv, UV_RUN_NOWAIT);
  fake_let_go();
  run(fixture);
  assert_int_equal(gone.told, 0);
  assert_int_equal(asker.told, 1);
  assert_in_range(atomic_load(&fake_asked), 1, 12); /* what still waited for a thread is never looked up */
  check_addresses(asker.name, "192.0.2.1 ::1 192.0.2.2");
  resolve_release(asker.name);
}

static void test_prefer(void **state) {
  struct fixture *fixture = *state;
  fake_names = one_name;
  struct asker asker = asker_of(fixture, "one.test");
  assert_int_equal(resolve_wait(asker.name, &asker.waiter), 0);
  run(fixture);
  prefer(asker.name, "192.0.2.2");
  check_addresses(asker.name, "192.0.2.2 192.0.2.1 ::1");
  prefer(asker.name, "::1");
  check_addresses(asker.name, "::1 192.0.2.2 192.0.2.1");
  prefer(asker.name, "::1");
  prefer(asker.name, "::2");
  prefer(asker.name, "192.0.2.3");
  check_addresses(asker.name, "::1 192.0.2.2 192.0.2.1");
  resolve_release(asker.name);
}

/* Makes it `ms` later than the look-ups so far. The next run of the loop may set its clock right again. */
static void pass_time(struct fixture *fixture, uint64_t ms) {
  uv_update_time(&fixture->loop.uv);
  fixture->loop.uv.time += ms;
  fake_clock_reach(&fixture->loop.uv);
}

static void test_refresh_behind_the_scenes(void **state) {
  static const struct fake_name moved[] = {{"one.test", 0, {"192.0.2.7", "192.0.2.2"}}, {0}};
  static const struct fake_name moved_again[] = {{"one.test", 0, {"192.0.2.8"}}, {0}};
  struct fixture *fixture = *state;
  fake_names = one_name;
  struct asker asker = asker_of(fixture, "one.test");
  assert_int_equal(resolve_wait(asker.name, &asker.waiter), 0);
  run(fixture);
  prefer(asker.name, "192.0.2.2");

  pass_time(fixture, RESOLVE_REFRESH_MS - 1000);
  assert_int_equal(resolve_wait(asker.name, &asker.waiter), 1);
  run(fixture);
  assert_int_equal(atomic_load(&fake_asked), 1);

  fake_names = moved;
  fake_hold();
  pass_time(fixture, RESOLVE_REFRESH_MS);
  for (unsigned i = 0; i < 3; i++) assert_int_equal(resolve_wait(asker.name, &asker.waiter), 1);
  check_addresses(asker.name, "192.0.2.2 192.0.2.1 ::1");
  fake_let_go();
  run(fixture);
  assert_int_equal(atomic_load(&fake_asked), 2);
  check_addresses(asker.name, "192.0.2.2 192.0.2.7");
  assert_int_equal(asker.told, 1);

  /* A failed one keeps what is known. */
  fake_names = NULL;
  pass_time(fixture, 2 * RESOLVE_REFRESH_MS);
  assert_int_equal(resolve_wait(asker.name, &asker.waiter), 1);
  run(fixture);
  assert_int_equal(atomic_load(&fake_asked), 3);
  check_addresses(asker.name, "192.0.2.2 192.0.2.7");

  fake_names = moved_again;
  pass_time(fixture, 3 * RESOLVE_REFRESH_MS);
  assert_int_equal(resolve_wait(asker.name, &asker.waiter), 1);
  run(fixture);
  check_addresses(asker.name, "192.0.2.8");
  assert_int_equal(asker.told, 1);
  resolve_release(asker.name);
}

static void test_refresh_at_most_once_a_second(void **state) {
  struct fixture *fixture = *state;
  fake_names = one_name;
  struct asker asker = asker_of(fixture, "one.test");
  assert_int_equal(resolve_wait(asker.name, &asker.waiter), 0);
  resolve_refresh(asker.name);
  run(fixture);
  resolve_refresh(asker.name);
  run(fixture);
  assert_int_equal(atomic_load(&fake_asked), 1);
  pass_time(fixture, 1000);
  resolve_refresh(asker.name);
  resolve_refresh(asker.name);
  run(fixture);
  assert_int_equal(atomic_load(&fake_asked), 2);
  resolve_release(asker.name);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_known_without_look_up, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_unknown_names_fail, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_each_wait_after_a_failure_asks_again, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_order_of_addresses, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_codes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_one_look_up_for_all, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_callback_may_wait_again_or_let_go, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_release_while_looking_up, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_prefer, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_refresh_behind_the_scenes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_refresh_at_most_once_a_second, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
