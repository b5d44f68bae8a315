/* The timing wheel against a plain model, in time that the test moves itself: it sets the loop's clock and calls the
 * timer as libuv would, so that years take no time and each run is the same. */
#include "liteginx/net/deadline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_clock.h"

#define DAY_MS (UINT64_C(24) * 3600 * 1000)

struct wheel {
  uv_loop_t uv;
  struct deadlines deadlines;
  unsigned wakes;              /* times the timer has fired */
  unsigned late_ms, latest_ms; /* how late the timer fires: now, at most */
  uint64_t random;
};

struct item {
  struct deadline deadline;
  struct wheel *wheel;
  uint64_t due_ms; /* the model: 0 is not armed */
  unsigned fired;
  struct item *other;
};

static uint64_t next_random(struct wheel *wheel) {
  wheel->random ^= wheel->random << 13;
  wheel->random ^= wheel->random >> 7;
  wheel->random ^= wheel->random << 17;
  return wheel->random;
}

static int set_up(void **state) {
  struct wheel *wheel = calloc(1, sizeof *wheel);
  if (!wheel || uv_loop_init(&wheel->uv) != 0) return -1;
  wheel->uv.time = 1000003;
  wheel->random = UINT64_C(0x9e3779b97f4a7c15);
  *state = wheel;
  deadlines_init(&wheel->deadlines, &wheel->uv);
  return 0;
}

static int tear_down(void **state) {
  struct wheel *wheel = *state;
  if (wheel->deadlines.armed > 0) return -1; /* the test failed: its own message says how */
  deadlines_close(&wheel->deadlines);
  deadlines_close(&wheel->deadlines);
  fake_clock_reach(&wheel->uv);
  int alive = uv_run(&wheel->uv, UV_RUN_DEFAULT);
  int status = uv_loop_close(&wheel->uv);
  free(wheel);
  return alive == 0 ? status : alive;
}

static bool timer_runs(const struct wheel *wheel) {
  return uv_is_active((const uv_handle_t *)&wheel->deadlines.timer) != 0;
}

/* Moves the clock, firing the timer each time it is due (`late_ms` later than asked). */
static void run_until(struct wheel *wheel, uint64_t until_ms) {
  for (;;) {
    uint64_t due_ms = wheel->deadlines.timer.timeout + wheel->late_ms;
    if (!timer_runs(wheel) || due_ms > until_ms) break;
    if (due_ms > wheel->uv.time) wheel->uv.time = due_ms;
    uv_timer_cb on_timer = wheel->deadlines.timer.timer_cb;
    uv_timer_stop(&wheel->deadlines.timer);
    wheel->wakes++;
    on_timer(&wheel->deadlines.timer);
  }
  if (wheel->uv.time < until_ms) wheel->uv.time = until_ms;
}

static void run_for(struct wheel *wheel, uint64_t ms) {
  run_until(wheel, uv_now(&wheel->uv) + ms);
}

static void on_due(struct deadline *deadline) {
  struct item *item = container_of(deadline, struct item, deadline);
  uint64_t now_ms = uv_now(&item->wheel->uv);
  assert_false(deadline_armed(deadline));
  assert_true(item->due_ms != 0);
  assert_true(now_ms >= item->due_ms);
  assert_true(now_ms < item->due_ms + DEADLINE_TICK_MS + item->wheel->latest_ms);
  item->due_ms = 0;
  item->fired++;
}

static void set_item(struct item *item, uint64_t in_ms) {
  deadline_set(&item->wheel->deadlines, &item->deadline, in_ms, on_due);
  item->due_ms = in_ms ? uv_now(&item->wheel->uv) + in_ms : 0;
}

static void clear_item(struct item *item) {
  deadline_clear(&item->wheel->deadlines, &item->deadline);
  item->due_ms = 0;
}

static void be_late(struct wheel *wheel, unsigned ms) {
  wheel->late_ms = ms;
  if (wheel->latest_ms < ms) wheel->latest_ms = ms;
}

static struct item *make_items(struct wheel *wheel, size_t count) {
  struct item *items = calloc(count, sizeof *items);
  assert_non_null(items);
  for (size_t i = 0; i < count; i++) items[i].wheel = wheel;
  return items;
}

