/* Unix sockets as addresses, and an answer that Windows does not give. */
#include "liteginx/net/endpoint.h"
#include "resolving.h"

/* A path is its own address, and another one in other letters. */
static void test_sockets(void **state) {
  struct fixture *fixture = *state;
  struct sockaddr_storage addresses[RESOLVE_MAX_ADDRESSES];
  struct asker small = asker_of(fixture, "unix:run/a b.sock"), large = asker_of(fixture, "unix:run/A b.sock");
  assert_ptr_not_equal(small.name, large.name);
  assert_int_equal(resolve_wait(small.name, &small.waiter), 1);
  assert_int_equal(resolve_addresses(small.name, 0, addresses), 1);
  assert_int_equal(addresses[0].ss_family, AF_UNIX);
  assert_str(endpoint_path((struct sockaddr *)&addresses[0]), STR("run/a b.sock"));
  resolve_prefer(small.name, (struct sockaddr *)&addresses[0]);
  resolve_refresh(small.name);
  assert_int_equal(atomic_load(&fake_asked), 0);
  resolve_release(small.name);
  resolve_release(large.name);
}

static void test_a_name_without_addresses(void **state) {
  static const struct fake_name names[] = {{"none.test", 0, {0}}, {0}};
  struct fixture *fixture = *state;
  fake_names = names;
  struct asker none = asker_of(fixture, "none.test");
  assert_int_equal(resolve_wait(none.name, &none.waiter), 0);
  run(fixture);
  assert_int_equal(none.status, UV_EAI_NODATA);
  resolve_release(none.name);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_sockets, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_name_without_addresses, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
