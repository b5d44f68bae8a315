/* What has become of a peer, for who does not read, over TCP and over a Unix socket. */
#include "liteginx/net/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

enum { SHORT_MS = 2000 };

/* ends[0] is asked for, ends[1] is its peer. */
static void connect_ends(int ends[2]) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t len = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(listener, 1), 0);
  assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
  ends[1] = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(connect(ends[1], (const struct sockaddr *)&address, sizeof address), 0);
  ends[0] = accept(listener, NULL, NULL);
  assert_true(ends[0] >= 0);
  close(listener);
}

static void connect_local_ends(int ends[2]) {
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
}

/* What came over loopback is there at once or in a moment. */
static void expect(int end, enum socket_peer wanted, size_t wanted_bytes) {
  size_t waiting = 0;
  enum socket_peer peer = SOCKET_PEER_HERE;
  for (unsigned i = 0; i < SHORT_MS; i++) {
    peer = socket_peer(end, &waiting);
    if (peer == wanted && waiting == wanted_bytes) return;
    (void)poll(NULL, 0, 1);
  }
  print_error("peer %d, %zu bytes\n", (int)peer, waiting);
  assert_int_equal(peer, wanted);
  assert_int_equal(waiting, wanted_bytes);
}

static void close_ends(int ends[2]) {
  close(ends[0]);
  if (ends[1] >= 0) close(ends[1]);
}

static void reset(int *end) {
  struct linger linger = {.l_onoff = 1, .l_linger = 0};
  assert_int_equal(setsockopt(*end, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
  close(*end);
  *end = -1;
}

static void expect_of_an_end(void (*make)(int ends[2])) {
  int ends[2];
  char got[8];
  make(ends);
  expect(ends[0], SOCKET_PEER_HERE, 0);
  assert_int_equal(send(ends[1], "hello", 5, 0), 5);
  expect(ends[0], SOCKET_PEER_HERE, 5);
  assert_int_equal(shutdown(ends[1], SHUT_WR), 0);
  expect(ends[0], SOCKET_PEER_ENDED, 5);
  expect(ends[0], SOCKET_PEER_ENDED, 5);
  assert_int_equal(send(ends[0], "there", 5, 0), 5); /* it still listens */
  assert_int_equal(recv(ends[1], got, 5, MSG_WAITALL), 5);
  assert_int_equal(shutdown(ends[0], SHUT_WR), 0);
  expect(ends[0], SOCKET_PEER_ENDED, 5);
  close(ends[1]);
  ends[1] = -1;
  expect(ends[0], SOCKET_PEER_ENDED, 5);
  assert_int_equal(recv(ends[0], got, sizeof got, 0), 5);
  assert_int_equal(recv(ends[0], got, sizeof got, 0), 0);
  close_ends(ends);
}

static void test_an_end_is_told_behind_bytes(void **state) {
  (void)state;
  expect_of_an_end(connect_ends);
  expect_of_an_end(connect_local_ends);
}

static void test_who_leaves_a_unix_socket_has_ended(void **state) {
  int ends[2];
  (void)state;
  connect_local_ends(ends);
  assert_int_equal(send(ends[1], "hello", 5, 0), 5);
  close(ends[1]);
  ends[1] = -1;
  expect(ends[0], SOCKET_PEER_ENDED, 5);
  close_ends(ends);
}

static void test_a_reset_is_no_end(void **state) {
  int ends[2];
  (void)state;
  connect_ends(ends);
  reset(&ends[1]);
  expect(ends[0], SOCKET_PEER_GONE, 0);
  close_ends(ends);
  connect_ends(ends);
  assert_int_equal(send(ends[1], "hello", 5, 0), 5);
  expect(ends[0], SOCKET_PEER_HERE, 5);
  reset(&ends[1]);
  expect(ends[0], SOCKET_PEER_GONE, 5);
  close_ends(ends);
  connect_ends(ends);
  assert_int_equal(shutdown(ends[1], SHUT_WR), 0);
  expect(ends[0], SOCKET_PEER_ENDED, 0);
  reset(&ends[1]);
  expect(ends[0], SOCKET_PEER_GONE, 0);
  close_ends(ends);
}

static void test_unsent_bytes_become_none(void **state) {
  int ends[2];
  char got[8];
  (void)state;
  connect_ends(ends);
  assert_int_equal(send(ends[0], "hello", 5, 0), 5);
  assert_int_equal(recv(ends[1], got, 5, MSG_WAITALL), 5);
  for (unsigned i = 0; i < SHORT_MS && socket_unsent(ends[0]) > 0; i++) (void)poll(NULL, 0, 1);
  assert_int_equal(socket_unsent(ends[0]), 0);
  close_ends(ends);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_end_is_told_behind_bytes),
      cmocka_unit_test(test_who_leaves_a_unix_socket_has_ended),
      cmocka_unit_test(test_a_reset_is_no_end),
      cmocka_unit_test(test_unsent_bytes_become_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