static void check_model(const struct wheel *wheel, const struct item *items, size_t count) {
  uint64_t now_ms = uv_now(&wheel->uv);
  unsigned armed = 0;
  for (size_t i = 0; i < count; i++) {
    if (deadline_armed(&items[i].deadline)) armed++;
    assert_int_equal(items[i].due_ms, items[i].deadline.due_ms);
    assert_true(items[i].due_ms == 0 || items[i].due_ms + DEADLINE_TICK_MS + wheel->latest_ms > now_ms);
  }
  assert_int_equal(armed, wheel->deadlines.armed);
  assert_int_equal(armed > 0, timer_runs(wheel));
}

static void test_random_against_model(void **state) {
  struct wheel *wheel = *state;
  enum { COUNT = 300, STEPS = 60000 };
  struct item *items = make_items(wheel, COUNT);
  for (unsigned step = 0; step < STEPS; step++) {
    struct item *item = &items[next_random(wheel) % COUNT];
    uint64_t scale = UINT64_C(1) << next_random(wheel) % 28;
    switch (next_random(wheel) % 8) {
    case 0:
      clear_item(item);
      break;
    case 1:
    case 2:
      be_late(wheel, step % 3 == 0 ? (unsigned)(next_random(wheel) % 40) : 0);
      run_for(wheel, next_random(wheel) % (scale > 1 << 20 ? 5000 : scale));
      if (step % 16 == 0) check_model(wheel, items, COUNT);
      break;
    default:
      set_item(item, next_random(wheel) % scale);
    }
  }
  be_late(wheel, 0);
  run_for(wheel, UINT64_C(1) << 29);
  check_model(wheel, items, COUNT);
  assert_int_equal(wheel->deadlines.armed, 0);
  free(items);
}

static uint64_t last_due_ms;

static void on_due_in_order(struct deadline *deadline) {
  struct item *item = container_of(deadline, struct item, deadline);
  assert_true(item->due_ms + DEADLINE_TICK_MS > last_due_ms);
  if (item->due_ms > last_due_ms) last_due_ms = item->due_ms;
  on_due(deadline);
}

/* One very late wake-up serves everything in the order of the deadlines. */
static void test_order(void **state) {
  struct wheel *wheel = *state;
  enum { COUNT = 5000 };
  struct item *items = make_items(wheel, COUNT);
  last_due_ms = 0;
  for (size_t i = 0; i < COUNT; i++) {
    set_item(&items[i], 1 + next_random(wheel) % 200000);
    deadline_set(&wheel->deadlines, &items[i].deadline, items[i].due_ms - uv_now(&wheel->uv), on_due_in_order);
  }
  be_late(wheel, 300000);
  run_for(wheel, 600000);
  assert_int_equal(wheel->wakes, 1);
  for (size_t i = 0; i < COUNT; i++) assert_int_equal(items[i].fired, 1);
  free(items);
}

/* An idle timeout pushed forward by every request neither moves in the wheel nor wakes the loop. */
static void test_moving_later_is_cheap(void **state) {
  struct wheel *wheel = *state;
  struct item item = {.wheel = wheel};
  run_for(wheel, 100000); /* to where 75 s are several slots of one level */
  set_item(&item, 75000);
  uint64_t filed_ms = item.deadline.filed_ms;
  const struct list *neighbour = item.deadline.node.next;
  for (unsigned i = 0; i < 4000; i++) {
    run_for(wheel, 10);
    set_item(&item, 75000);
    assert_int_equal(item.deadline.filed_ms, filed_ms);
    assert_ptr_equal(item.deadline.node.next, neighbour);
  }
  assert_int_equal(wheel->wakes, 0);
  run_for(wheel, 74999);
  assert_int_equal(item.fired, 0);
  run_for(wheel, 5);
  assert_int_equal(item.fired, 1);
  assert_true(wheel->wakes <= 5);
}

static void test_far_deadline_does_not_tick(void **state) {
  struct wheel *wheel = *state;
  static const uint64_t times_ms[] = {1, 4, 5, 255, 256, 257, 1000, 16384, 75000, 3600000, DAY_MS, 1000 * DAY_MS};
  for (size_t i = 0; i < sizeof times_ms / sizeof *times_ms; i++) {
    struct item item = {.wheel = wheel};
    wheel->wakes = 0;
    set_item(&item, times_ms[i]);
    run_for(wheel, times_ms[i] - 1);
    assert_int_equal(item.fired, 0);
    run_for(wheel, DEADLINE_TICK_MS);
    assert_int_equal(item.fired, 1);
    if (wheel->wakes > DEADLINE_LEVELS) {
      fail_msg("%llu ms took %u wake-ups", (unsigned long long)times_ms[i], wheel->wakes);
    }
    assert_false(timer_runs(wheel));
  }
}

