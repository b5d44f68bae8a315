/* Sentences that say what is wrong. */
#include "liteginx/tls/problem.h"

#include <string.h>

#include <openssl/err.h>

#include "unit.h"

static void test_says_and_cuts(void **state) {
  (void)state;
  struct tls_problem problem;
  char longer[2 * TLS_PROBLEM_BYTES];
  memset(longer, 'x', sizeof longer);
  longer[sizeof longer - 1] = '\0';
  assert_false(tls_problem_say(&problem, "%s is %d", "it", 1));
  assert_string_equal(problem.text, "it is 1");
  assert_false(tls_problem_say(&problem, "%s", longer));
  assert_int_equal(strlen(problem.text), TLS_PROBLEM_BYTES - 1);
}

static void test_leaves_no_errors_of_openssl(void **state) {
  (void)state;
  struct tls_problem problem;
  ERR_raise(ERR_LIB_USER, ERR_R_MALLOC_FAILURE);
  assert_false(tls_problem_no_memory(&problem));
  assert_string_equal(problem.text, "out of memory");
  assert_int_equal(ERR_peek_error(), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_says_and_cuts),
      cmocka_unit_test(test_leaves_no_errors_of_openssl),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
