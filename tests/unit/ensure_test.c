#include "liteginx/base/ensure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "liteginx/base/list.h"
#include "os.h"
#include "unit.h"

enum { PROGRAM_BYTES = 4096 };

/* What the child is told. */
static char BREAK[] = "break", REACH[] = "reach";

struct child {
  uv_process_t process;
  bool exited;
  int64_t status;
  int signal;
};

static noreturn void break_it(bool unreachable);

static noreturn void break_it(bool unreachable) {
  if (!unreachable) ENSURE(1 + 1 == 3);
  ENSURE_UNREACHABLE();
}

static void on_child_exit(uv_process_t *process, int64_t status, int signal) {
  struct child *child = container_of(process, struct child, process);
  child->exited = true;
  child->status = status;
  child->signal = signal;
  uv_close((uv_handle_t *)process, NULL);
}

/* This program once more, with a word for the child. */
static void child_options(uv_process_options_t *options, char *program, char **words, char *word) {
  size_t room = PROGRAM_BYTES;
  assert_int_equal(uv_exepath(program, &room), 0);
  words[0] = program;
  words[1] = word;
  words[2] = NULL;
  *options = (uv_process_options_t){.exit_cb = on_child_exit, .file = program, .args = words};
}

/* Breaks an invariant in a child; fills `said` with its last words. True: it aborted. */
static bool aborts(char *word, char *said, size_t size) {
  static char program[PROGRAM_BYTES];
  struct child child = {.exited = false};
  char *words[3];
  int ends[2];
  size_t room, len = 0;
  uv_loop_t loop;
  uv_process_options_t options;
  assert_int_equal(uv_loop_init(&loop), 0);
  assert_true(os_pipe(ends, &room));
  child_options(&options, program, words, word);
  uv_stdio_container_t streams[3] = {{.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_INHERIT_FD}};
  streams[2].data.fd = ends[1];
  options.stdio = streams;
  options.stdio_count = 3;
  assert_int_equal(uv_spawn(&loop, &child.process, &options), 0);
  os_close(ends[1]);
  for (long got; (got = os_read(ends[0], said + len, size - 1 - len)) > 0;) len += (size_t)got;
  said[len] = 0;
  os_close(ends[0]);
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&loop), 0);
  assert_true(child.exited);
  return os_aborted(child.status, child.signal);
}

/* A program that an emulator runs is none that the system starts; meson tells by what it is run. */
static bool starts_itself(void) {
  const char *wrapper = getenv("MESON_EXE_WRAPPER");
  return !wrapper || !strstr(wrapper, "qemu");
}

static void a_broken_invariant_names_its_place_and_aborts(void **state) {
  (void)state;
  char said[512];
  if (!starts_itself()) unit_skip("an emulator runs this program");
  assert_true(aborts(BREAK, said, sizeof said));
  assert_non_null(strstr(said, "broken invariant in break_it ("));
  assert_non_null(strstr(said, "ensure_test.c:"));
  assert_non_null(strstr(said, "): 1 + 1 == 3\n"));
}

static void the_unreachable_aborts(void **state) {
  (void)state;
  char said[512];
  if (!starts_itself()) unit_skip("an emulator runs this program");
  assert_true(aborts(REACH, said, sizeof said));
  assert_non_null(strstr(said, "): unreachable\n"));
}

static void what_holds_is_evaluated_once(void **state) {
  (void)state;
  int count = 0;
  ENSURE(++count == 1);
  assert_int_equal(count, 1);
}

int main(int argc, char **argv) {
  if (argc > 1) break_it(strcmp(argv[1], REACH) == 0);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_broken_invariant_names_its_place_and_aborts),
      cmocka_unit_test(the_unreachable_aborts),
      cmocka_unit_test(what_holds_is_evaluated_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
