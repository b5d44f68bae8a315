#include "liteginx/upstream/target.h"

#include "unit.h"

static void one_entry_for_one_address(void **state) {
  (void)state;
  struct target_table table;
  target_table_init(&table);
  struct target *first = target_acquire(&table, STR("localhost"), 3000);
  struct target *again = target_acquire(&table, STR("localhost"), 3000);
  struct target *other_port = target_acquire(&table, STR("localhost"), 3001);
  struct target *other_host = target_acquire(&table, STR("localhos"), 3000);
  assert_true(first && first == again);
  assert_true(other_port && other_port != first && other_host && other_host != first && other_host != other_port);
  assert_int_equal(first->port, 3000);
  target_release(again);
  assert_ptr_equal(target_acquire(&table, STR("localhost"), 3000), first);
  target_release(first);
  target_release(first);
  target_release(other_port);
  target_release(other_host);
  assert_true(list_empty(&table.targets));
}

static void texts_for_messages(void **state) {
  (void)state;
  static const struct {
    const char *host;
    uint16_t port;
    const char *text;
  } rows[] = {
      {"localhost", 80, "localhost:80"},
      {"127.0.0.1", 65535, "127.0.0.1:65535"},
      {"::1", 3000, "[::1]:3000"},
      {"2001:db8::7", 1, "[2001:db8::7]:1"},
      {"unix:/run/a b.sock", 0, "unix:/run/a b.sock"},
  };
  struct target_table table;
  target_table_init(&table);
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    char host[32];
    snprintf(host, sizeof host, "%s", rows[i].host);
    struct target *target = target_acquire(&table, str_of(host), rows[i].port);
    assert_non_null(target);
    memset(host, 'x', sizeof host); /* what was given is not needed any more */
    assert_str(target->host, str_of(rows[i].host));
    assert_str(target->text, str_of(rows[i].text));
    target_release(target);
  }
}

static void numbers_stay_low(void **state) {
  (void)state;
  enum { COUNT = 5 };
  struct target_table table;
  struct target *targets[COUNT];
  target_table_init(&table);
  for (unsigned i = 0; i < COUNT; i++) {
    targets[i] = target_acquire(&table, STR("a"), (uint16_t)(i + 1));
    assert_int_equal(targets[i]->index, i);
  }
  target_release(targets[3]);
  target_release(targets[1]);
  assert_int_equal(table.indexes, COUNT);
  targets[1] = target_acquire(&table, STR("b"), 1);
  targets[3] = target_acquire(&table, STR("b"), 2);
  assert_int_equal(targets[1]->index, 1);
  assert_int_equal(targets[3]->index, 3);
  assert_int_equal(table.indexes, COUNT);
  struct target *next = target_acquire(&table, STR("b"), 3);
  assert_int_equal(next->index, COUNT);
  target_release(next);
  for (unsigned i = 0; i < COUNT; i++) target_release(targets[i]);
}

/* One life, in order: what happens at which time, and until when it rests behind that (0: it does not). */
static void rests_get_longer_until_it_answers(void **state) {
  (void)state;
  enum { FAILS, ANSWERS };
  static const struct {
    uint64_t at_ms;
    int event;
    uint64_t rests_until_ms;
  } events[] = {
      {1000, FAILS, 2000}, {1000, FAILS, 2000},    {1999, FAILS, 2000},   {2000, FAILS, 4000},   {3000, FAILS, 4000},
      {5000, FAILS, 9000}, {9000, FAILS, 17000},   {17000, FAILS, 27000}, {27000, FAILS, 37000}, {99000, FAILS, 109000},
      {99001, ANSWERS, 0}, {99002, FAILS, 100002}, {100002, ANSWERS, 0},  {100002, ANSWERS, 0},
  };
  struct target_table table;
  target_table_init(&table);
  struct target *target = target_acquire(&table, STR("a"), 1);
  assert_false(target_resting(target, 0));
  for (size_t i = 0; i < UNIT_COUNT(events); i++) {
    uint64_t until_ms = events[i].rests_until_ms;
    if (events[i].event == FAILS) target_failed(target, events[i].at_ms);
    if (events[i].event == ANSWERS) target_answered(target);
    assert_int_equal(target_resting(target, events[i].at_ms), until_ms != 0);
    if (until_ms) assert_true(target_resting(target, until_ms - 1));
    assert_false(target_resting(target, until_ms));
  }
  target_release(target);
}

static void each_thing_is_forgiven_for_the_first_time_once(void **state) {
  (void)state;
  struct target_table table;
  target_table_init(&table);
  struct target *target = target_acquire(&table, STR("localhost"), 3000);
  struct target *other = target_acquire(&table, STR("localhost"), 3001);
  assert_true(target && other);
  assert_int_equal(target_forgive(target, 1u), 1u);
  assert_int_equal(target_forgive(target, 1u), 0);
  assert_int_equal(target_forgive(target, 7u), 6u);
  assert_int_equal(target_forgive(target, 5u), 0);
  assert_int_equal(target_forgive(other, 5u), 5u);
  target_release(target);
  target_release(other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_entry_for_one_address),
      cmocka_unit_test(texts_for_messages),
      cmocka_unit_test(numbers_stay_low),
      cmocka_unit_test(rests_get_longer_until_it_answers),
      cmocka_unit_test(each_thing_is_forgiven_for_the_first_time_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
