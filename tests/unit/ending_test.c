#include "liteginx/base/ending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>
#include <string.h>

static void each_row_is_whole(void **state) {
  (void)state;
  for (unsigned reason = 0; reason < ENDING_COUNT; reason++) {
    unsigned status = ending_status(reason);
    assert_true(strlen(ending_label(reason)) > 0);
    assert_true(status == 0 || (status >= 200 && status <= 599));
    assert_true(ending_has_cause(reason) == (ending_sentence(reason)[0] == '\0'));
    assert_true(ending_has_cause(reason) || status < 400);
    assert_null(strpbrk(ending_label(reason), " \"\\"));
    assert_null(strpbrk(ending_sentence(reason), "\"\\"));
    for (unsigned other = 0; other < reason; other++) {
      assert_string_not_equal(ending_label(reason), ending_label(other));
    }
  }
}

/* RFC 9110: no challenge is ours to make (401, 407), no protocol is required (426). 421 no proxy may say (§15.5.20), but we are
 * a gateway, which is the origin server to its clients (§3.7). */
static void statuses_that_are_never_ours(void **state) {
  (void)state;
  for (unsigned reason = 0; reason < ENDING_COUNT; reason++) {
    unsigned status = ending_status(reason);
    assert_true(status != 401 && status != 407 && status != 426);
  }
}

static void the_columns_are_where_they_belong(void **state) {
  (void)state;
  assert_string_equal(ending_label(ENDING_NO_ROUTE), "no-route");
  assert_string_equal(ending_sentence(ENDING_CLOSED_BY_CLIENT), "closed by client");
  assert_int_equal(ending_status(ENDING_NO_ROUTE), 404);
  assert_true(ending_has_cause(ENDING_NO_ROUTE));
  assert_int_equal(ending_status(ENDING_CLIENT_LEFT), 499);
  assert_false(ending_has_cause(ENDING_UNREAD));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_row_is_whole),
      cmocka_unit_test(statuses_that_are_never_ours),
      cmocka_unit_test(the_columns_are_where_they_belong),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
