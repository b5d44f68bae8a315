/* Dialling on the loopback interface: 127.0.0.0/8 gives as many addresses with one port as a test needs. A listener
 * whose queue is full lets further connects hang, as a host behind a firewall does. */
#include "liteginx/net/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "fake_names.h"
#include "liteginx/net/stream.h"
#include "unit.h"

enum { MAX_PLACES = 8 };

struct fixture {
  struct loop loop;
  struct resolver resolver;
  struct resolve_name *name; /* the one dialled */
  int sockets[MAX_PLACES];   /* of the places, in their order */
  int fillers[MAX_PLACES];
  unsigned count;
  uint16_t port; /* of all places */
};

enum kind { LISTENS, REFUSES, HANGS };

struct place {
  const char *address;
  enum kind kind;
};

struct caller {
  struct dial dial;
  struct fixture *fixture;
  struct stream *stream;
  uint64_t started_ns, took_ms, connect_ms;
  unsigned told, again; /* times to start anew from the callback */
  int status;
  bool starting; /* within dial_start */
  bool let_go;   /* free it in the callback */
};

static const struct fake_name names[] = {
    {"two.test", 0, {"127.0.0.2", "127.0.0.3"}},
    {"three.test", 0, {"127.0.0.2", "127.0.0.3", "127.0.0.4"}},
    {"broadcast-first.test", 0, {"255.255.255.255", "127.0.0.2"}},
    {"broadcast.test", 0, {"255.255.255.255", "255.255.255.255"}},
    {0},
};

/* Goes before the C library's: lets a connection look as if it had met itself. Else the truth, where it can be had:
 * libuv may ask, too. */
static bool peer_is_own;

int getpeername(int fd, struct sockaddr *address, socklen_t *len) {
  if (peer_is_own) return getsockname(fd, address, len);
#ifdef SYS_getpeername
  return (int)syscall(SYS_getpeername, fd, address, len);
#else
  errno = ENOTCONN;
  return -1;
#endif
}

static int set_up(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  if (!fixture) return -1;
  fake_names = names;
  peer_is_own = false;
  resolver_init(&fixture->resolver, &fixture->loop);
  *state = fixture;
  return loop_init(&fixture->loop);
}

static void close_places(struct fixture *fixture) {
  for (unsigned i = 0; i < fixture->count; i++) {
    close(fixture->sockets[i]);
    if (fixture->fillers[i] >= 0) close(fixture->fillers[i]);
  }
  fixture->count = 0;
  fixture->port = 0;
}

static int tear_down(void **state) {
  struct fixture *fixture = *state;
  if (fixture->loop.deadlines.armed > 0) return -1; /* the test failed */
  if (fixture->name) resolve_release(fixture->name);
  resolver_free(&fixture->resolver);
  close_places(fixture);
  loop_close(&fixture->loop);
  if (uv_run(&fixture->loop.uv, UV_RUN_DEFAULT) != 0) return -1;
  loop_free(&fixture->loop);
  free(fixture);
  return 0;
}

/* --- places to dial --- */

static bool has_six(void) {
  struct sockaddr_in6 address;
  assert_int_equal(uv_ip6_addr("::1", 0, &address), 0);
  int fd = socket(AF_INET6, SOCK_STREAM, 0);
  if (fd < 0) return false;
  int status = bind(fd, (const struct sockaddr *)&address, sizeof address);
  close(fd);
  return status == 0;
}

static bool open_place(struct fixture *fixture, const struct place *place) {
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } address = {0};
  bool six = uv_ip4_addr(place->address, fixture->port, &address.v4) != 0;
  if (six) assert_int_equal(uv_ip6_addr(place->address, fixture->port, &address.v6), 0);
  if (six && place->kind == REFUSES && !has_six()) return true; /* a system without it refuses as well */
  socklen_t len = six ? sizeof address.v6 : sizeof address.v4;
  int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
  assert_true(fd >= 0);
  fixture->sockets[fixture->count] = fd;
  fixture->fillers[fixture->count] = -1;
  fixture->count++;
  if (bind(fd, &address.any, len) != 0) return false;
  assert_int_equal(getsockname(fd, &address.any, &len), 0);
  fixture->port = ntohs(six ? address.v6.sin6_port : address.v4.sin_port);
  if (place->kind == REFUSES) return true;
  assert_int_equal(listen(fd, place->kind == LISTENS ? 128 : 0), 0);
  if (place->kind == LISTENS) return true;
  int filler = fixture->fillers[fixture->count - 1] = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
  assert_int_equal(connect(filler, &address.any, len), 0);
  return true;
}

