/* The log's thread between a ring and two pipes. */
#ifndef LITEGINX_TESTS_UNIT_LOG_PIPES_H
#define LITEGINX_TESTS_UNIT_LOG_PIPES_H

#include "fixed_time.h"
#include "liteginx/server/log_writer.h"
#include "liteginx/server/system.h"
#include "os.h"
#include "unit.h"

enum { RING_BYTES = 64 * 1024 };

struct bench {
  struct log_writer writer;
  struct log log;
  struct log *logs[1];
  int out[2], err[2]; /* pipes: [0] is ours */
  size_t room;        /* in each of them */
};

static inline int set_up(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  if (!bench || !os_pipe(bench->out, &bench->room) || !os_pipe(bench->err, &bench->room)) return -1;
  system_ignore_broken_pipe();
  bench->logs[0] = &bench->log;
  *state = bench;
  if (log_writer_init(&bench->writer, bench->out[1], bench->err[1], false) != 0) return -1;
  return log_init(&bench->log, RING_BYTES, log_writer_wake, &bench->writer);
}

static inline int tear_down(void **state) {
  struct bench *bench = *state;
  for (int i = 0; i < 2; i++) {
    os_close(bench->out[i]);
    os_close(bench->err[i]);
  }
  log_writer_free(&bench->writer);
  log_free(&bench->log);
  free(bench);
  return 0;
}

static inline void start(struct bench *bench) {
  assert_int_equal(log_writer_start(&bench->writer, bench->logs, 1), 0);
}

static inline void expect(int descriptor, const char *text) {
  char seen[512];
  size_t len = strlen(text), filled = 0;
  assert_true(len < sizeof seen);
  while (filled < len) {
    long got = os_read(descriptor, seen + filled, len - filled);
    assert_true(got > 0);
    filled += (size_t)got;
  }
  seen[filled] = '\0';
  assert_string_equal(seen, text);
}

static inline void expect_silence(int descriptor) {
  assert_true(os_is_silent(descriptor));
}

/* Whoever writes to stdout's pipe now, waits. */
static inline void fill(const struct bench *bench) {
  static const char zeroes[4096];
  for (size_t filled = 0; filled < bench->room; filled += sizeof zeroes) {
    assert_int_equal(os_write(bench->out[1], zeroes, sizeof zeroes), sizeof zeroes);
  }
}

static inline void empty(int descriptor, size_t bytes) {
  char block[4096];
  while (bytes > 0) {
    long got = os_read(descriptor, block, bytes < sizeof block ? bytes : sizeof block);
    assert_true(got > 0);
    bytes -= (size_t)got;
  }
}

#endif
