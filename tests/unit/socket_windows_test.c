/* What Windows tells of a connection: of its peer, of what waits, of an end behind bytes; and of who left before accept. */
#include "liteginx/net/socket.h"

#include "liteginx/net/loop.h"
#include "os.h"
#include "unit.h"

enum { PATIENCE_MS = 5000 };

/* One connection: `ours` is what the program has, non-blocking; `theirs` waits. */
struct fixture {
  struct loop loop; /* with which Winsock is there */
  uv_os_sock_t listener, ours, theirs;
  struct sockaddr_storage address;
};

static void listen_on_loopback(struct fixture *fixture) {
  struct sockaddr_in address;
  assert_int_equal(uv_ip4_addr("127.0.0.1", 0, &address), 0);
  assert_int_equal(socket_open(AF_INET, &fixture->listener), 0);
  assert_int_equal(socket_bind(fixture->listener, (struct sockaddr *)&address), 0);
  assert_int_equal(socket_listen(fixture->listener, 16), 0);
  assert_int_equal(socket_address(fixture->listener, &fixture->address), 0);
}

static uv_os_sock_t connect_to(const struct fixture *fixture) {
  uv_os_sock_t client = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(connect(client, (const struct sockaddr *)&fixture->address, sizeof(struct sockaddr_in)), 0);
  return client;
}

/* Events take a moment, also within one machine. */
static int accept_soon(const struct fixture *fixture, uv_os_sock_t *accepted) {
  int status = UV_EAGAIN;
  for (int waited_ms = 0; status == UV_EAGAIN && waited_ms < PATIENCE_MS; waited_ms++) {
    status = socket_accept(fixture->listener, accepted);
    if (status == UV_EAGAIN) uv_sleep(1);
  }
  return status;
}

static int set_up(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  *state = fixture;
  if (!fixture || loop_init(&fixture->loop) != 0) return -1;
  listen_on_loopback(fixture);
  fixture->theirs = connect_to(fixture);
  return accept_soon(fixture, &fixture->ours);
}

static int tear_down(void **state) {
  struct fixture *fixture = *state;
  socket_drop(fixture->ours);
  socket_drop(fixture->listener);
  if (fixture->theirs != OS_NO_SOCKET) os_drop(fixture->theirs);
  loop_close(&fixture->loop);
  int alive = uv_run(&fixture->loop.uv, UV_RUN_DEFAULT);
  loop_free(&fixture->loop);
  free(fixture);
  return alive;
}

static void assert_peer(const struct fixture *fixture, enum socket_peer wanted, size_t bytes) {
  size_t waiting = 0;
  enum socket_peer seen = SOCKET_PEER_HERE;
  for (int waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms++) {
    seen = socket_peer(fixture->ours, &waiting);
    if (seen == wanted && waiting == bytes) break;
    uv_sleep(1);
  }
  assert_int_equal(seen, wanted);
  assert_int_equal(waiting, bytes);
}

static void the_peer_is_here(void **state) {
  struct fixture *fixture = *state;
  assert_peer(fixture, SOCKET_PEER_HERE, 0);
  assert_int_equal(os_send(fixture->theirs, "hello", 5), 5);
  assert_peer(fixture, SOCKET_PEER_HERE, 5);
}

static void the_peer_has_ended(void **state) {
  struct fixture *fixture = *state;
  char got[8];
  assert_int_equal(os_half_close(fixture->theirs), 0);
  assert_peer(fixture, SOCKET_PEER_ENDED, 0);
  assert_int_equal(recv(fixture->ours, got, sizeof got, 0), 0);
}

static void an_end_is_seen_behind_bytes(void **state) {
  struct fixture *fixture = *state;
  char got[8] = "";
  assert_int_equal(os_send(fixture->theirs, "hello", 5), 5);
  assert_int_equal(os_half_close(fixture->theirs), 0);
  assert_peer(fixture, SOCKET_PEER_ENDED, 5);
  assert_int_equal(recv(fixture->ours, got, sizeof got, 0), 5);
  assert_string_equal(got, "hello");
  assert_peer(fixture, SOCKET_PEER_ENDED, 0);
}

