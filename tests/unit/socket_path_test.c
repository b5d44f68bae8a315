/* The limit is the system's. */
#include "liteginx/base/socket_path.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "unit.h"

static int bind_path(size_t len) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_true(descriptor >= 0 && len < sizeof address.sun_path);
  memset(address.sun_path, 'x', len); /* in a folder that does not exist, so that no file is left */
  memcpy(address.sun_path, "/no/", 4);
  int status = bind(descriptor, (const struct sockaddr *)&address, sizeof address);
  int error = errno;
  close(descriptor);
  return status == 0 ? 0 : error;
}

static void test_the_longest_path_is_one_that_the_system_looks_at(void **state) {
  (void)state;
  assert_true(socket_path_max() >= 100);
  assert_int_equal(bind_path(socket_path_max()), ENOENT);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_longest_path_is_one_that_the_system_looks_at)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
