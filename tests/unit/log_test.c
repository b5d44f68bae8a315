#include "liteginx/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "fixed_time.h"

enum { CAPACITY = 64 * 1024 };

static void count_wake(void *wake_owner) {
  ++*(int *)wake_owner;
}

static int open_log(void **state) {
  static struct log log;
  static int wakes;
  wakes = 0;
  *state = &log;
  return log_init(&log, CAPACITY, count_wake, &wakes);
}

static int close_log(void **state) {
  log_free(*state);
  return 0;
}

static void lines_come_out_by_channel_in_order(void **state) {
  struct log *log = *state;
  char into[LOG_LINE_MAX + 1];
  enum log_channel channel;
  assert_true(log_write(log, LOG_OUT, STR("one")));
  assert_true(log_write(log, LOG_OUT, STR("")));
  log_printf(log, LOG_ERR, "%s %d", "two", 2);
  assert_true(log_write(log, LOG_OUT, STR("three")));
  assert_int_equal(log_read(log, &channel, into, sizeof into), 5);
  assert_int_equal(channel, LOG_OUT);
  assert_memory_equal(into, "one\n\n", 5);
  assert_int_equal(log_read(log, &channel, into, sizeof into), 6);
  assert_int_equal(channel, LOG_ERR);
  assert_memory_equal(into, "two 2\n", 6);
  assert_int_equal(log_read(log, &channel, into, sizeof into), 6);
  assert_int_equal(channel, LOG_OUT);
  assert_memory_equal(into, "three\n", 6);
  assert_int_equal(log_read(log, &channel, into, sizeof into), 0);
}

static void a_note_carries_the_time(void **state) {
  struct log *log = *state;
  char into[LOG_LINE_MAX + 1];
  enum log_channel channel;
  log_note(log, "%s is down", "a:1");
  size_t len = log_read(log, &channel, into, sizeof into);
  assert_int_equal(channel, LOG_ERR);
  assert_int_equal(len, strlen(FIXED_STAMP " liteginx: a:1 is down\n"));
  assert_memory_equal(into, FIXED_STAMP " liteginx: a:1 is down\n", len);
  fixed_zone();
  log->notes_local = true;
  log_note(log, "and up");
  len = log_read(log, &channel, into, sizeof into);
  assert_int_equal(len, strlen(FIXED_LOCAL_STAMP " liteginx: and up\n"));
  assert_memory_equal(into, FIXED_LOCAL_STAMP " liteginx: and up\n", len);
}

static void what_does_not_fit_is_dropped_and_counted(void **state) {
  struct log *log = *state;
  char into[LOG_LINE_MAX + 1], line[1000];
  enum log_channel channel;
  size_t written = 0, read = 0;
  memset(line, 'x', sizeof line);
  while (log_write(log, LOG_OUT, str_make(line, sizeof line))) written++;
  assert_in_range(written, CAPACITY / sizeof line - 2, CAPACITY / sizeof line);
  assert_false(log_write(log, LOG_OUT, str_make(line, sizeof line)));
  assert_int_equal(log_take_dropped(log), 2);
  assert_int_equal(log_take_dropped(log), 0);
  for (size_t got; (got = log_read(log, &channel, into, sizeof into)) > 0;) read += got;
  assert_int_equal(read, written * (sizeof line + 1));
  assert_true(log_write(log, LOG_OUT, str_make(line, sizeof line)));
}

static void lines_survive_the_rings_end(void **state) {
  struct log *log = *state;
  char into[LOG_LINE_MAX + 1];
  enum log_channel channel;
  for (unsigned i = 0; i < 20000; i++) {
    char line[64];
    int len = snprintf(line, sizeof line, "line %u %.*s", i, (int)(i % 23), "abcdefghijklmnopqrstuvw");
    log_printf(log, LOG_ERR, "%s", line);
    assert_int_equal(log_read(log, &channel, into, sizeof into), len + 1);
    assert_memory_equal(into, line, (size_t)len);
  }
}

static void what_is_too_long_is_cut_visibly(void **state) {
  struct log *log = *state;
  static char line[LOG_LINE_MAX + 2], into[LOG_LINE_MAX + 1];
  enum log_channel channel;
  memset(line, 'x', LOG_LINE_MAX + 1);
  assert_true(log_write(log, LOG_OUT, str_make(line, LOG_LINE_MAX)));
  assert_int_equal(log_read(log, &channel, into, sizeof into), LOG_LINE_MAX + 1);
  assert_memory_equal(into + LOG_LINE_MAX - 3, "xxx\n", 4);
  assert_true(log_write(log, LOG_OUT, str_make(line, LOG_LINE_MAX + 1)));
  assert_int_equal(log_read(log, &channel, into, sizeof into), LOG_LINE_MAX + 1);
  assert_memory_equal(into + LOG_LINE_MAX - 4, "x…\n", 5);
  log_printf(log, LOG_OUT, "%s", line);
  assert_int_equal(log_read(log, &channel, into, sizeof into), LOG_LINE_MAX + 1);
  assert_memory_equal(into + LOG_LINE_MAX - 4, "x…\n", 5);
}

