/* The pipes of one loop, over real TCP connections: what goes through one, what is told of ends and resets, and when
 * there is none to be had. Where the system has none at all, that is all there is to see. */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liteginx/net/splice.h"
#include "unit.h"

/* Two connections: far ends are the test's. */
struct fixture {
  struct loop loop;
  int from, from_peer, to, to_peer;
};

static void connect_pair(int *ours, int *theirs) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t len = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0), own = socket(AF_INET, SOCK_STREAM, 0), small = 4096;
  assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(listener, 1), 0);
  assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
  assert_int_equal(setsockopt(own, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
  assert_int_equal(connect(own, (struct sockaddr *)&address, sizeof address), 0);
  *theirs = accept(listener, NULL, NULL);
  assert_true(*theirs >= 0);
  close(listener);
  assert_int_equal(fcntl(own, F_SETFL, O_NONBLOCK), 0);
  *ours = own;
}

static int set_up(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  if (!fixture || loop_init(&fixture->loop) != 0) return -1;
  signal(SIGPIPE, SIG_IGN);
  connect_pair(&fixture->from, &fixture->from_peer);
  connect_pair(&fixture->to, &fixture->to_peer);
  *state = fixture;
  return 0;
}

static int tear_down(void **state) {
  struct fixture *fixture = *state;
  close(fixture->from);
  close(fixture->to);
  close(fixture->from_peer);
  close(fixture->to_peer);
  loop_close(&fixture->loop);
  uv_run(&fixture->loop.uv, UV_RUN_DEFAULT);
  loop_free(&fixture->loop);
  free(fixture);
  return 0;
}

/* Where the system has no pipes, or this user has too many open by now. */
#define NO_PIPE "the system gives no pipe of 1 MiB"

static struct splice *take(struct fixture *fixture) {
  return splice_take(&fixture->loop, NULL);
}

static void give_many(struct fixture *fixture, struct splice **pipes, unsigned count) {
  for (unsigned i = 0; i < count; i++) splice_give(&fixture->loop, pipes[i]);
}

/* All of them or none. */
static bool take_many(struct fixture *fixture, struct splice **pipes, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    if ((pipes[i] = take(fixture))) continue;
    give_many(fixture, pipes, i);
    return false;
  }
  return true;
}

static unsigned open_descriptors(void) {
  unsigned count = 0;
  DIR *folder = opendir("/proc/self/fd");
  assert_non_null(folder);
  while (readdir(folder)) count++;
  closedir(folder);
  return count;
}

/* Loopback delivers within the call that sends; an end or a reset too. */
static int fill(struct fixture *fixture, struct splice *pipe, size_t max) {
  return splice_fill(&fixture->loop, pipe, fixture->from, max);
}

static int drain(struct fixture *fixture, struct splice *pipe) {
  return splice_drain(&fixture->loop, pipe, fixture->to);
}