static void the_peer_is_gone(void **state) {
  struct fixture *fixture = *state;
  os_reset(fixture->theirs);
  fixture->theirs = OS_NO_SOCKET;
  assert_peer(fixture, SOCKET_PEER_GONE, 0);
}

static void only_silence_is_quiet(void **state) {
  struct fixture *fixture = *state;
  char got[8];
  assert_true(socket_quiet(fixture->ours));
  assert_int_equal(os_send(fixture->theirs, "x", 1), 1);
  assert_peer(fixture, SOCKET_PEER_HERE, 1);
  assert_false(socket_quiet(fixture->ours));
  assert_false(socket_quiet(fixture->ours)); /* it takes nothing */
  assert_int_equal(recv(fixture->ours, got, sizeof got, 0), 1);
  assert_true(socket_quiet(fixture->ours));
  assert_int_equal(os_half_close(fixture->theirs), 0);
  assert_peer(fixture, SOCKET_PEER_ENDED, 0);
  assert_false(socket_quiet(fixture->ours));
}

static void what_is_reset_is_not_quiet(void **state) {
  struct fixture *fixture = *state;
  os_reset(fixture->theirs);
  fixture->theirs = OS_NO_SOCKET;
  assert_peer(fixture, SOCKET_PEER_GONE, 0);
  assert_false(socket_quiet(fixture->ours));
}

/* Both ways go on by themselves. */
static void our_end_leaves_the_other_way_open(void **state) {
  struct fixture *fixture = *state;
  char got[8] = "";
  struct slices slices;
  slices_clear(&slices);
  slices_add(&slices, STR("hel"));
  slices_add(&slices, STR("lo"));
  assert_int_equal(socket_send(fixture->ours, &slices), 5);
  assert_int_equal(socket_half_close(fixture->ours), 0);
  assert_int_equal(os_receive(fixture->theirs, got, 5), 5);
  assert_string_equal(got, "hello");
  assert_int_equal(os_receive(fixture->theirs, got, 1), 0);
  assert_int_equal(os_send(fixture->theirs, "there", 5), 5);
  assert_peer(fixture, SOCKET_PEER_HERE, 5);
}

static void a_full_connection_says_so(void **state) {
  static char much[1 << 20];
  struct fixture *fixture = *state;
  struct slices slices;
  ssize_t sent = 1;
  size_t whole = 0;
  slices_clear(&slices);
  slices_add(&slices, str_make(much, sizeof much));
  for (int i = 0; sent > 0 && i < 1000; i++) {
    sent = socket_send(fixture->ours, &slices);
    if (sent > 0) whole += (size_t)sent;
  }
  assert_int_equal(sent, UV_EAGAIN);
  assert_true(whole > 0);
}

static void a_read_meets_a_reset(void **state) {
  struct fixture *fixture = *state;
  char byte;
  os_reset(fixture->theirs);
  fixture->theirs = OS_NO_SOCKET;
  assert_peer(fixture, SOCKET_PEER_GONE, 0);
  assert_int_equal(os_receive(fixture->ours, &byte, 1), UV_ECONNRESET);
}

static void a_send_meets_a_reset(void **state) {
  struct fixture *fixture = *state;
  struct slices slices;
  os_reset(fixture->theirs);
  fixture->theirs = OS_NO_SOCKET;
  assert_peer(fixture, SOCKET_PEER_GONE, 0);
  slices_clear(&slices);
  slices_add(&slices, STR("x"));
  ssize_t status = socket_send(fixture->ours, &slices);
  assert_true(status == UV_ECONNRESET || status == UV_EPIPE);
}

