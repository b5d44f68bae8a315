/* One TCP connection over loopback, of which the system refuses single calls: what it lacks for a moment is waited for,
 * what it does not support changes nothing, what cannot be opened is dropped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "liteginx/net/endpoint.h"
#include "liteginx/net/socket_stream.h"
#include "liteginx/net/tcp.h"

enum { MUCH_BYTES = 2000 /* more than is joined into one piece */ };

/* What is refused, so many times. */
static struct {
  unsigned sends, options, opens;
  int send_errno;
  unsigned seen;
} refuse;

static bool refused(unsigned *times) {
  if (*times == 0) return false;
  --*times;
  refuse.seen++;
  return true;
}

/* A program's own definitions go before libc's. Those of libuv, which may be a part of the program, are the linker's to
 * redirect (--wrap=NAME): __wrap_NAME is called instead of NAME, __real_NAME is NAME. */
int __wrap_uv_tcp_nodelay(uv_tcp_t *tcp, int enable);
int __wrap_uv_tcp_keepalive(uv_tcp_t *tcp, int enable, unsigned after_s);
int __wrap_uv_tcp_open(uv_tcp_t *tcp, uv_os_sock_t socket);
int __real_uv_tcp_open(uv_tcp_t *tcp, uv_os_sock_t socket);
size_t __wrap_socket_send_max(void);

int __wrap_uv_write(uv_write_t *request, uv_stream_t *stream, const uv_buf_t *bufs, unsigned count,
                    uv_write_cb on_write);
int __real_uv_write(uv_write_t *request, uv_stream_t *stream, const uv_buf_t *bufs, unsigned count,
                    uv_write_cb on_write);

static size_t piece_max;
static unsigned writes; /* none of more than piece_max */

int __wrap_uv_write(uv_write_t *request, uv_stream_t *stream, const uv_buf_t *bufs, unsigned count,
                    uv_write_cb on_write) {
  writes++;
  assert_true(count == 1 && bufs->len <= piece_max);
  return __real_uv_write(request, stream, bufs, count, on_write);
}

size_t __wrap_socket_send_max(void) {
  return piece_max;
}

ssize_t send(int descriptor, const void *bytes, size_t len, int flags) {
  if (!refused(&refuse.sends)) return sendto(descriptor, bytes, len, flags, NULL, 0);
  errno = refuse.send_errno;
  return -1;
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
  (void)flags;
  if (!refused(&refuse.sends)) return writev(descriptor, message->msg_iov, (int)message->msg_iovlen);
  errno = refuse.send_errno;
  return -1;
}

int __wrap_uv_tcp_nodelay(uv_tcp_t *tcp, int enable) {
  (void)tcp;
  (void)enable;
  return refused(&refuse.options) ? UV_EINVAL : 0;
}

int __wrap_uv_tcp_keepalive(uv_tcp_t *tcp, int enable, unsigned after_s) {
  (void)tcp;
  (void)enable;
  (void)after_s;
  return refused(&refuse.options) ? UV_EINVAL : 0;
}

int __wrap_uv_tcp_open(uv_tcp_t *tcp, uv_os_sock_t socket) {
  return refused(&refuse.opens) ? UV_EINVAL : __real_uv_tcp_open(tcp, socket);
}

struct bench {
  struct loop loop;
  struct endpoint listener;
  uint16_t port; /* as the network has it */
  int peer;
  struct stream *stream;
  unsigned drained, ends;
  int failure;
  char got[64];
  size_t got_len;
};

static void on_bytes(void *owner) {
  struct bench *bench = owner;
  struct str in = stream_peek(bench->stream);
  assert_true(in.len <= sizeof bench->got - bench->got_len);
  memcpy(bench->got + bench->got_len, in.ptr, in.len);
  bench->got_len += in.len;
  stream_consume(bench->stream, in.len);
}

static void on_end(void *owner) {
  ((struct bench *)owner)->ends++;
}

static void on_fail(void *owner, int status) {
  ((struct bench *)owner)->failure = status;
}

static void on_drained(void *owner) {
  ((struct bench *)owner)->drained++;
}

static const struct stream_events events = {.on_bytes = on_bytes,
                                            .on_end = on_end,
                                            .on_fail = on_fail,
                                            .on_drained = on_drained};

static int set_up(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  struct sockaddr_storage bound;
  if (!bench || loop_init(&bench->loop) != 0) return -1;
  memset(&refuse, 0, sizeof refuse);
  piece_max = SIZE_MAX;
  writes = 0;
  bench->peer = -1;
  if (endpoint_open(&bench->listener, (struct sockaddr *)&address, false) != 0) return -1;
  if (endpoint_address(&bench->listener, &bound) != 0) return -1;
  bench->port = ((struct sockaddr_in *)&bound)->sin_port;
  *state = bench;
  return 0;
}

