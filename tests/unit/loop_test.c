/* A loop opens, runs empty and closes clean; dates are RFC 9110's whatever the day. */
#include "liteginx/net/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

static void test_date_of(void **state) {
  (void)state;
  static const struct {
    int64_t unix_s;
    const char *date;
  } good[] = {
      {0, "Thu, 01 Jan 1970 00:00:00 GMT"},          {-5, "Thu, 01 Jan 1970 00:00:00 GMT"},
      {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},  {951782399, "Mon, 28 Feb 2000 23:59:59 GMT"},
      {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},  {951868800, "Wed, 01 Mar 2000 00:00:00 GMT"},
      {1735689599, "Tue, 31 Dec 2024 23:59:59 GMT"}, {1735689600, "Wed, 01 Jan 2025 00:00:00 GMT"},
      {2147483648, "Tue, 19 Jan 2038 03:14:08 GMT"}, {4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
  };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    char date[LOOP_DATE_LEN + 1];
    loop_write_date(good[i].unix_s, date);
    assert_string_equal(date, good[i].date);
  }
}

/* Every day of four centuries against the C library (the test runs in the C locale). */
static void test_date_of_every_day(void **state) {
  (void)state;
  for (int64_t day = 0; day < 146097; day++) {
    time_t seconds = (time_t)(day * 86400 + day % 86400);
    char date[LOOP_DATE_LEN + 1], expected[64];
    loop_write_date((int64_t)seconds, date);
    assert_true(strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&seconds)) > 0);
    assert_string_equal(date, expected);
  }
}

static void test_date_of_now(void **state) {
  (void)state;
  struct loop loop;
  assert_int_equal(loop_init(&loop), 0);
  for (;;) {
    int64_t before_s = (int64_t)time(NULL);
    struct str date = loop_date(&loop);
    char expected[LOOP_DATE_LEN + 1];
    loop_write_date(before_s, expected);
    if ((int64_t)time(NULL) != before_s) continue;
    assert_true(str_eq(date, str_of(expected)));
    assert_true(str_eq(loop_date(&loop), date));
    break;
  }
  loop.date_s -= 1; /* as if written a second ago */
  memset(loop.date, 'x', LOOP_DATE_LEN);
  assert_int_not_equal(loop_date(&loop).ptr[0], 'x');
  loop_close(&loop);
  uv_run(&loop.uv, UV_RUN_DEFAULT);
  loop_free(&loop);
}

static void on_due(struct deadline *deadline) {
  deadline->on_due = NULL;
}

static void test_opens_and_closes(void **state) {
  (void)state;
  struct loop loop;
  assert_int_equal(loop_init(&loop), 0);
  assert_non_null(loop.read_block);
  struct deadline deadline = {.due_ms = 0};
  uint64_t start_ms = loop_now_ms(&loop);
  deadline_set(&loop.deadlines, &deadline, 5, on_due);
  assert_int_equal(uv_run(&loop.uv, UV_RUN_DEFAULT), 0);
  assert_null(deadline.on_due);
  assert_true(loop_now_ms(&loop) >= start_ms + 5);
  loop_close(&loop);
  assert_int_equal(uv_run(&loop.uv, UV_RUN_DEFAULT), 0);
  loop_free(&loop);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_date_of),
      cmocka_unit_test(test_date_of_every_day),
      cmocka_unit_test(test_date_of_now),
      cmocka_unit_test(test_opens_and_closes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
