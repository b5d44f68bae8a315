/* The log's thread on pipes that take everything, something, or nothing, and on a disk that gets full. */
#ifdef __linux__
#define _GNU_SOURCE /* unshare */
#endif
#include "liteginx/server/log_writer.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>
#endif

#include "fixed_time.h"
#include "unit.h"

enum { RING_BYTES = 64 * 1024, PIPE_BYTES = 64 * 1024 };

struct bench {
  struct log_writer writer;
  struct log log;
  struct log *logs[1];
  int out[2], err[2]; /* pipes: [0] is ours */
};

static int set_up(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  if (!bench || pipe(bench->out) != 0 || pipe(bench->err) != 0) return -1;
  signal(SIGPIPE, SIG_IGN);
  bench->logs[0] = &bench->log;
  *state = bench;
  if (log_writer_init(&bench->writer, bench->out[1], bench->err[1], false) != 0) return -1;
  return log_init(&bench->log, RING_BYTES, log_writer_wake, &bench->writer);
}

static int tear_down(void **state) {
  struct bench *bench = *state;
  for (int i = 0; i < 2; i++) {
    close(bench->out[i]);
    close(bench->err[i]);
  }
  log_writer_free(&bench->writer);
  log_free(&bench->log);
  free(bench);
  return 0;
}

static void start(struct bench *bench) {
  assert_int_equal(log_writer_start(&bench->writer, bench->logs, 1), 0);
}

static void expect(int descriptor, const char *text) {
  char seen[512];
  size_t len = strlen(text), filled = 0;
  assert_true(len < sizeof seen);
  while (filled < len) {
    ssize_t got = read(descriptor, seen + filled, len - filled);
    assert_true(got > 0);
    filled += (size_t)got;
  }
  seen[filled] = '\0';
  assert_string_equal(seen, text);
}

static void expect_silence(int descriptor) {
  char byte;
  fcntl(descriptor, F_SETFL, O_NONBLOCK);
  assert_int_equal(read(descriptor, &byte, 1), -1);
}

static void fill(int descriptor) {
  static const char zeroes[PIPE_BYTES];
  fcntl(descriptor, F_SETFL, O_NONBLOCK);
  while (write(descriptor, zeroes, sizeof zeroes) > 0) {
  }
  fcntl(descriptor, F_SETFL, 0);
}

static void empty(int descriptor, size_t bytes) {
  char block[4096];
  while (bytes > 0) {
    ssize_t got = read(descriptor, block, bytes < sizeof block ? bytes : sizeof block);
    assert_true(got > 0);
    bytes -= (size_t)got;
  }
}

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
  fill(bench->out[1]);
  start(bench);
  log_printf(&bench->log, LOG_OUT, "late");
  uint64_t before_ns = uv_hrtime();
  assert_false(log_writer_stop(&bench->writer));
  uint64_t took_ms = (uv_hrtime() - before_ns) / 1000000;
  assert_in_range(took_ms, LOG_WRITER_STOP_MS - 10, LOG_WRITER_STOP_MS + 500);
  empty(bench->out[0], PIPE_BYTES);
  assert_true(log_writer_stop(&bench->writer));
  expect(bench->out[0], "late\n");
}

static void test_a_full_non_blocking_terminal_is_waited_for(void **state) {
  struct bench *bench = *state;
  fill(bench->out[1]);
  fcntl(bench->out[1], F_SETFL, O_NONBLOCK);
  log_printf(&bench->log, LOG_OUT, "patience");
  start(bench);
  usleep(20 * 1000); /* several tries */
  empty(bench->out[0], PIPE_BYTES);
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
  close(bench->out[0]);
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
  close(bench->out[0]);
  close(bench->err[0]);
  start(bench);
  log_printf(&bench->log, LOG_OUT, "lost");
  log_printf(&bench->log, LOG_ERR, "lost");
  assert_true(log_writer_stop(&bench->writer));
}

