/* What a user of Unix is told. */
#include "liteginx/server/system.h"

#include "unit.h"

static void who_may_not_bind_a_port_is_told_how_to(void **state) {
  char text[512];
  (void)state;
  system_denied_port_advice(80, text, sizeof text);
  assert_non_null(strstr(text, "listen on a port from 1024 up"));
  assert_non_null(strstr(text, "sudo"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(who_may_not_bind_a_port_is_told_how_to)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
