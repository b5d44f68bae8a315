/* Dialling Unix sockets. */
#include <sys/un.h>

#include "dialler.h"

static char socket_path[64];

/* Listens, with a queue of `backlog`; -1: no longer, the file stays. */
static int open_socket_file(int backlog) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(socket_path, sizeof socket_path, "/tmp/dial_test.%d.sock", (int)getpid());
  memcpy(address.sun_path, socket_path, sizeof socket_path);
  (void)unlink(socket_path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_true(fd >= 0);
  assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
  if (backlog >= 0) assert_int_equal(listen(fd, backlog), 0);
  return fd;
}

static const char *socket_name(void) {
  static char name[80];
  snprintf(name, sizeof name, "unix:%s", socket_path);
  return name;
}

static void test_a_socket_is_dialled(void **state) {
  struct caller caller = {.fixture = *state};
  struct peer peer;
  char got[8] = "";
  int listener = open_socket_file(8);
  start(&caller, socket_name(), 3000);
  run(caller.fixture);
  assert_int_equal(caller.status, 0);
  int fd = accept(listener, NULL, NULL);
  assert_int_equal(stream_send_str(caller.stream, STR("hello")), STREAM_SENT);
  assert_int_equal(recv(fd, got, 5, MSG_WAITALL), 5);
  assert_string_equal(got, "hello");
  stream_keep_alive(caller.stream, 60);
  stream_facts(caller.stream, &peer);
  assert_string_equal(peer.text, "unix:");
  assert_false(peer_has_address(&peer));
  assert_true(stream_quiet(caller.stream));
  assert_int_equal(stream_unsent(caller.stream), 0);
  assert_int_equal(atomic_load(caller.fixture->loop.dialled), 1);
  stream_close(caller.stream, true);
  assert_int_equal(recv(fd, got, 1, 0), 0); /* a reset cannot be told */
  close(fd);
  close(listener);
  unlink(socket_path);
}

static void test_a_socket_that_does_not_answer(void **state) {
  struct caller caller = {.fixture = *state};
  close(open_socket_file(8));
  dial_expect(&caller, socket_name(), 3000, UV_ECONNREFUSED);
  int bound = open_socket_file(-1);
#ifdef __linux__
  dial_expect(&caller, socket_name(), 3000, UV_ECONNREFUSED);
#else
  dial_expect(&caller, socket_name(), 3 * DIAL_FULL_MS, UV_ETIMEDOUT); /* as if its queue were full */
#endif
  close(bound);
  unlink(socket_path);
  dial_expect(&caller, socket_name(), 3000, UV_ENOENT);
  int fd = open(socket_path, O_CREAT | O_WRONLY, 0600);
  close(fd);
  dial_expect(&caller, socket_name(), 3000, UV_ENOTSOCK);
  unlink(socket_path);
  dial_expect(&caller, "unix:/dev/null/x", 0, UV_ENOTDIR);
  assert_int_equal(atomic_load(caller.fixture->loop.dialled), 0);
}

/* Somebody is there: it is asked again until it has room, or the time is over. */
static void test_a_full_queue_is_waited_for(void **state) {
  struct caller caller = {.fixture = *state};
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fillers[4], listener = open_socket_file(OS_SHORTEST_QUEUE);
  memcpy(address.sun_path, socket_path, sizeof socket_path);
  for (unsigned i = 0; i < 4; i++) {
    fillers[i] = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(fcntl(fillers[i], F_SETFL, O_NONBLOCK), 0);
    (void)connect(fillers[i], (const struct sockaddr *)&address, sizeof address);
  }
  dial_expect(&caller, socket_name(), 3 * DIAL_FULL_MS, UV_ETIMEDOUT);
  assert_true(caller.took_ms >= 3 * DIAL_FULL_MS - 1);
  start(&caller, socket_name(), 10000);
  for (unsigned i = 0; i < 5; i++) uv_run(&caller.fixture->loop.uv, UV_RUN_ONCE);
  assert_int_equal(caller.told, 1);
  for (unsigned i = 0; i < 4; i++) close(fillers[i]);
  assert_int_equal(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
  for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;) close(fd);
  run(caller.fixture);
  assert_int_equal(caller.status, 0);
  stream_close(caller.stream, false);
  close(listener);
  unlink(socket_path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_socket_is_dialled, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_socket_that_does_not_answer, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_full_queue_is_waited_for, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
