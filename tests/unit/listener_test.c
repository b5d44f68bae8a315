/* Listeners on loopback: which addresses they take, what they say when they cannot, that two of them share a port if
 * the first allows it, and that nothing is accepted where there is no room. */
#include "liteginx/server/listener.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "liteginx/server/system.h"
#include "unit.h"

struct bench {
  struct loop loop;
  struct admission admission; /* of `listener` */
  struct listener listener, other;
  unsigned accepted, rooms;
};

struct client {
  uv_tcp_t tcp;
  uv_connect_t connect;
  int status; /* 1: under way */
};

static const struct config_address loopback = {.scope = SCOPE_LOOPBACK};

static void on_room(void *owner) {
  ((struct bench *)owner)->rooms++;
}

static void on_full(void *owner) {
  (void)owner;
}

static const struct admission_events admission_events = {.on_room = on_room, .on_full = on_full};

static int set_up(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  *state = bench;
  if (!bench) return -1;
  admission_init(&bench->admission, 100, &admission_events, bench);
  return loop_init(&bench->loop);
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
  struct bench *bench = container_of(listener->loop, struct bench, loop);
  bench->accepted++;
  stream_close(stream, false);
}

static int open_on(struct bench *bench, struct listener *listener, const struct config_address *address,
                   struct listener_fault *fault) {
  *listener = (struct listener){.loop = &bench->loop, .on_stream = on_stream};
  if (listener == &bench->listener) listener->admission = &bench->admission;
  return listener_open(listener, address, fault);
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

#ifdef __linux__
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
#endif

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

/* --- Unix sockets --- */

static char socket_path[64];

static struct config_address local_config(void) {
  snprintf(socket_path, sizeof socket_path, "/tmp/listener_test.%d.sock", (int)getpid());
  return (struct config_address){.scope = SCOPE_LOCAL, .path = str_of(socket_path)};
}

/* Connects as a client would. */
static int connect_socket(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, socket_path, sizeof socket_path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

static void test_a_socket_is_this_users_alone_and_goes(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  struct config_address address = local_config();
  struct stat file;
  char text[LISTENER_ADDRESS_BYTES], wanted[LISTENER_ADDRESS_BYTES];
  mode_t mask = umask(0);
  assert_int_equal(open_on(bench, &bench->listener, &address, &fault), 0);
  assert_int_equal(umask(mask), 0); /* as it was */
  assert_int_equal(stat(socket_path, &file), 0);
  assert_int_equal(file.st_mode & 07777, 0600);
  assert_int_equal(bench->listener.port, 0);
  int client = connect_socket();
  turn(bench);
  assert_int_equal(bench->accepted, 1);
  close(client);
  snprintf(wanted, sizeof wanted, "unix:%s", socket_path);
  assert_int_equal(open_on(bench, &bench->other, &address, &fault), UV_EADDRINUSE);
  listener_address_text((const struct sockaddr *)&fault.address, text);
  assert_string_equal(text, wanted);
  assert_int_equal(listener_address_port((const struct sockaddr *)&fault.address), 0);
#ifdef __linux__
  char owner[128], process[32];
  snprintf(process, sizeof process, "(process %d)", (int)uv_os_getpid());
  assert_true(system_port_owner((const struct sockaddr *)&fault.address, owner, sizeof owner));
  assert_non_null(strstr(owner, process));
#endif
  assert_int_equal(stat(socket_path, &file), 0);
  listener_close(&bench->listener);
  assert_int_equal(stat(socket_path, &file), -1);
  turn(bench);
}

static void test_the_file_of_the_dead_is_replaced(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  struct config_address address = local_config();
  struct sockaddr_un bound = {.sun_family = AF_UNIX};
  memcpy(bound.sun_path, socket_path, sizeof socket_path);
  int dead = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(bind(dead, (const struct sockaddr *)&bound, sizeof bound), 0);
  close(dead);
  assert_int_equal(open_on(bench, &bench->listener, &address, &fault), 0);
  int client = connect_socket();
  assert_true(client >= 0);
  close(client);
  /* Somebody else's by now, who has put it in our place. */
  assert_int_equal(unlink(socket_path), 0);
  FILE *file = fopen(socket_path, "w");
  assert_non_null(file);
  fclose(file);
  listener_close(&bench->listener);
  turn(bench);
  assert_int_equal(access(socket_path, F_OK), 0);
  assert_int_equal(open_on(bench, &bench->listener, &address, &fault), UV_EEXIST);
  assert_int_equal(access(socket_path, F_OK), 0);
  assert_int_equal(unlink(socket_path), 0);
  struct config_address nowhere = {.scope = SCOPE_LOCAL, .path = STR("/tmp/no such folder/x.sock")};
  assert_int_equal(open_on(bench, &bench->listener, &nowhere, &fault), UV_ENOENT);
}

/* Whoever of them looks first accepts; the file goes with the one that was opened, and no connection is lost with it. */
static void test_a_shared_socket_is_accepted_from_by_all(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  struct config_address address = local_config();
  bench->listener =
      (struct listener){.loop = &bench->loop, .on_stream = on_stream, .admission = &bench->admission, .shared = true};
  bench->other = bench->listener;
  bench->other.admission = NULL;
  assert_int_equal(listener_open(&bench->listener, &address, &fault), 0);
  assert_int_equal(listener_join(&bench->other, &bench->listener, &fault), 0);
  assert_non_null(bench->other.local);
  int clients[16];
  for (unsigned i = 0; i < 16; i++) clients[i] = connect_socket();
  turn(bench);
  assert_int_equal(bench->accepted, 16);
  int late = connect_socket();
  listener_close(&bench->listener);
  assert_int_equal(connect_socket(), -1);
  turn(bench);
  assert_int_equal(bench->accepted, 17);
  close(late);
  for (unsigned i = 0; i < 16; i++) close(clients[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_free_port_is_the_same_for_both_families, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_port_in_use_is_an_error, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_foreign_address_is_an_error, set_up, tear_down),
#ifdef __linux__
      cmocka_unit_test_setup_teardown(test_the_owner_of_a_port_is_named, set_up, tear_down),
#endif
      cmocka_unit_test_setup_teardown(test_a_socket_is_this_users_alone_and_goes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_the_file_of_the_dead_is_replaced, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_shared_socket_is_accepted_from_by_all, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_nothing_is_accepted_without_room, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_shared_port_is_dealt_out_and_still_in_use, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
