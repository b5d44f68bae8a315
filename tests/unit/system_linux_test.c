/* Who has a port, or the file of a socket, as /proc tells. */
#include "liteginx/server/system.h"

#include <unistd.h>

#include "listening.h"

static const struct config_address loopback = {.scope = SCOPE_LOOPBACK};

static void test_the_owner_of_a_port_is_named(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  assert_int_equal(open_on(bench, &bench->listener, &loopback, &fault), 0);
  struct sockaddr_storage address;
  char owner[128], wanted[128], name[64] = "";
  /* Under valgrind it is not our own. */
  FILE *comm = fopen("/proc/self/comm", "r");
  assert_non_null(comm);
  assert_non_null(fgets(name, sizeof name, comm));
  fclose(comm);
  snprintf(wanted, sizeof wanted, "%.*s (process %d)", (int)strcspn(name, "\n"), name, (int)uv_os_getpid());
  static const char *const v4[] = {"127.0.0.1", "0.0.0.0"}, *const v6[] = {"::1", "::"};
  for (int i = 0; i < 2; i++) {
    assert_int_equal(uv_ip4_addr(v4[i], bench->listener.port, (struct sockaddr_in *)&address), 0);
    assert_true(system_port_owner((struct sockaddr *)&address, owner, sizeof owner));
    assert_string_equal(owner, wanted);
    assert_int_equal(uv_ip6_addr(v6[i], bench->listener.port, (struct sockaddr_in6 *)&address), 0);
    assert_true(system_port_owner((struct sockaddr *)&address, owner, sizeof owner));
    assert_string_equal(owner, wanted);
  }
  assert_int_equal(uv_ip4_addr("127.0.0.2", bench->listener.port, (struct sockaddr_in *)&address), 0);
  assert_false(system_port_owner((struct sockaddr *)&address, owner, sizeof owner));
}

static void test_the_owner_of_a_socket_s_file_is_named(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  char path[64], owner[128], process[32];
  snprintf(path, sizeof path, "/tmp/system_test.%d.sock", (int)getpid());
  struct config_address address = {.scope = SCOPE_LOCAL, .path = str_of(path)};
  assert_int_equal(open_on(bench, &bench->listener, &address, &fault), 0);
  assert_int_equal(open_on(bench, &bench->other, &address, &fault), UV_EADDRINUSE);
  snprintf(process, sizeof process, "(process %d)", (int)uv_os_getpid());
  assert_true(system_port_owner((const struct sockaddr *)&fault.address, owner, sizeof owner));
  assert_non_null(strstr(owner, process));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_the_owner_of_a_port_is_named, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_the_owner_of_a_socket_s_file_is_named, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
