/* Listeners on Unix sockets: whose file it is, and when it goes. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "listening.h"

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

/* Refuses, for it does not listen yet, or (on other systems than Linux) has no room. */
static void test_the_file_of_the_living_stays(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  struct config_address address = local_config();
  struct sockaddr_un bound = {.sun_family = AF_UNIX};
  int fillers[4], kinds[] = {SOCK_STREAM, SOCK_DGRAM};
  struct stat file;
  memcpy(bound.sun_path, socket_path, sizeof socket_path);
  for (unsigned i = 0; i < 2; i++) {
    int living = socket(AF_UNIX, kinds[i], 0);
    assert_int_equal(bind(living, (const struct sockaddr *)&bound, sizeof bound), 0);
    assert_int_equal(open_on(bench, &bench->listener, &address, &fault), UV_EADDRINUSE);
    if (kinds[i] == SOCK_STREAM) {
      assert_int_equal(listen(living, 1), 0);
      for (unsigned filler = 0; filler < 4; filler++) {
        fillers[filler] = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(fcntl(fillers[filler], F_SETFL, O_NONBLOCK), 0);
        (void)connect(fillers[filler], (const struct sockaddr *)&bound, sizeof bound);
      }
      assert_int_equal(open_on(bench, &bench->listener, &address, &fault), UV_EADDRINUSE);
      for (unsigned filler = 0; filler < 4; filler++) close(fillers[filler]);
    }
    assert_int_equal(stat(socket_path, &file), 0);
    close(living);
    assert_int_equal(unlink(socket_path), 0);
  }
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
      cmocka_unit_test_setup_teardown(test_a_socket_is_this_users_alone_and_goes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_the_file_of_the_dead_is_replaced, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_the_file_of_the_living_stays, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_shared_socket_is_accepted_from_by_all, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