/* All on one port; another port where somebody has it already on one of the addresses. Below the range that the system
 * takes ports for connections from, or those that have just ended would be in the way. */
static void open_places(struct fixture *fixture, const struct place *places, unsigned count) {
  enum { PORT_FIRST = 12000, PORTS = 8000, STEP = 7 };
  static unsigned next;
  if (next == 0) next = (unsigned)getpid() * 101;
  for (unsigned attempt = 0; attempt < 100; attempt++) {
    close_places(fixture);
    fixture->port = (uint16_t)(PORT_FIRST + next % PORTS);
    next += STEP;
    unsigned i = 0;
    while (i < count && open_place(fixture, &places[i])) i++;
    if (i == count) return;
  }
  fail_msg("no port is free on all addresses");
}

static bool has_caller(const struct fixture *fixture, unsigned place) {
  struct pollfd wanted = {.fd = fixture->sockets[place], .events = POLLIN};
  return poll(&wanted, 1, 0) == 1;
}

/* --- callers --- */

static void start(struct caller *caller, const char *host, uint64_t connect_ms);

static void on_done(struct dial *dial, struct stream *stream, int status) {
  struct caller *caller = container_of(dial, struct caller, dial);
  assert_false(caller->starting);
  assert_int_equal(dial->state, DIAL_IDLE);
  assert_int_equal(stream != NULL, status == 0);
  caller->told++;
  caller->stream = stream;
  caller->status = status;
  caller->took_ms = (uv_hrtime() - caller->started_ns) / 1000000;
  if (caller->let_go) {
    if (stream) stream_close(stream, false);
    memset(caller, 0xa5, sizeof *caller);
    free(caller);
  } else if (caller->again > 0) {
    caller->again--;
    if (stream) stream_close(stream, false);
    start(caller, NULL, caller->connect_ms);
  }
}

/* Dials `host`, or where it is NULL the same as before. */
static void start(struct caller *caller, const char *host, uint64_t connect_ms) {
  struct fixture *fixture = caller->fixture;
  if (host) {
    struct resolve_name *name = resolve_acquire(&fixture->resolver, str_of(host));
    assert_non_null(name);
    if (fixture->name) resolve_release(fixture->name);
    fixture->name = name;
  }
  uv_update_time(&fixture->loop.uv);
  caller->connect_ms = connect_ms;
  caller->started_ns = uv_hrtime();
  caller->starting = true;
  dial_start(&caller->dial, &fixture->loop, fixture->name, fixture->port, connect_ms, on_done);
  caller->starting = false;
}

static void run(struct fixture *fixture) {
  assert_int_equal(uv_run(&fixture->loop.uv, UV_RUN_DEFAULT), 0);
}

/* Dials and waits for the result, which must be the one told. */
static void dial_expect(struct caller *caller, const char *host, uint64_t connect_ms, int status) {
  unsigned told = caller->told;
  start(caller, host, connect_ms);
  run(caller->fixture);
  assert_int_equal(caller->told, told + 1);
  if (caller->status != status) {
    fail_msg("%s: %s", host, caller->status ? uv_strerror(caller->status) : "connected");
  }
  if (caller->stream) stream_close(caller->stream, false);
  caller->stream = NULL;
  run(caller->fixture);
  assert_int_equal(caller->fixture->loop.streams, 0);
}

static void test_connects(void **state) {
  static const struct place places[] = {{"127.0.0.1", LISTENS}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 1);
  start(&caller, "127.0.0.1", 0);
  run(caller.fixture);
  assert_int_equal(caller.status, 0);
  assert_true(has_caller(caller.fixture, 0));
  assert_int_equal(stream_send_str(caller.stream, STR("hello")), STREAM_SENT);
  char got[8] = "";
  int fd = accept(caller.fixture->sockets[0], NULL, NULL);
  assert_int_equal(recv(fd, got, 5, MSG_WAITALL), 5);
  assert_string_equal(got, "hello");
  close(fd);
  stream_close(caller.stream, false);
}

static void test_connects_six(void **state) {
  static const struct place places[] = {{"127.0.0.1", LISTENS}, {"::1", LISTENS}};
  struct caller caller = {.fixture = *state};
  if (!has_six()) unit_skip("this machine has no IPv6");
  open_places(caller.fixture, places, 2);
  dial_expect(&caller, "::1", 3000, 0);
  assert_true(has_caller(caller.fixture, 1));
  assert_false(has_caller(caller.fixture, 0));
  /* localhost is both, ::1 first. */
  close(accept(caller.fixture->sockets[1], NULL, NULL));
  dial_expect(&caller, "localhost", 3000, 0);
  assert_true(has_caller(caller.fixture, 1));
  assert_false(has_caller(caller.fixture, 0));
}

