/* The log's thread on pipes that take everything, something, or nothing. */
#include "log_pipes.h"

static void test_each_channel_gets_its_lines(void **state) {
  struct bench *bench = *state;
  start(bench);
  log_printf(&bench->log, LOG_OUT, "one");
  log_printf(&bench->log, LOG_ERR, "two");
  expect(bench->out[0], "one\n");
  expect(bench->err[0], "two\n");
  log_printf(&bench->log, LOG_OUT, "three");
  expect(bench->out[0], "three\n");
  assert_true(log_writer_stop(&bench->writer));
}

static void test_stop_writes_what_is_left(void **state) {
  struct bench *bench = *state;
  start(bench);
  for (int i = 0; i < 100; i++) log_printf(&bench->log, LOG_OUT, "%03d", i);
  assert_true(log_writer_stop(&bench->writer));
  char line[8];
  for (int i = 0; i < 100; i++) {
    snprintf(line, sizeof line, "%03d\n", i % 1000);
    expect(bench->out[0], line);
  }
  expect_silence(bench->out[0]);
}

static void test_a_blocked_channel_holds_up_the_stop_for_a_second_only(void **state) {
  struct bench *bench = *state;
  fill(bench);
  start(bench);
  log_printf(&bench->log, LOG_OUT, "late");
  uint64_t before_ns = uv_hrtime();
  assert_false(log_writer_stop(&bench->writer));
  uint64_t took_ms = (uv_hrtime() - before_ns) / 1000000;
  assert_in_range(took_ms, LOG_WRITER_STOP_MS - 10, LOG_WRITER_STOP_MS + 500);
  empty(bench->out[0], bench->room);
  assert_true(log_writer_stop(&bench->writer));
  expect(bench->out[0], "late\n");
}

static void test_a_full_non_blocking_terminal_is_waited_for(void **state) {
  struct bench *bench = *state;
  fill(bench);
  os_never_wait(bench->out[1]);
  log_printf(&bench->log, LOG_OUT, "patience");
  start(bench);
  uv_sleep(20); /* several tries */
  empty(bench->out[0], bench->room);
  expect(bench->out[0], "patience\n");
  assert_true(log_writer_stop(&bench->writer));
}

static void test_lost_lines_are_counted(void **state) {
  struct bench *bench = *state;
  unsigned lost = 0;
  for (int i = 0; i < 10000; i++) lost += !log_write(&bench->log, LOG_OUT, STR("0123456789"));
  start(bench);
  assert_true(lost > 0);
  char line[128];
  snprintf(line, sizeof line, FIXED_STAMP " liteginx: %u log lines lost: they came faster than they were taken\n",
           lost);
  expect(bench->err[0], line);
  assert_true(log_writer_stop(&bench->writer));
}

static void test_a_closed_channel_is_given_up_alone(void **state) {
  struct bench *bench = *state;
  os_close(bench->out[0]);
  start(bench);
  log_printf(&bench->log, LOG_OUT, "lost");
  expect(bench->err[0], FIXED_STAMP " liteginx: nobody reads stdout any more: the access log ends here\n");
  log_printf(&bench->log, LOG_OUT, "lost too");
  log_printf(&bench->log, LOG_ERR, "heard");
  expect(bench->err[0], "heard\n");
  assert_true(log_writer_stop(&bench->writer));
  expect_silence(bench->err[0]);
}

static void test_both_channels_closed(void **state) {
  struct bench *bench = *state;
  os_close(bench->out[0]);
  os_close(bench->err[0]);
  start(bench);
  log_printf(&bench->log, LOG_OUT, "lost");
  log_printf(&bench->log, LOG_ERR, "lost");
  assert_true(log_writer_stop(&bench->writer));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_each_channel_gets_its_lines, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_stop_writes_what_is_left, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_blocked_channel_holds_up_the_stop_for_a_second_only, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_full_non_blocking_terminal_is_waited_for, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_lost_lines_are_counted, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_closed_channel_is_given_up_alone, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_both_channels_closed, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
