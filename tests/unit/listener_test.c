/* Listeners on loopback: which addresses they take, what they say when they cannot, that two of them share a port if
 * the first allows it, and that nothing is accepted where there is no room. */
#include "listening.h"

#include "liteginx/server/system.h"

struct client {
  uv_tcp_t tcp;
  uv_connect_t connect;
  int status; /* 1: under way */
};

static const struct config_address loopback = {.scope = SCOPE_LOOPBACK};

static void on_connect(uv_connect_t *request, int status) {
  container_of(request, struct client, connect)->status = status;
}

static void client_start(struct bench *bench, struct client *client, const char *host) {
  struct sockaddr_storage address;
  int status = strchr(host, ':') ? uv_ip6_addr(host, bench->listener.port, (struct sockaddr_in6 *)&address)
                                 : uv_ip4_addr(host, bench->listener.port, (struct sockaddr_in *)&address);
  assert_int_equal(status, 0);
  client->status = 1;
  assert_int_equal(uv_tcp_init(&bench->loop.uv, &client->tcp), 0);
  assert_int_equal(uv_tcp_connect(&client->connect, &client->tcp, (const struct sockaddr *)&address, on_connect), 0);
}

static void clients_stop(struct bench *bench, struct client *clients, unsigned count) {
  for (unsigned i = 0; i < count; i++) uv_close((uv_handle_t *)&clients[i].tcp, NULL);
  turn(bench);
}

static void test_a_free_port_is_the_same_for_both_families(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  assert_int_equal(open_on(bench, &bench->listener, &loopback, &fault), 0);
  assert_non_null(bench->listener.ipv4);
  assert_non_null(bench->listener.ipv6);
  assert_true(bench->listener.port > 0);
  struct client clients[2];
  client_start(bench, &clients[0], "127.0.0.1");
  client_start(bench, &clients[1], "::1");
  turn(bench);
  assert_int_equal(clients[0].status, 0);
  assert_int_equal(clients[1].status, 0);
  assert_int_equal(bench->accepted, 2);
  clients_stop(bench, clients, 2);
}

static void test_a_port_in_use_is_an_error(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  assert_int_equal(open_on(bench, &bench->listener, &loopback, &fault), 0);
  static const enum config_scope scopes[] = {SCOPE_LOOPBACK, SCOPE_ALL, SCOPE_IPV4, SCOPE_IPV6};
  for (unsigned i = 0; i < sizeof scopes / sizeof *scopes; i++) {
    struct config_address address = {.scope = scopes[i], .port = bench->listener.port, .bytes = {127, 0, 0, 1}};
    if (scopes[i] == SCOPE_IPV6) memcpy(address.bytes, &in6addr_loopback, 16);
    assert_int_equal(open_on(bench, &bench->other, &address, &fault), UV_EADDRINUSE);
    assert_int_equal(fault.status, UV_EADDRINUSE);
    assert_null(bench->other.ipv4);
    assert_null(bench->other.ipv6);
    char text[LISTENER_ADDRESS_BYTES], wanted[LISTENER_ADDRESS_BYTES];
    static const char *const hosts[] = {"127.0.0.1", "0.0.0.0", "127.0.0.1", "[::1]"};
    snprintf(wanted, sizeof wanted, "%s:%u", hosts[i], bench->listener.port);
    listener_address_text((const struct sockaddr *)&fault.address, text);
    assert_string_equal(text, wanted);
  }
}

static void test_a_foreign_address_is_an_error(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  struct config_address address = {.scope = SCOPE_IPV4, .bytes = {192, 0, 2, 1}};
  assert_int_equal(open_on(bench, &bench->listener, &address, &fault), UV_EADDRNOTAVAIL);
}

static void test_nothing_is_accepted_without_room(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  assert_int_equal(open_on(bench, &bench->listener, &loopback, &fault), 0);
  bench->admission.max = 2;
  struct client clients[5];
  for (int i = 0; i < 5; i++) client_start(bench, &clients[i], "127.0.0.1");
  turn(bench);
  for (int i = 0; i < 5; i++) assert_int_equal(clients[i].status, 0);
  assert_int_equal(bench->accepted, 2);
  assert_int_equal(bench->rooms, 0);
  listener_resume(&bench->listener);
  turn(bench);
  assert_int_equal(bench->accepted, 2);
  admission_give(&bench->admission);
  assert_int_equal(bench->rooms, 1);
  listener_resume(&bench->listener);
  turn(bench);
  assert_int_equal(bench->accepted, 3);
  bench->admission.max = 100;
  listener_resume(&bench->listener);
  turn(bench);
  assert_int_equal(bench->accepted, 5);
  assert_int_equal(admission_open(&bench->admission), 4);
  clients_stop(bench, clients, 5);
}

/* Else another worker's client could be turned away, and the log say that all places are taken, while one is free. */
static void test_where_room_is_scarce_no_place_is_taken_on_a_guess(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  assert_int_equal(open_on(bench, &bench->listener, &loopback, &fault), 0);
  bench->admission.max = ADMISSION_AMPLE;
  struct client clients[3];
  for (int i = 0; i < 3; i++) client_start(bench, &clients[i], "127.0.0.1");
  for (int i = 0; i < 10; i++) {
    unsigned before = bench->accepted;
    uv_run(&bench->loop.uv, UV_RUN_NOWAIT);
    assert_in_range(bench->accepted - before, 0, 1);
  }
  assert_int_equal(bench->accepted, 3);
  clients_stop(bench, clients, 3);
}

static void test_a_shared_port_is_dealt_out_and_still_in_use(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  if (!system_deals_connections()) unit_skip("this system does not deal connections out");
  bench->listener =
      (struct listener){.loop = &bench->loop, .on_stream = on_stream, .admission = &bench->admission, .shared = true};
  assert_int_equal(listener_open(&bench->listener, &loopback, &fault), 0);
  bench->other = bench->listener;
  bench->other.ipv4 = bench->other.ipv6 = NULL;
  bench->other.admission = NULL;
  assert_int_equal(listener_join(&bench->other, &bench->listener, &fault), 0);
  assert_non_null(bench->other.ipv4);
  assert_non_null(bench->other.ipv6);
  assert_int_equal(bench->other.port, bench->listener.port);
  bench->admission.max = 1000;
  struct client clients[64];
  for (unsigned i = 0; i < 64; i++) client_start(bench, &clients[i], i % 2 ? "127.0.0.1" : "::1");
  turn(bench);
  assert_int_equal(bench->accepted, 64);
  assert_in_range(admission_open(&bench->admission), 8, 56); /* the others went to the other one */
  clients_stop(bench, clients, 64);

  struct listener third = {0};
  struct config_address address = {.scope = SCOPE_LOOPBACK, .port = bench->listener.port};
  assert_int_equal(open_on(bench, &third, &address, &fault), UV_EADDRINUSE);
  third = (struct listener){.loop = &bench->loop, .on_stream = on_stream, .shared = true};
  assert_int_equal(listener_open(&third, &address, &fault), UV_EADDRINUSE);
  assert_int_equal(fault.status, UV_EADDRINUSE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_free_port_is_the_same_for_both_families, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_port_in_use_is_an_error, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_foreign_address_is_an_error, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_nothing_is_accepted_without_room, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_where_room_is_scarce_no_place_is_taken_on_a_guess, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_shared_port_is_dealt_out_and_still_in_use, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