static void test_refused(void **state) {
  static const struct place places[] = {{"127.0.0.1", REFUSES}, {"::1", REFUSES}, {"127.0.0.2", REFUSES}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 3);
  dial_expect(&caller, "127.0.0.1", 3000, UV_ECONNREFUSED);
  dial_expect(&caller, "127.0.0.2", 0, UV_ECONNREFUSED);
  dial_expect(&caller, "localhost", 3000, UV_ECONNREFUSED);
  assert_int_equal(caller.dial.tried, 2);
}

/* The usual development server: localhost, but listening on one family only. */
static void test_one_family_of_localhost(void **state) {
  static const struct place only_four[] = {{"127.0.0.1", LISTENS}, {"::1", REFUSES}};
  static const struct place only_six[] = {{"127.0.0.1", REFUSES}, {"::1", LISTENS}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, only_four, 2);
  dial_expect(&caller, "localhost", 3000, 0);
  assert_int_equal(caller.dial.tried, 2);
  assert_true(has_caller(caller.fixture, 0));
  /* What answered comes first the next time, until it does not answer. */
  dial_expect(&caller, "localhost", 3000, 0);
  assert_int_equal(caller.dial.tried, 1);
  if (!has_six()) return;
  open_places(caller.fixture, only_six, 2);
  dial_expect(&caller, "localhost", 3000, 0);
  assert_int_equal(caller.dial.tried, 2);
  assert_true(has_caller(caller.fixture, 1));
  dial_expect(&caller, "localhost", 3000, 0);
  assert_int_equal(caller.dial.tried, 1);
}

/* The best of some: the machine may be busy. */
static void test_refused_goes_on_at_once(void **state) {
  static const struct place places[] = {{"127.0.0.2", REFUSES}, {"127.0.0.3", REFUSES}, {"127.0.0.4", LISTENS}};
  uint64_t best_ms = UINT64_MAX;
  for (unsigned i = 0; i < 5 && best_ms > DIAL_NEXT_MS / 2; i++) {
    struct caller caller = {.fixture = *state};
    struct fixture *fixture = caller.fixture;
    open_places(fixture, places, 3);
    dial_expect(&caller, "three.test", 3000, 0);
    if (caller.took_ms < best_ms) best_ms = caller.took_ms;
    resolve_release(fixture->name); /* so that it is not remembered */
    fixture->name = NULL;
  }
  assert_in_range(best_ms, 0, DIAL_NEXT_MS / 2);
}

static void test_hanging_goes_on_after_a_while(void **state) {
  static const struct place places[] = {{"127.0.0.2", HANGS}, {"127.0.0.3", LISTENS}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 2);
  dial_expect(&caller, "two.test", 3000, 0);
  assert_true(caller.took_ms >= DIAL_NEXT_MS - 1);
  assert_true(has_caller(caller.fixture, 1));
  uint64_t first_ms = caller.took_ms;
  dial_expect(&caller, "two.test", 3000, 0);
  assert_true(caller.took_ms < first_ms);
}

/* A refusal while another hangs: the dial waits for that one, with no further address to try. */
static void test_hanging_and_refused(void **state) {
  static const struct place places[] = {{"127.0.0.2", HANGS}, {"127.0.0.3", REFUSES}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 2);
  dial_expect(&caller, "two.test", DIAL_NEXT_MS + 100, UV_ETIMEDOUT);
  assert_int_equal(caller.dial.tried, 2);
  assert_true(caller.took_ms >= DIAL_NEXT_MS + 99);
}

/* Or it would take the one that is given up for a client that said nothing and ended properly. */
static void test_who_has_accepted_already_sees_a_reset(void **state) {
  static const struct place places[] = {{"127.0.0.1", LISTENS}};
  struct caller caller = {.fixture = *state};
  char byte;
  open_places(caller.fixture, places, 1);
  start(&caller, "127.0.0.1", 3000);
  int fd = accept(caller.fixture->sockets[0], NULL, NULL);
  assert_true(fd >= 0);
  dial_cancel(&caller.dial);
  run(caller.fixture);
  assert_int_equal(recv(fd, &byte, 1, 0), -1);
  assert_int_equal(errno, ECONNRESET);
  close(fd);
}

