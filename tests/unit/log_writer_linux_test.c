/* The log's thread on a disk that gets full, which Linux can play. */
#define _GNU_SOURCE /* unshare */
#include <sched.h>
#include <sys/mount.h>

#include "log_pipes.h"

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_full_disk_is_told_and_counted, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_line_that_a_full_disk_cuts_is_ended, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