static int tear_down(void **state) {
  struct bench *bench = *state;
  if (bench->stream) stream_close(bench->stream, false);
  if (bench->peer >= 0) close(bench->peer);
  endpoint_close(&bench->listener);
  loop_close(&bench->loop);
  int alive = uv_run(&bench->loop.uv, UV_RUN_DEFAULT);
  loop_free(&bench->loop);
  free(bench);
  return alive;
}

/* What endpoint_accept says of a new connection. */
static int take_connection(struct bench *bench) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = bench->port, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (bench->peer >= 0) close(bench->peer);
  bench->peer = socket(AF_INET, SOCK_STREAM, 0);
  assert_true(bench->peer >= 0);
  assert_int_equal(connect(bench->peer, (struct sockaddr *)&address, sizeof address), 0);
  int status = endpoint_accept(&bench->listener, &bench->loop, &bench->stream);
  if (status == 0) stream_own(bench->stream, &events, bench);
  return status;
}

static void expect_at_peer(const struct bench *bench, const char *bytes, size_t len) {
  char got[2 * MUCH_BYTES];
  assert_int_equal(recv(bench->peer, got, len, MSG_WAITALL), len);
  assert_memory_equal(got, bytes, len);
}

/* The system has no room for what is sent: no fault of this connection's, whose bytes wait. */
static void no_buffer_space_is_waited_for(void **state) {
  struct bench *bench = *state;
  assert_int_equal(take_connection(bench), 0);
  refuse.sends = 1;
  refuse.send_errno = ENOBUFS;
  assert_int_equal(stream_send_str(bench->stream, STR("hello")), STREAM_QUEUED);
  assert_int_equal(refuse.seen, 1);
  while (bench->drained == 0) uv_run(&bench->loop.uv, UV_RUN_ONCE);
  expect_at_peer(bench, "hello", 5);
  assert_int_equal(stream_send_str(bench->stream, STR("again")), STREAM_SENT);
  expect_at_peer(bench, "again", 5);
  assert_int_equal(bench->failure, 0);
}

static void no_buffer_space_for_several_pieces(void **state) {
  struct bench *bench = *state;
  char much[MUCH_BYTES + 1];
  struct slices slices;
  memset(much, 'm', MUCH_BYTES);
  much[MUCH_BYTES] = 'e';
  slices_clear(&slices);
  slices_add(&slices, str_make(much, MUCH_BYTES));
  slices_add(&slices, str_make(much + MUCH_BYTES, 1));
  assert_int_equal(take_connection(bench), 0);
  refuse.sends = 1;
  refuse.send_errno = ENOBUFS;
  assert_int_equal(stream_send(bench->stream, &slices), STREAM_QUEUED);
  assert_int_equal(refuse.seen, 1);
  while (bench->drained == 0) uv_run(&bench->loop.uv, UV_RUN_ONCE);
  expect_at_peer(bench, much, sizeof much);
  assert_int_equal(stream_send(bench->stream, &slices), STREAM_SENT);
  expect_at_peer(bench, much, sizeof much);
}

/* As on Windows: what waits goes to the system piece by piece, and each that has gone shows. */
static void what_waits_goes_in_pieces(void **state) {
  struct bench *bench = *state;
  char much[MUCH_BYTES];
  for (size_t i = 0; i < sizeof much; i++) much[i] = (char)i;
  assert_int_equal(take_connection(bench), 0);
  refuse.sends = 1;
  refuse.send_errno = ENOBUFS;
  piece_max = 300;
  assert_int_equal(stream_send_str(bench->stream, str_make(much, sizeof much)), STREAM_QUEUED);
  assert_in_range(stream_unsent(bench->stream), sizeof much - 300, sizeof much); /* the first may have left at once */
  while (bench->drained == 0) uv_run(&bench->loop.uv, UV_RUN_ONCE);
  assert_int_equal(writes, (sizeof much + 299) / 300);
  assert_int_equal(bench->drained, 1);
  expect_at_peer(bench, much, sizeof much);
  assert_int_equal(bench->failure, 0);
}

/* One of them fails: so has the whole. */
static void piece_that_fails_ends_the_others(void **state) {
  struct bench *bench = *state;
  char much[MUCH_BYTES] = {0};
  assert_int_equal(take_connection(bench), 0);
  refuse.sends = 1;
  refuse.send_errno = ENOBUFS;
  piece_max = 300;
  assert_int_equal(stream_send_str(bench->stream, str_make(much, sizeof much)), STREAM_QUEUED);
  signal(SIGPIPE, SIG_IGN); /* as the program does */
  assert_int_equal(shutdown(socket_stream_of(bench->stream)->socket, SHUT_WR), 0);
  for (unsigned i = 0; i < 100 && bench->failure == 0; i++) uv_run(&bench->loop.uv, UV_RUN_NOWAIT);
  assert_int_equal(bench->failure, UV_EPIPE);
  assert_int_equal(bench->drained, 0);
}

