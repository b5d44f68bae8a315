/* The number of connections over all workers: never too many, and nobody who was turned away is forgotten. */
#include "liteginx/server/admission.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <uv.h>

enum { THREADS = 4, ROUNDS = 20000, MAX = 2 };

struct told {
  unsigned rooms, fulls;
};

static void on_room(void *owner) {
  ((struct told *)owner)->rooms++;
}

static void on_full(void *owner) {
  ((struct told *)owner)->fulls++;
}

static const struct admission_events events = {.on_room = on_room, .on_full = on_full};

static void test_room_is_told_once_to_those_who_were_turned_away(void **state) {
  (void)state;
  struct admission admission;
  struct told told = {0};
  admission_init(&admission, 2, &events, &told);
  assert_true(admission_take(&admission));
  admission_give(&admission);
  assert_int_equal(told.rooms, 0);
  assert_true(admission_take(&admission));
  assert_true(admission_take(&admission));
  assert_false(admission_take(&admission));
  assert_false(admission_take(&admission));
  assert_int_equal(admission_open(&admission), 2);
  admission_give(&admission);
  assert_int_equal(told.rooms, 1);
  admission_give(&admission);
  assert_int_equal(told.rooms, 1);
  assert_int_equal(admission_open(&admission), 0);
}

/* One call for all who are turned away until somebody has looked. */
static void test_first_who_is_turned_away_is_told(void **state) {
  (void)state;
  struct admission admission;
  struct told told = {0};
  admission_init(&admission, 1, &events, &told);
  assert_true(admission_take(&admission));
  assert_int_equal(told.fulls, 0);
  assert_false(admission_was_full(&admission));
  for (unsigned i = 1; i <= 3; i++) {
    assert_false(admission_take(&admission));
    assert_false(admission_take(&admission));
    assert_int_equal(told.fulls, i);
    assert_true(admission_was_full(&admission));
    assert_false(admission_was_full(&admission));
  }
  admission_give(&admission);
}

struct crowd {
  struct admission admission;
  uv_sem_t room;
  _Atomic unsigned inside, most;
};

static void on_crowd_full(void *owner) {
  (void)owner;
}

static void on_crowd_room(void *owner) {
  for (unsigned i = 0; i < THREADS; i++) uv_sem_post(&((struct crowd *)owner)->room);
}

/* Waits when turned away, as a worker does: a lost call to on_room would leave it waiting for ever. */
static void on_thread(void *owner) {
  struct crowd *crowd = owner;
  for (unsigned i = 0; i < ROUNDS; i++) {
    while (!admission_take(&crowd->admission)) uv_sem_wait(&crowd->room);
    unsigned inside = atomic_fetch_add(&crowd->inside, 1) + 1;
    if (inside > atomic_load(&crowd->most)) atomic_store(&crowd->most, inside);
    atomic_fetch_sub(&crowd->inside, 1);
    admission_give(&crowd->admission);
  }
}

static void test_many_threads(void **state) {
  (void)state;
  static struct crowd crowd;
  uv_thread_t threads[THREADS];
  static const struct admission_events crowd_events = {.on_room = on_crowd_room, .on_full = on_crowd_full};
  admission_init(&crowd.admission, MAX, &crowd_events, &crowd);
  assert_int_equal(uv_sem_init(&crowd.room, 0), 0);
  for (unsigned i = 0; i < THREADS; i++) assert_int_equal(uv_thread_create(&threads[i], on_thread, &crowd), 0);
  for (unsigned i = 0; i < THREADS; i++) assert_int_equal(uv_thread_join(&threads[i]), 0);
  assert_in_range(atomic_load(&crowd.most), 1, MAX);
  assert_int_equal(admission_open(&crowd.admission), 0);
  uv_sem_destroy(&crowd.room);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_first_who_is_turned_away_is_told),
      cmocka_unit_test(test_room_is_told_once_to_those_who_were_turned_away),
      cmocka_unit_test(test_many_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