static void a_cut_leaves_no_half_character(void **state) {
  struct log *log = *state;
  static char line[LOG_LINE_MAX + 2], into[LOG_LINE_MAX + 1];
  enum log_channel channel;
  memset(line, 'x', LOG_LINE_MAX + 1);
  memcpy(line + LOG_LINE_MAX - 4, "…", 3);
  assert_true(log_write(log, LOG_OUT, str_make(line, LOG_LINE_MAX + 1)));
  assert_int_equal(log_read(log, &channel, into, sizeof into), LOG_LINE_MAX);
  assert_memory_equal(into + LOG_LINE_MAX - 5, "x…\n", 5);
  /* Bytes that are no characters at all are cut somewhere. */
  memset(line, '\x80', LOG_LINE_MAX + 1);
  assert_true(log_write(log, LOG_OUT, str_make(line, LOG_LINE_MAX + 1)));
  assert_in_range(log_read(log, &channel, into, sizeof into), LOG_LINE_MAX - 3, LOG_LINE_MAX + 1);
}

static void a_sleeping_reader_is_woken_once(void **state) {
  struct log *log = *state;
  int *wakes = log->wake_owner;
  char into[LOG_LINE_MAX + 1];
  enum log_channel channel;
  assert_true(log_write(log, LOG_OUT, STR("a")));
  assert_int_equal(*wakes, 0);
  assert_false(log_reader_sleep(log)); /* a line waits */
  assert_true(log_write(log, LOG_OUT, STR("b")));
  assert_int_equal(*wakes, 0);
  while (log_read(log, &channel, into, sizeof into) > 0) {
  }
  assert_true(log_reader_sleep(log));
  assert_true(log_write(log, LOG_OUT, STR("c")));
  assert_true(log_write(log, LOG_OUT, STR("d")));
  assert_int_equal(*wakes, 1);
}

static void what_a_peer_sent_is_escaped(void **state) {
  (void)state;
  static const char *const pairs[][2] = {
      {"plain text~", "plain text~"},
      {"a\\b", "a\\x5cb"},
      {"\x1b[31m\r\n\t\x7f", "\\x1b[31m\\x0d\\x0a\\x09\\x7f"},
      {"h\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x98\x80", "h\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x98\x80"},
      {"\xc2\x9b", "\\xc2\\x9b"},                   /* C1: a terminal obeys it */
      {"\xc0\xaf", "\\xc0\\xaf"},                   /* overlong */
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* surrogate */
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond Unicode */
      {"\xe2\x80\xae", "\\xe2\\x80\\xae"},          /* right-to-left override */
      {"\xe2\x86", "\\xe2\\x86"},                   /* cut short */
      {"\xff", "\\xff"},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    char out[128];
    size_t len = log_escape(out, sizeof out - 1, str_of(pairs[i][0]));
    out[len] = 0;
    assert_string_equal(out, pairs[i][1]);
  }
  char out[8];
  assert_int_equal(log_escape(out, 5, STR("ab\n")), 2); /* the escape does not fit: never half of it */
  assert_int_equal(log_escape(out, 3, STR("a\xe2\x86\x92")), 1);
  assert_int_equal(log_escape(out, 6, str_make("a\0b", 3)), 6);
  assert_memory_equal(out, "a\\x00b", 6);
}

enum { THREAD_LINES = 200000 };

static void write_numbers(void *argument) {
  for (unsigned i = 0; i < THREAD_LINES; i++) log_printf(argument, i % 3 ? LOG_OUT : LOG_ERR, "%u", i);
}

/* Writer and reader at once: lines come in order and whole, and each is either read or counted as dropped. */
static void two_threads_share_it(void **state) {
  struct log *log = *state;
  static char into[2 * LOG_LINE_MAX];
  enum log_channel channel = LOG_OUT;
  uv_thread_t writer;
  uint64_t seen = 0, last = 0;
  assert_int_equal(uv_thread_create(&writer, write_numbers, log), 0);
  for (uint64_t dropped = 0; seen + dropped < THREAD_LINES; dropped += log_take_dropped(log)) {
    struct str batch = str_make(into, log_read(log, &channel, into, sizeof into)), line;
    if (batch.len == 0) uv_sleep(0);
    while (batch.len && str_next(&batch, '\n', &line)) {
      uint64_t number;
      assert_true(str_to_u64(line, &number));
      assert_true(seen == 0 || number > last);
      assert_int_equal(channel, number % 3 ? LOG_OUT : LOG_ERR);
      last = number;
      seen++;
    }
  }
  assert_int_equal(uv_thread_join(&writer), 0);
  assert_int_equal(log_read(log, &channel, into, sizeof into), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(lines_come_out_by_channel_in_order, open_log, close_log),
      cmocka_unit_test_setup_teardown(a_note_carries_the_time, open_log, close_log),
      cmocka_unit_test_setup_teardown(what_does_not_fit_is_dropped_and_counted, open_log, close_log),
      cmocka_unit_test_setup_teardown(lines_survive_the_rings_end, open_log, close_log),
      cmocka_unit_test_setup_teardown(what_is_too_long_is_cut_visibly, open_log, close_log),
      cmocka_unit_test_setup_teardown(a_cut_leaves_no_half_character, open_log, close_log),
      cmocka_unit_test_setup_teardown(two_threads_share_it, open_log, close_log),
      cmocka_unit_test_setup_teardown(a_sleeping_reader_is_woken_once, open_log, close_log),
      cmocka_unit_test(what_a_peer_sent_is_escaped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
