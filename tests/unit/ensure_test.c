#include "liteginx/base/ensure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static noreturn void break_it(bool unreachable);

static noreturn void break_it(bool unreachable) {
  if (!unreachable) ENSURE(1 + 1 == 3);
  ENSURE_UNREACHABLE();
}

/* Breaks an invariant in a child; fills `said` with its last words and returns the signal that ended it. */
static int last_words(bool unreachable, char *said, size_t size) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  fflush(NULL);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    signal(SIGABRT, SIG_DFL);
    dup2(ends[1], STDERR_FILENO);
    break_it(unreachable);
  }
  close(ends[1]);
  size_t len = 0;
  for (ssize_t got; (got = read(ends[0], said + len, size - 1 - len)) > 0;) len += (size_t)got;
  said[len] = 0;
  close(ends[0]);
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void a_broken_invariant_names_its_place_and_aborts(void **state) {
  (void)state;
  char said[512];
  assert_int_equal(last_words(false, said, sizeof said), SIGABRT);
  assert_non_null(strstr(said, "broken invariant in break_it ("));
  assert_non_null(strstr(said, "ensure_test.c:"));
  assert_non_null(strstr(said, "): 1 + 1 == 3\n"));
}

static void the_unreachable_aborts(void **state) {
  (void)state;
  char said[512];
  assert_int_equal(last_words(true, said, sizeof said), SIGABRT);
  assert_non_null(strstr(said, "): unreachable\n"));
}

static void what_holds_is_evaluated_once(void **state) {
  (void)state;
  int count = 0;
  ENSURE(++count == 1);
  assert_int_equal(count, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_broken_invariant_names_its_place_and_aborts),
      cmocka_unit_test(the_unreachable_aborts),
      cmocka_unit_test(what_holds_is_evaluated_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
