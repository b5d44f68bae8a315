/* Listeners on loopback: which addresses they take, what they say when they cannot, and that a paused one accepts
 * nothing. */
#include "liteginx/server/listener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "liteginx/server/system.h"

struct bench {
  struct loop loop;
  struct listener listener, other;
  unsigned accepted;
  unsigned pause_after; /* accepted connections; 0: never */
};

struct client {
  uv_tcp_t tcp;
  uv_connect_t connect;
  int status; /* 1: under way */
};

static const struct config_address loopback = {.scope = SCOPE_LOOPBACK};

static int set_up(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  *state = bench;
  return bench ? loop_init(&bench->loop) : -1;
}

static int tear_down(void **state) {
  struct bench *bench = *state;
  listener_close(&bench->listener);
  listener_close(&bench->listener);
  listener_close(&bench->other);
  loop_close(&bench->loop);
  int alive = uv_run(&bench->loop.uv, UV_RUN_DEFAULT);
  loop_free(&bench->loop);
  free(bench);
  return alive;
}

static void on_stream(struct listener *listener, struct stream *stream) {
  struct bench *bench = container_of(listener, struct bench, listener);
  bench->accepted++;
  if (bench->accepted == bench->pause_after) listener_pause(listener, true);
  stream_close(stream, false);
}

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

static void turn(struct bench *bench) {
  for (int i = 0; i < 10; i++) uv_run(&bench->loop.uv, UV_RUN_NOWAIT);
}

static void clients_stop(struct bench *bench, struct client *clients, unsigned count) {
  for (unsigned i = 0; i < count; i++) uv_close((uv_handle_t *)&clients[i].tcp, NULL);
  turn(bench);
}

static void test_a_free_port_is_the_same_for_both_families(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  assert_int_equal(listener_open(&bench->listener, &bench->loop, &loopback, on_stream, &fault), 0);
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
  assert_int_equal(listener_open(&bench->listener, &bench->loop, &loopback, on_stream, &fault), 0);
  static const enum config_scope scopes[] = {SCOPE_LOOPBACK, SCOPE_ALL, SCOPE_IPV4, SCOPE_IPV6};
  for (unsigned i = 0; i < sizeof scopes / sizeof *scopes; i++) {
    struct config_address address = {.scope = scopes[i], .port = bench->listener.port, .bytes = {127, 0, 0, 1}};
    if (scopes[i] == SCOPE_IPV6) memcpy(address.bytes, &in6addr_loopback, 16);
    assert_int_equal(listener_open(&bench->other, &bench->loop, &address, on_stream, &fault), UV_EADDRINUSE);
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
  assert_int_equal(listener_open(&bench->listener, &bench->loop, &address, on_stream, &fault), UV_EADDRNOTAVAIL);
}

#ifdef __linux__
static void test_the_owner_of_a_port_is_named(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  assert_int_equal(listener_open(&bench->listener, &bench->loop, &loopback, on_stream, &fault), 0);
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
#endif

static void test_a_paused_listener_accepts_nothing(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  assert_int_equal(listener_open(&bench->listener, &bench->loop, &loopback, on_stream, &fault), 0);
  bench->pause_after = 2;
  struct client clients[5];
  for (int i = 0; i < 5; i++) client_start(bench, &clients[i], "127.0.0.1");
  turn(bench);
  for (int i = 0; i < 5; i++) assert_int_equal(clients[i].status, 0);
  assert_int_equal(bench->accepted, 2);
  bench->pause_after = 3;
  listener_pause(&bench->listener, false);
  turn(bench);
  assert_int_equal(bench->accepted, 3);
  assert_true(bench->listener.paused);
  bench->pause_after = 0;
  listener_pause(&bench->listener, false);
  turn(bench);
  assert_int_equal(bench->accepted, 5);
  clients_stop(bench, clients, 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_free_port_is_the_same_for_both_families, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_port_in_use_is_an_error, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_foreign_address_is_an_error, set_up, tear_down),
#ifdef __linux__
      cmocka_unit_test_setup_teardown(test_the_owner_of_a_port_is_named, set_up, tear_down),
#endif
      cmocka_unit_test_setup_teardown(test_a_paused_listener_accepts_nothing, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