/* With the last address under way there is nothing to wake up for but the end. */
static void test_refused_then_hanging(void **state) {
  static const struct place places[] = {{"127.0.0.2", REFUSES}, {"127.0.0.3", HANGS}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 2);
  start(&caller, "two.test", 3000);
  while (caller.dial.tried < 2) uv_run(&caller.fixture->loop.uv, UV_RUN_ONCE);
  assert_false(deadline_armed(&caller.dial.next));
  assert_true(deadline_armed(&caller.dial.give_up));
  dial_cancel(&caller.dial);
}

/* No address is left to try, but one is still under way. */
static void test_hanging_that_answers_late(void **state) {
  static const struct place places[] = {{"127.0.0.2", HANGS}, {"127.0.0.3", REFUSES}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 2);
  start(&caller, "two.test", 20000);
  while (caller.dial.tried < 2) uv_run(&caller.fixture->loop.uv, UV_RUN_ONCE);
  /* Room in the queue: the kernel's next try, a second later, gets through. */
  close(accept(caller.fixture->sockets[0], NULL, NULL));
  run(caller.fixture);
  assert_int_equal(caller.told, 1);
  assert_int_equal(caller.status, 0);
  stream_close(caller.stream, true);
}

static void test_deadline(void **state) {
  static const struct place places[] = {{"127.0.0.2", HANGS}, {"127.0.0.3", HANGS}, {"127.0.0.4", HANGS}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 3);
  dial_expect(&caller, "127.0.0.2", 60, UV_ETIMEDOUT);
  assert_true(caller.took_ms >= 59);
  dial_expect(&caller, "three.test", 2 * DIAL_NEXT_MS + 50, UV_ETIMEDOUT);
  assert_int_equal(caller.dial.tried, 3);
  assert_true(caller.took_ms >= 2 * DIAL_NEXT_MS + 49);
}

static void test_names(void **state) {
  static const struct place places[] = {{"127.0.0.2", LISTENS}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 1);
  dial_expect(&caller, "nobody.test", 3000, UV_EAI_NONAME);
  dial_expect(&caller, "", 3000, UV_EINVAL); /* libuv refuses it at once; told later all the same */
  fake_hold();
  start(&caller, "two.test", 50);
  assert_int_equal(caller.dial.state, DIAL_RESOLVE);
  while (caller.told < 3) uv_run(&caller.fixture->loop.uv, UV_RUN_ONCE);
  fake_let_go();
  assert_int_equal(caller.status, UV_ETIMEDOUT);
  run(caller.fixture);
  dial_expect(&caller, "two.test", 3000, 0);
}

/* These connects fail within the call. */
static void test_fails_within_the_call(void **state) {
  static const struct place places[] = {{"127.0.0.2", LISTENS}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 1);
  dial_expect(&caller, "broadcast-first.test", 3000, 0);
  start(&caller, "255.255.255.255", 3000);
  assert_int_equal(caller.told, 1);
  assert_true(list_empty(&caller.dial.attempts));
  run(caller.fixture);
  assert_int_equal(caller.told, 2);
  assert_true(caller.status == UV_ENETUNREACH || caller.status == UV_EACCES);
  dial_expect(&caller, "broadcast.test", 0, caller.status);
  start(&caller, "255.255.255.255", 3000);
  dial_cancel(&caller.dial);
  run(caller.fixture);
  assert_int_equal(caller.told, 3);
}

static void test_meets_itself(void **state) {
  static const struct place places[] = {{"127.0.0.2", LISTENS}, {"127.0.0.3", LISTENS}};
  struct caller caller = {.fixture = *state};
  open_places(caller.fixture, places, 2);
  peer_is_own = true;
  dial_expect(&caller, "two.test", 3000, UV_ECONNREFUSED);
  assert_int_equal(caller.dial.tried, 2);
  peer_is_own = false;
  dial_expect(&caller, "two.test", 3000, 0);
}

static void test_cancel(void **state) {
  static const struct place places[] = {{"127.0.0.1", LISTENS}, {"127.0.0.2", HANGS}, {"127.0.0.3", HANGS}};
  struct caller caller = {.fixture = *state};
  struct fixture *fixture = caller.fixture;
  open_places(fixture, places, 3);
  dial_cancel(&caller.dial); /* idle, never used */

  fake_hold();
  start(&caller, "two.test", 3000);
  assert_int_equal(caller.dial.state, DIAL_RESOLVE);
  dial_cancel(&caller.dial);
  dial_cancel(&caller.dial);
  assert_int_equal(fixture->loop.deadlines.armed, 0);
  fake_let_go();
  run(fixture);

  start(&caller, "127.0.0.1", 3000);
  assert_int_equal(caller.dial.state, DIAL_CONNECT);
  dial_cancel(&caller.dial); /* though it is connected by now */
  run(fixture);

  start(&caller, "two.test", 3000);
  while (caller.dial.tried < 2) uv_run(&fixture->loop.uv, UV_RUN_ONCE);
  dial_cancel(&caller.dial); /* two are under way */
  assert_int_equal(fixture->loop.deadlines.armed, 0);
  run(fixture);

  assert_int_equal(caller.told, 0);
  assert_int_equal(fixture->loop.streams, 0);
  dial_expect(&caller, "127.0.0.1", 3000, 0);
}