static void interrupted_send_is_repeated(void **state) {
  struct bench *bench = *state;
  assert_int_equal(take_connection(bench), 0);
  refuse.sends = 3;
  refuse.send_errno = EINTR;
  assert_int_equal(stream_send_str(bench->stream, STR("hello")), STREAM_SENT);
  assert_int_equal(refuse.seen, 3);
  expect_at_peer(bench, "hello", 5);
}

/* The reads behind a write that met a reset see an end: it is told as the reset that it is. */
static void expect_reset_if_send_says(struct bench *bench, int error) {
  assert_int_equal(take_connection(bench), 0);
  refuse.sends = 1;
  refuse.send_errno = error;
  assert_int_equal(stream_send_str(bench->stream, STR("hello")), UV_ECONNRESET);
  assert_int_equal(refuse.seen, 1);
  shutdown(bench->peer, SHUT_WR);
  stream_read(bench->stream, true);
  while (bench->failure == 0 && bench->ends == 0) uv_run(&bench->loop.uv, UV_RUN_ONCE);
  assert_int_equal(bench->ends, 0);
  assert_int_equal(bench->failure, UV_ECONNRESET);
}

static void reset_that_a_write_met_is_no_end(void **state) {
  expect_reset_if_send_says(*state, ECONNRESET);
}

/* macOS has this word for it too. Nothing is sent again: it may say so for good. */
static void wrong_protocol_is_a_reset(void **state) {
  expect_reset_if_send_says(*state, EPROTOTYPE);
}

/* Neither Nagle's delay nor a missing keepalive is worth a connection. */
static void options_that_are_refused_change_nothing(void **state) {
  struct bench *bench = *state;
  refuse.options = 2;
  assert_int_equal(take_connection(bench), 0);
  stream_keep_alive(bench->stream, 60);
  assert_int_equal(refuse.seen, 2);
  assert_int_equal(stream_send_str(bench->stream, STR("hello")), STREAM_SENT);
  expect_at_peer(bench, "hello", 5);
  assert_int_equal(send(bench->peer, "there", 5, 0), 5);
  stream_read(bench->stream, true);
  while (bench->got_len < 5) uv_run(&bench->loop.uv, UV_RUN_ONCE);
  assert_memory_equal(bench->got, "there", 5);
}

static void connection_that_cannot_be_opened_is_dropped(void **state) {
  struct bench *bench = *state;
  char byte;
  refuse.opens = 1;
  assert_int_equal(take_connection(bench), UV_EINVAL);
  assert_null(bench->stream);
  assert_true(recv(bench->peer, &byte, 1, 0) <= 0);
  uv_run(&bench->loop.uv, UV_RUN_NOWAIT);
  assert_int_equal(bench->loop.streams, 0);
  assert_int_equal(take_connection(bench), 0);
  assert_int_equal(stream_send_str(bench->stream, STR("hello")), STREAM_SENT);
  expect_at_peer(bench, "hello", 5);
}

static void peer_is_told(void **state) {
  struct bench *bench = *state;
  struct sockaddr_in own = {0};
  socklen_t len = sizeof own;
  struct peer peer;
  assert_int_equal(take_connection(bench), 0);
  assert_int_equal(getsockname(bench->peer, (struct sockaddr *)&own, &len), 0);
  stream_facts(bench->stream, &peer);
  assert_string_equal(peer.text, "127.0.0.1");
  assert_int_equal(peer.family, 4);
  assert_int_equal(peer.port, ntohs(own.sin_port));
  assert_memory_equal(peer.bytes, &own.sin_addr, 4);
  assert_false(tcp_met_itself(bench->stream));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(no_buffer_space_is_waited_for, set_up, tear_down),
      cmocka_unit_test_setup_teardown(no_buffer_space_for_several_pieces, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_waits_goes_in_pieces, set_up, tear_down),
      cmocka_unit_test_setup_teardown(piece_that_fails_ends_the_others, set_up, tear_down),
      cmocka_unit_test_setup_teardown(interrupted_send_is_repeated, set_up, tear_down),
      cmocka_unit_test_setup_teardown(reset_that_a_write_met_is_no_end, set_up, tear_down),
      cmocka_unit_test_setup_teardown(wrong_protocol_is_a_reset, set_up, tear_down),
      cmocka_unit_test_setup_teardown(options_that_are_refused_change_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(connection_that_cannot_be_opened_is_dropped, set_up, tear_down),
      cmocka_unit_test_setup_teardown(peer_is_told, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