/* /dev/full stands in for the disk; dup2 makes room. */
static void test_a_full_disk_is_told_and_counted(void **state) {
  struct bench *bench = *state;
  int out = dup(bench->out[1]), full = open("/dev/full", O_WRONLY);
  assert_true(out >= 0);
  if (full < 0) unit_skip("there is no /dev/full");
  dup2(full, bench->out[1]);
  start(bench);
  log_printf(&bench->log, LOG_OUT, "lost");
  expect(bench->err[0],
         FIXED_STAMP " liteginx: no space left on device: the access log is lost until there is room again\n");
  log_printf(&bench->log, LOG_OUT, "lost");
  log_printf(&bench->log, LOG_ERR, "both are gone when this is here");
  expect(bench->err[0], "both are gone when this is here\n");
  dup2(out, bench->out[1]);
  log_printf(&bench->log, LOG_OUT, "kept");
  expect(bench->out[0], "kept\n");
  expect(bench->err[0], FIXED_STAMP " liteginx: there is room again: 2 lines of the access log were lost\n");
  assert_true(log_writer_stop(&bench->writer));
  expect_silence(bench->err[0]);
  close(out);
  close(full);
}

#ifdef __linux__
/* Two pages of a file system of our own: one is in use, the other has room for a part of a line. */
static void test_a_line_that_a_full_disk_cuts_is_ended(void **state) {
  struct bench *bench = *state;
  char folder[] = "/tmp/liteginx-XXXXXX", path[64], seen[32] = "";
  static const char zeroes[4096];
  enum { LEFT = 5 };
  if (!mkdtemp(folder)) fail();
  /* A type though none is asked for: valgrind takes NULL for a fault. */
  bool own = unshare(CLONE_NEWNS) == 0 && mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
             mount("none", folder, "tmpfs", 0, "size=8192") == 0;
  if (!own) {
    rmdir(folder);
    unit_skip("only root may mount a file system of two pages");
  }
  snprintf(path, sizeof path, "%s/other", folder);
  int other = open(path, O_RDWR | O_CREAT, 0600);
  assert_int_equal(write(other, zeroes, sizeof zeroes), sizeof zeroes);
  snprintf(path, sizeof path, "%s/log", folder);
  int file = open(path, O_RDWR | O_CREAT, 0600);
  assert_int_equal(write(file, zeroes, sizeof zeroes - LEFT), sizeof zeroes - LEFT);
  dup2(file, bench->out[1]);
  start(bench);
  log_printf(&bench->log, LOG_OUT, "a long line");
  expect(bench->err[0],
         FIXED_STAMP " liteginx: no space left on device: the access log is lost until there is room again\n");
  log_printf(&bench->log, LOG_OUT, "lost");
  log_printf(&bench->log, LOG_ERR, "both are gone when this is here");
  expect(bench->err[0], "both are gone when this is here\n");
  assert_int_equal(ftruncate(other, 0), 0);
  log_printf(&bench->log, LOG_OUT, "kept");
  expect(bench->err[0], FIXED_STAMP " liteginx: there is room again: 2 lines of the access log were lost\n");
  assert_true(log_writer_stop(&bench->writer));
  assert_true(pread(file, seen, sizeof seen - 1, sizeof zeroes - LEFT) > 0);
  assert_string_equal(seen, "a lon\nkept\n");
  close(file);
  close(other);
  dup2(bench->err[1], bench->out[1]);
  assert_int_equal(umount(folder), 0);
  rmdir(folder);
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_each_channel_gets_its_lines, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_stop_writes_what_is_left, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_blocked_channel_holds_up_the_stop_for_a_second_only, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_full_non_blocking_terminal_is_waited_for, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_lost_lines_are_counted, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_closed_channel_is_given_up_alone, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_full_disk_is_told_and_counted, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_both_channels_closed, set_up, tear_down),
#ifdef __linux__
      cmocka_unit_test_setup_teardown(test_a_line_that_a_full_disk_cuts_is_ended, set_up, tear_down),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