/* Cancelled and freed before the loop has run once; attempts end on their own. */
static void test_cancel_and_free(void **state) {
  static const struct place places[] = {{"127.0.0.1", LISTENS}, {"127.0.0.2", HANGS}, {"127.0.0.3", REFUSES}};
  static const char *const hosts[] = {"127.0.0.1", "127.0.0.2", "127.0.0.3", "localhost", "two.test", "nobody.test"};
  struct fixture *fixture = *state;
  open_places(fixture, places, 3);
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    struct caller *caller = calloc(1, sizeof *caller);
    assert_non_null(caller);
    caller->fixture = fixture;
    start(caller, hosts[i], 3000);
    dial_cancel(&caller->dial);
    free(caller);
  }
  run(fixture);
  assert_int_equal(fixture->loop.streams, 0);
}

static void test_free_in_callback(void **state) {
  static const struct place places[] = {{"127.0.0.1", LISTENS}, {"127.0.0.2", HANGS}, {"127.0.0.3", REFUSES}};
  static const char *const hosts[] = {"127.0.0.1", "127.0.0.2",      "127.0.0.3",   "localhost",
                                      "two.test",  "broadcast.test", "nobody.test", ""};
  struct fixture *fixture = *state;
  open_places(fixture, places, 3);
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    struct caller *caller = calloc(1, sizeof *caller);
    assert_non_null(caller);
    caller->fixture = fixture;
    caller->let_go = true;
    start(caller, hosts[i], 40);
    run(fixture);
    assert_int_equal(fixture->loop.streams, 0);
  }
}

static void test_start_in_callback(void **state) {
  static const struct place places[] = {{"127.0.0.1", LISTENS}, {"127.0.0.2", HANGS}, {"127.0.0.3", REFUSES}};
  static const char *const hosts[] = {"127.0.0.1", "127.0.0.2", "127.0.0.3", "255.255.255.255", "nobody.test"};
  struct fixture *fixture = *state;
  open_places(fixture, places, 3);
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    struct caller caller = {.fixture = fixture, .again = 3};
    start(&caller, hosts[i], 20);
    run(fixture);
    assert_int_equal(caller.told, 4);
    if (caller.stream) stream_close(caller.stream, false);
    run(fixture);
  }
}

static void test_many_at_once(void **state) {
  static const struct place places[] = {{"127.0.0.1", LISTENS}, {"::1", REFUSES}};
  enum { COUNT = 100 };
  struct fixture *fixture = *state;
  struct caller *callers = calloc(COUNT, sizeof *callers);
  assert_non_null(callers);
  open_places(fixture, places, 2);
  for (unsigned i = 0; i < COUNT; i++) {
    callers[i].fixture = fixture;
    start(&callers[i], "localhost", 10000);
    if (i % 4 == 3) dial_cancel(&callers[i].dial);
  }
  run(fixture);
  for (unsigned i = 0; i < COUNT; i++) {
    assert_int_equal(callers[i].told, i % 4 == 3 ? 0 : 1);
    assert_int_equal(callers[i].status, 0);
    if (callers[i].stream) stream_close(callers[i].stream, true);
  }
  free(callers);
}

/* --- Unix sockets --- */

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
  dial_expect(&caller, socket_name(), 3000, UV_ECONNREFUSED);
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
  int fillers[4], listener = open_socket_file(0);
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
      cmocka_unit_test_setup_teardown(test_connects, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_connects_six, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_one_family_of_localhost, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_refused_goes_on_at_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_hanging_goes_on_after_a_while, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_hanging_and_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_who_has_accepted_already_sees_a_reset, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_refused_then_hanging, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_hanging_that_answers_late, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_deadline, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_fails_within_the_call, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_meets_itself, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_cancel_and_free, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_free_in_callback, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_start_in_callback, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_many_at_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_socket_is_dialled, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_socket_that_does_not_answer, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_full_queue_is_waited_for, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