/* It is told, or accepted and found gone; in no case is it anything that would stop who accepts. */
static void who_left_before_accept_stops_nobody(void **state) {
  struct fixture *fixture = *state;
  uv_os_sock_t accepted = OS_NO_SOCKET, next = OS_NO_SOCKET, client = connect_to(fixture);
  os_reset(client);
  uv_sleep(20);
  int status = accept_soon(fixture, &accepted);
  assert_true(status == 0 || status == UV_ECONNABORTED);
  if (status == 0) {
    assert_false(socket_quiet(accepted));
    socket_drop(accepted);
  }
  client = connect_to(fixture);
  assert_int_equal(accept_soon(fixture, &next), 0);
  assert_true(socket_quiet(next));
  socket_drop(next);
  os_drop(client);
  assert_int_equal(socket_accept(fixture->listener, &next), UV_EAGAIN);
}

/* Of those that are accepted libuv takes care (uv_tcp_open). */
static void no_child_gets_a_socket(void **state) {
  struct fixture *fixture = *state;
  uv_os_sock_t opened = OS_NO_SOCKET, accepted = OS_NO_SOCKET, client = connect_to(fixture);
  assert_int_equal(socket_open(AF_INET, &opened), 0);
  assert_int_equal(accept_soon(fixture, &accepted), 0);
  const uv_os_sock_t all[] = {opened, accepted};
  for (unsigned i = 0; i < UNIT_COUNT(all); i++) {
    DWORD flags = 0;
    assert_true(GetHandleInformation((HANDLE)(uintptr_t)all[i], &flags));
    assert_int_equal(flags & HANDLE_FLAG_INHERIT, 0);
    socket_drop(all[i]);
  }
  os_drop(client);
}

static void a_copy_is_the_same_socket(void **state) {
  struct fixture *fixture = *state;
  uv_os_sock_t copy = OS_NO_SOCKET;
  struct sockaddr_storage address;
  assert_int_equal(socket_duplicate(fixture->listener, &copy), 0);
  assert_int_equal(socket_address(copy, &address), 0);
  assert_memory_equal(&address, &fixture->address, sizeof(struct sockaddr_in));
  socket_drop(copy);
  assert_int_equal(socket_share(fixture->listener), UV_ENOTSUP);
}

static void six_leaves_four_to_others(void **state) {
  struct fixture *fixture = *state;
  struct sockaddr_in6 any;
  uv_os_sock_t six = OS_NO_SOCKET;
  int port = ntohs(((const struct sockaddr_in *)&fixture->address)->sin_port);
  assert_int_equal(uv_ip6_addr("::", port, &any), 0);
  if (socket_open(AF_INET6, &six) != 0) unit_skip("this machine has no IPv6");
  assert_int_equal(socket_bind(six, (const struct sockaddr *)&any), 0);
  assert_int_equal(socket_listen(six, 16), 0);
  uv_os_sock_t client = connect_to(fixture), accepted = OS_NO_SOCKET;
  assert_int_equal(accept_soon(fixture, &accepted), 0);
  socket_drop(accepted);
  os_drop(client);
  socket_drop(six);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_peer_is_here, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_peer_has_ended, set_up, tear_down),
      cmocka_unit_test_setup_teardown(an_end_is_seen_behind_bytes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_peer_is_gone, set_up, tear_down),
      cmocka_unit_test_setup_teardown(only_silence_is_quiet, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_reset_is_not_quiet, set_up, tear_down),
      cmocka_unit_test_setup_teardown(our_end_leaves_the_other_way_open, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_full_connection_says_so, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_read_meets_a_reset, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_send_meets_a_reset, set_up, tear_down),
      cmocka_unit_test_setup_teardown(who_left_before_accept_stops_nobody, set_up, tear_down),
      cmocka_unit_test_setup_teardown(no_child_gets_a_socket, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_copy_is_the_same_socket, set_up, tear_down),
      cmocka_unit_test_setup_teardown(six_leaves_four_to_others, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