/* Beyond what the wheel holds: as far away as it goes, over the end of the ring. */
static void test_forever(void **state) {
  struct wheel *wheel = *state;
  struct item item = {.wheel = wheel}, close_by = {.wheel = wheel};
  for (unsigned years = 0; years < 12; years += 2) {
    deadline_set(&wheel->deadlines, &item.deadline, UINT64_MAX, on_due);
    item.due_ms = item.deadline.due_ms;
    assert_true(item.due_ms > uv_now(&wheel->uv) + 4 * 365 * DAY_MS);
    set_item(&close_by, 20);
    run_for(wheel, 730 * DAY_MS);
    assert_int_equal(close_by.fired, years / 2 + 1);
    assert_int_equal(item.fired, 0);
  }
  for (unsigned i = 1; i <= 4; i++) {
    set_item(&item, 4 * 365 * DAY_MS);
    run_for(wheel, 4 * 365 * DAY_MS + DEADLINE_TICK_MS);
    assert_int_equal(item.fired, i);
  }
}

static void test_sleeps_when_nothing_is_armed(void **state) {
  struct wheel *wheel = *state;
  struct item item = {.wheel = wheel};
  assert_false(timer_runs(wheel));
  clear_item(&item);
  set_item(&item, 50);
  assert_true(deadline_armed(&item.deadline));
  assert_true(timer_runs(wheel));
  clear_item(&item);
  assert_false(timer_runs(wheel));
  clear_item(&item);
  set_item(&item, 50);
  set_item(&item, 0);
  assert_false(deadline_armed(&item.deadline));
  assert_false(timer_runs(wheel));
  /* Long asleep, it still counts from now: within one slot of the second level that is one wake-up. */
  uint64_t level_ms = (uint64_t)DEADLINE_SLOTS * DEADLINE_TICK_MS;
  run_until(wheel, (uv_now(&wheel->uv) + DAY_MS) / level_ms * level_ms);
  set_item(&item, 30);
  run_for(wheel, 30 + DEADLINE_TICK_MS);
  assert_int_equal(item.fired, 1);
  assert_int_equal(wheel->wakes, 1);
}

static void test_moving_earlier(void **state) {
  struct wheel *wheel = *state;
  struct item item = {.wheel = wheel};
  set_item(&item, 75000);
  run_for(wheel, 100);
  set_item(&item, 8);
  run_for(wheel, 7);
  assert_int_equal(item.fired, 0);
  run_for(wheel, 5);
  assert_int_equal(item.fired, 1);
}

static void on_due_clear_other(struct deadline *deadline) {
  struct item *item = container_of(deadline, struct item, deadline);
  on_due(deadline);
  clear_item(item->other);
}

/* Two of one tick, each disarming the other: one runs, whichever is first. */
static void test_cancel_in_callback(void **state) {
  struct wheel *wheel = *state;
  struct item a = {.wheel = wheel}, b = {.wheel = wheel, .other = &a}, late = {.wheel = wheel};
  a.other = &b;
  set_item(&late, 75000);
  set_item(&a, 20);
  set_item(&b, 20);
  deadline_set(&wheel->deadlines, &a.deadline, 20, on_due_clear_other);
  deadline_set(&wheel->deadlines, &b.deadline, 20, on_due_clear_other);
  run_for(wheel, 100);
  assert_int_equal(a.fired + b.fired, 1);
  a.other = &late;
  set_item(&a, 20);
  deadline_set(&wheel->deadlines, &a.deadline, 20, on_due_clear_other);
  run_for(wheel, 100);
  assert_int_equal(late.fired, 0);
  assert_int_equal(wheel->deadlines.armed, 0);
  assert_false(timer_runs(wheel));
}

static void on_due_move_other(struct deadline *deadline) {
  struct item *item = container_of(deadline, struct item, deadline);
  on_due(deadline);
  if (item->other->due_ms) set_item(item->other, 500);
}

