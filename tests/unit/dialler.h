/* Who dials places on the loopback interface. For one program's one .c file. */
#ifndef LITEGINX_TESTS_UNIT_DIALLER_H
#define LITEGINX_TESTS_UNIT_DIALLER_H

#include "fake_names.h"
#include "fake_peer.h"
#include "liteginx/net/dial.h"
#include "liteginx/net/stream.h"
#include "os.h"
#include "unit.h"

enum { MAX_PLACES = 8 };

struct fixture {
  struct loop loop;
  struct resolver resolver;
  struct resolve_name *name;        /* the one dialled */
  uv_os_sock_t sockets[MAX_PLACES]; /* of the places, in their order */
  uv_os_sock_t fillers[MAX_PLACES];
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

static inline int set_up(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  if (!fixture) return -1;
  fake_names = names;
  peer_is_own = false;
  resolver_init(&fixture->resolver, &fixture->loop);
  *state = fixture;
  return loop_init(&fixture->loop);
}

static inline void close_places(struct fixture *fixture) {
  for (unsigned i = 0; i < fixture->count; i++) {
    os_drop(fixture->sockets[i]);
    if (fixture->fillers[i] != OS_NO_SOCKET) os_drop(fixture->fillers[i]);
  }
  fixture->count = 0;
  fixture->port = 0;
}

static inline int tear_down(void **state) {
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

static inline bool has_six(void) {
  struct sockaddr_in6 address;
  assert_int_equal(uv_ip6_addr("::1", 0, &address), 0);
  uv_os_sock_t fd = socket(AF_INET6, SOCK_STREAM, 0);
  if (fd == OS_NO_SOCKET) return false;
  int status = bind(fd, (const struct sockaddr *)&address, sizeof address);
  os_drop(fd);
  return status == 0;
}

static inline bool open_place(struct fixture *fixture, const struct place *place) {
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } address = {0};
  bool six = uv_ip4_addr(place->address, fixture->port, &address.v4) != 0;
  if (six) assert_int_equal(uv_ip6_addr(place->address, fixture->port, &address.v6), 0);
  if (six && place->kind == REFUSES && !has_six()) return true; /* a system without it refuses as well */
  socklen_t len = six ? sizeof address.v6 : sizeof address.v4;
  uv_os_sock_t fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
  assert_true(fd != OS_NO_SOCKET);
  fixture->sockets[fixture->count] = fd;
  fixture->fillers[fixture->count] = OS_NO_SOCKET;
  fixture->count++;
  if (bind(fd, &address.any, len) != 0) return false;
  assert_int_equal(getsockname(fd, &address.any, &len), 0);
  fixture->port = ntohs(six ? address.v6.sin6_port : address.v4.sin_port);
  if (place->kind == REFUSES) return true;
  assert_int_equal(listen(fd, place->kind == LISTENS ? 128 : OS_SHORTEST_QUEUE), 0);
  if (place->kind == LISTENS) return true;
  uv_os_sock_t filler = fixture->fillers[fixture->count - 1] = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
  assert_int_equal(connect(filler, &address.any, len), 0);
  return true;
}

/* All on one port; another port where somebody has it already on one of the addresses. Below the range that the system
 * takes ports for connections from, or those that have just ended would be in the way. */
static inline void open_places(struct fixture *fixture, const struct place *places, unsigned count) {
  enum { PORT_FIRST = 12000, PORTS = 8000, STEP = 7 };
  static unsigned next;
  if (next == 0) next = (unsigned)uv_os_getpid() * 101;
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

static inline bool has_caller(const struct fixture *fixture, unsigned place) {
  return os_has_caller(fixture->sockets[place]);
}

/* --- callers --- */

static void start(struct caller *caller, const char *host, uint64_t connect_ms);

static inline void on_done(struct dial *dial, struct stream *stream, int status) {
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
static inline void start(struct caller *caller, const char *host, uint64_t connect_ms) {
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

static inline void run(struct fixture *fixture) {
  assert_int_equal(uv_run(&fixture->loop.uv, UV_RUN_DEFAULT), 0);
}

/* Dials and waits for the result, which must be the one told. */
static inline void dial_expect(struct caller *caller, const char *host, uint64_t connect_ms, int status) {
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

#endif