static void reset(int socket) {
  struct linger now = {.l_onoff = 1};
  assert_int_equal(setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
  close(socket);
}

static void bytes_go_through_up_to_the_most_asked_for(void **state) {
  struct fixture *fixture = *state;
  struct splice *pipe = take(fixture);
  if (!pipe) unit_skip(NO_PIPE);
  char got[16] = "";
  assert_int_equal(fill(fixture, pipe, 100), UV_EAGAIN);
  assert_int_equal(send(fixture->from_peer, "body|next", 9, 0), 9);
  assert_int_equal(fill(fixture, pipe, 5), 5);
  assert_int_equal(pipe->bytes, 5);
  assert_int_equal(drain(fixture, pipe), 5);
  assert_int_equal(pipe->bytes, 0);
  assert_int_equal(recv(fixture->to_peer, got, sizeof got, 0), 5);
  assert_string_equal(got, "body|");
  assert_int_equal(recv(fixture->from, got, sizeof got, MSG_DONTWAIT), 4);
  splice_give(&fixture->loop, pipe);
}

static void what_the_receiver_does_not_take_stays(void **state) {
  struct fixture *fixture = *state;
  struct splice *pipe = take(fixture);
  if (!pipe) unit_skip(NO_PIPE);
  static char sent[256 * 1024], got[sizeof sent];
  for (size_t i = 0; i < sizeof sent; i++) sent[i] = (char)(i * 7 + i / 251);
  size_t in = 0, out = 0, blocked = 0;
  assert_int_equal(fcntl(fixture->from_peer, F_SETFL, O_NONBLOCK), 0);
  assert_int_equal(fcntl(fixture->to_peer, F_SETFL, O_NONBLOCK), 0);
  while (out < sizeof sent) {
    ssize_t more = send(fixture->from_peer, sent + in, sizeof sent - in, 0);
    in += more > 0 ? (size_t)more : 0;
    if (pipe->bytes == 0) (void)fill(fixture, pipe, SPLICE_MAX_BYTES);
    while (pipe->bytes > 0 && drain(fixture, pipe) != UV_EAGAIN) continue;
    if (pipe->bytes > 0) {
      /* What is taken out by hand comes first. */
      blocked++;
      while ((more = recv(fixture->to_peer, got + out, sizeof got - out, 0)) > 0) out += (size_t)more;
      if (blocked == 1 && drain(fixture, pipe) == UV_EAGAIN) out += splice_read(pipe, got + out, 100);
    }
    while ((more = recv(fixture->to_peer, got + out, sizeof got - out, 0)) > 0) out += (size_t)more;
  }
  assert_true(blocked > 0);
  assert_memory_equal(got, sent, sizeof sent);
  splice_give(&fixture->loop, pipe);
}

static void what_is_in_it_can_be_read(void **state) {
  struct fixture *fixture = *state;
  struct splice *pipe = take(fixture);
  if (!pipe) unit_skip(NO_PIPE);
  char got[16] = "";
  assert_int_equal(send(fixture->from_peer, "abcdef", 6, 0), 6);
  assert_int_equal(fill(fixture, pipe, 100), 6);
  assert_int_equal(splice_read(pipe, got, 2), 2);
  assert_int_equal(splice_read(pipe, got + 2, sizeof got - 2), 4);
  assert_string_equal(got, "abcdef");
  assert_int_equal(splice_read(pipe, got, sizeof got), 0);
  splice_give(&fixture->loop, pipe);
}

static void an_end_comes_behind_the_last_byte_and_stays(void **state) {
  struct fixture *fixture = *state;
  struct splice *pipe = take(fixture);
  if (!pipe) unit_skip(NO_PIPE);
  char got;
  assert_int_equal(send(fixture->from_peer, "x", 1, 0), 1);
  assert_int_equal(shutdown(fixture->from_peer, SHUT_WR), 0);
  assert_int_equal(fill(fixture, pipe, 100), 1);
  assert_int_equal(splice_read(pipe, &got, 1), 1);
  assert_int_equal(fill(fixture, pipe, 100), 0);
  assert_int_equal(fill(fixture, pipe, 100), 0);
  splice_give(&fixture->loop, pipe);
}

static void a_reset_is_told_of_either_side(void **state) {
  struct fixture *fixture = *state;
  struct splice *pipe = take(fixture);
  if (!pipe) unit_skip(NO_PIPE);
  assert_int_equal(send(fixture->from_peer, "x", 1, 0), 1);
  assert_int_equal(fill(fixture, pipe, 100), 1);
  reset(fixture->to_peer);
  assert_int_equal(drain(fixture, pipe), UV_ECONNRESET);
  assert_int_equal(drain(fixture, pipe), UV_EPIPE);
  splice_give(&fixture->loop, pipe);
  pipe = take(fixture);
  assert_non_null(pipe);
  reset(fixture->from_peer);
  assert_int_equal(fill(fixture, pipe, 100), UV_ECONNRESET);
  splice_give(&fixture->loop, pipe);
  fixture->to_peer = fixture->from_peer = -1;
}

static void few_are_kept_and_none_with_bytes(void **state) {
  struct fixture *fixture = *state;
  unsigned before = open_descriptors();
  struct splice *many[12];
  if (!take_many(fixture, many, 12)) unit_skip(NO_PIPE);
  assert_int_equal(open_descriptors(), before + 24);
  assert_int_equal(atomic_load(fixture->loop.dialled), 24);
  assert_int_equal(send(fixture->from_peer, "x", 1, 0), 1);
  assert_int_equal(fill(fixture, many[0], 100), 1);
  splice_give(&fixture->loop, many[0]);
  assert_int_equal(fixture->loop.splices.spare_count, 0);
  give_many(fixture, many + 1, 11);
  unsigned spare = fixture->loop.splices.spare_count;
  assert_in_range(spare, 1, 4);
  assert_int_equal(open_descriptors(), before + 2 * spare);
  struct splice *pipe = take(fixture);
  assert_int_equal(open_descriptors(), before + 2 * spare);
  assert_int_equal(pipe->bytes, 0);
  splice_give(&fixture->loop, pipe);
  splices_shed(&fixture->loop);
  assert_int_equal(open_descriptors(), before);
  assert_int_equal(atomic_load(fixture->loop.dialled), 0);
}

/* In use from time to time it is kept; then it goes by itself. */
static void spare_ones_go_when_nothing_moves(void **state) {
  struct fixture *fixture = *state;
  struct loop *loop = &fixture->loop;
  struct splice *pipe = take(fixture);
  if (!pipe) unit_skip(NO_PIPE);
  splice_give(loop, pipe);
  uint64_t begun_ms = loop_now_ms(loop);
  while (loop_now_ms(loop) < begun_ms + 1500) {
    assert_int_equal(loop->splices.open, 1);
    splice_give(loop, take(fixture));
    uv_run(&loop->uv, UV_RUN_ONCE);
    uv_update_time(&loop->uv);
  }
  uint64_t last_ms = loop_now_ms(loop);
  uv_run(&loop->uv, UV_RUN_DEFAULT);
  assert_int_equal(loop->splices.open, 0);
  assert_in_range(loop_now_ms(loop) - last_ms, 400, 3000);
}

/* Connections come first: half of what may be open on the target's side is theirs alone. */
static void there_is_none_while_descriptors_are_scarce(void **state) {
  struct fixture *fixture = *state;
  struct splice *pipe = take(fixture);
  if (!pipe) unit_skip(NO_PIPE);
  splice_give(&fixture->loop, pipe);
  splices_shed(&fixture->loop);
  fixture->loop.dialled_max = 8;
  struct splice *first = splice_take(&fixture->loop, NULL), *second = splice_take(&fixture->loop, NULL);
  assert_non_null(first);
  assert_non_null(second);
  assert_null(splice_take(&fixture->loop, NULL));
  splice_give(&fixture->loop, first);
  splice_give(&fixture->loop, second);
  splices_shed(&fixture->loop);
  atomic_store(fixture->loop.dialled, 3);
  assert_null(splice_take(&fixture->loop, NULL));
  atomic_store(fixture->loop.dialled, 2);
  first = splice_take(&fixture->loop, NULL);
  assert_non_null(first);
  splice_give(&fixture->loop, first);
  atomic_fetch_sub(fixture->loop.dialled, 2);
}

/* Two loops with one count, as two workers have: what one has the other has not. */
static void all_loops_together_have_so_many(void **state) {
  struct fixture *fixture = *state;
  struct loop *loop = &fixture->loop, other;
  struct splice *held[SPLICES_MAX];
  if (!take_many(fixture, held, SPLICES_MAX)) unit_skip(NO_PIPE);
  assert_int_equal(loop_init(&other), 0);
  other.splices.all_open = loop->splices.all_open;
  assert_null(splice_take(loop, NULL));
  assert_null(splice_take(&other, NULL));
  splice_give(loop, held[0]);
  assert_null(splice_take(&other, NULL)); /* a spare one counts */
  splices_shed(loop);
  held[0] = splice_take(&other, NULL); /* at once: to find all in use is no failure that would be waited after */
  assert_non_null(held[0]);
  assert_null(splice_take(loop, NULL));
  assert_int_equal(atomic_load(loop->splices.all_open), SPLICES_MAX);
  splice_give(&other, held[0]);
  give_many(fixture, held + 1, SPLICES_MAX - 1);
  splices_shed(loop);
  loop_close(&other);
  uv_run(&other.uv, UV_RUN_DEFAULT);
  assert_int_equal(atomic_load(loop->splices.all_open), 0);
  loop_free(&other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(bytes_go_through_up_to_the_most_asked_for, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_the_receiver_does_not_take_stays, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_in_it_can_be_read, set_up, tear_down),
      cmocka_unit_test_setup_teardown(an_end_comes_behind_the_last_byte_and_stays, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_reset_is_told_of_either_side, set_up, tear_down),
      cmocka_unit_test_setup_teardown(few_are_kept_and_none_with_bytes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(spare_ones_go_when_nothing_moves, set_up, tear_down),
      cmocka_unit_test_setup_teardown(there_is_none_while_descriptors_are_scarce, set_up, tear_down),
      cmocka_unit_test_setup_teardown(all_loops_together_have_so_many, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