static void test_move_in_callback(void **state) {
  struct wheel *wheel = *state;
  struct item a = {.wheel = wheel}, b = {.wheel = wheel, .other = &a};
  a.other = &b;
  set_item(&a, 20);
  set_item(&b, 20);
  deadline_set(&wheel->deadlines, &a.deadline, 20, on_due_move_other);
  deadline_set(&wheel->deadlines, &b.deadline, 20, on_due_move_other);
  run_for(wheel, 100);
  assert_int_equal(a.fired + b.fired, 1);
  run_for(wheel, 450);
  assert_int_equal(a.fired + b.fired, 2);
}

static void on_due_again(struct deadline *deadline) {
  struct item *item = container_of(deadline, struct item, deadline);
  on_due(deadline);
  set_item(item, 1);
  deadline_set(&item->wheel->deadlines, deadline, 1, on_due_again);
}

/* Arming again in the callback waits for the next turn, however late this one is. */
static void test_arm_again_in_callback(void **state) {
  struct wheel *wheel = *state;
  struct item item = {.wheel = wheel};
  set_item(&item, 1);
  deadline_set(&wheel->deadlines, &item.deadline, 1, on_due_again);
  be_late(wheel, 1000);
  run_for(wheel, 10010);
  assert_int_equal(item.fired, wheel->wakes);
  assert_in_range(item.fired, 9, 10);
  clear_item(&item);
}

static void on_due_free(struct deadline *deadline) {
  struct item *item = container_of(deadline, struct item, deadline);
  unsigned *freed = (unsigned *)(void *)item->other;
  ++*freed;
  free(item);
}

static void test_free_in_callback(void **state) {
  struct wheel *wheel = *state;
  unsigned freed = 0;
  for (unsigned i = 0; i < 100; i++) {
    struct item *item = make_items(wheel, 1);
    item->other = (struct item *)(void *)&freed;
    deadline_set(&wheel->deadlines, &item->deadline, 1 + i % 7, on_due_free);
  }
  run_for(wheel, 20);
  assert_int_equal(freed, 100);
  assert_false(timer_runs(wheel));
}

static void test_many(void **state) {
  struct wheel *wheel = *state;
  enum { COUNT = 300000 };
  struct item *items = make_items(wheel, COUNT);
  for (size_t i = 0; i < COUNT; i++) set_item(&items[i], 1 + next_random(wheel) % 75000);
  assert_int_equal(wheel->deadlines.armed, COUNT);
  for (size_t i = 0; i < COUNT; i += 2) set_item(&items[i], 75000);
  for (size_t i = 0; i < COUNT; i += 5) clear_item(&items[i]);
  run_for(wheel, 75000 + DEADLINE_TICK_MS);
  check_model(wheel, items, COUNT);
  for (size_t i = 0; i < COUNT; i++) assert_int_equal(items[i].fired, i % 5 == 0 ? 0 : 1);
  assert_int_equal(wheel->deadlines.armed, 0);
  free(items);
}

/* The same on libuv's own clock: a loop with nothing armed ends by itself. */
static void test_real_time(void **state) {
  struct wheel *wheel = *state;
  static const uint64_t times_ms[] = {1, 3, 10, 40, 41, 90};
  enum { COUNT = sizeof times_ms / sizeof *times_ms };
  struct item *items = make_items(wheel, COUNT);
  fake_clock_reach(&wheel->uv);
  uv_update_time(&wheel->uv);
  be_late(wheel, 2000); /* a busy machine */
  for (size_t i = 0; i < COUNT; i++) set_item(&items[i], times_ms[i]);
  uint64_t start_ns = uv_hrtime();
  assert_int_equal(uv_run(&wheel->uv, UV_RUN_DEFAULT), 0);
  assert_true(uv_hrtime() - start_ns >= UINT64_C(88) * 1000 * 1000);
  for (size_t i = 0; i < COUNT; i++) assert_int_equal(items[i].fired, 1);
  free(items);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_random_against_model, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_moving_later_is_cheap, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_far_deadline_does_not_tick, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_forever, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_sleeps_when_nothing_is_armed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_moving_earlier, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_cancel_in_callback, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_move_in_callback, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_arm_again_in_callback, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_free_in_callback, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_real_time, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
