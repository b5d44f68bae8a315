/* A route to targets on the loopback interface, with all that a worker has around it: for the tests of upstream/.
 * For one program's one .c file. */
#ifndef LITEGINX_TESTS_UNIT_UPSTREAMS_H
#define LITEGINX_TESTS_UNIT_UPSTREAMS_H

#include "liteginx/config/load.h"
#include "liteginx/upstream/connector.h"
#include "os.h"
#include "unit.h"

enum { UPSTREAMS_MAX = 20, UPSTREAMS_PATIENCE_MS = 5000 };

/* A place has its port from the start; what it does with a connect is up to the test: refuse (at first), or listen. */
struct upstreams {
  struct loop loop;
  struct log log;
  struct pool pool;
  struct target_table table;
  struct snapshot *snapshot;
  struct snapshot_route *route;
  uv_os_sock_t sockets[UPSTREAMS_MAX];
  uint16_t ports[UPSTREAMS_MAX];
  uv_os_sock_t fillers[UPSTREAMS_MAX];
  unsigned count;
  char lines[16 * LOG_LINE_MAX]; /* what was logged, by upstreams_logged */
};

static const struct wire_limits upstreams_limits = {64 * 1024, 200};

static inline const char *upstreams_no_variables(void *owner, const char *name) {
  (void)owner;
  (void)name;
  return NULL;
}

static inline void upstreams_wake(void *owner) {
  (void)owner;
}

static inline void upstreams_bind(struct upstreams *upstreams) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof address;
  uv_os_sock_t fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_true(fd != OS_NO_SOCKET);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
  upstreams->sockets[upstreams->count] = fd;
  upstreams->fillers[upstreams->count] = OS_NO_SOCKET;
  upstreams->ports[upstreams->count++] = ntohs(address.sin_port);
}

/* Sets up with one target for each weight (a list that ends in -1). `keys`: more of the spec, such as "hold: 1s". */
static inline struct upstreams *upstreams_new(const int *weights, const char *keys) {
  struct upstreams *upstreams = calloc(1, sizeof *upstreams);
  char text[4096];
  size_t len = (size_t)snprintf(text, sizeof text, "name: n\nspec: [{kind: tcp, listen: 1, %s, targets: [", keys);
  assert_non_null(upstreams);
  assert_int_equal(loop_init(&upstreams->loop), 0);
  for (unsigned i = 0; weights[i] >= 0; i++) {
    upstreams_bind(upstreams);
    len += (size_t)snprintf(text + len, sizeof text - len, "{host: 127.0.0.1, port: %u, weight: %d},",
                            upstreams->ports[i], weights[i]);
  }
  snprintf(text + len, sizeof text - len, "]}]\n");
  struct config_text file = {STR("x.yaml"), str_of(text)};
  struct config_report report;
  config_report_init(&report);
  struct config *config = config_load(&file, 1, upstreams_no_variables, NULL, &report);
  config_report_free(&report);
  assert_non_null(config);
  target_table_init(&upstreams->table);
  upstreams->snapshot = snapshot_new(config, &upstreams->table);
  assert_non_null(upstreams->snapshot);
  upstreams->route = &upstreams->snapshot->listeners[0].routes[0];
  assert_int_equal(log_init(&upstreams->log, 16 * (size_t)LOG_LINE_MAX, upstreams_wake, NULL), 0);
  pool_init(&upstreams->pool, &upstreams->loop, &upstreams->log, &upstreams_limits, 2, 10000, 100);
  upstreams->pool.on_found = connector_found;
  return upstreams;
}

static inline void upstreams_listen(struct upstreams *upstreams, unsigned place) {
  assert_int_equal(listen(upstreams->sockets[place], 128), 0);
}

/* Connects to it hang from now on. */
static inline void upstreams_hang(struct upstreams *upstreams, unsigned place) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(upstreams->ports[place]),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  assert_int_equal(listen(upstreams->sockets[place], 0), 0);
  upstreams->fillers[place] = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(connect(upstreams->fillers[place], (struct sockaddr *)&address, sizeof address), 0);
}

static inline void upstreams_free(struct upstreams *upstreams) {
  pool_close(&upstreams->pool);
  loop_close(&upstreams->loop);
  assert_int_equal(uv_run(&upstreams->loop.uv, UV_RUN_DEFAULT), 0);
  pool_free(&upstreams->pool);
  snapshot_release(upstreams->snapshot);
  assert_true(list_empty(&upstreams->table.targets));
  loop_free(&upstreams->loop);
  log_free(&upstreams->log);
  for (unsigned i = 0; i < upstreams->count; i++) {
    os_drop(upstreams->sockets[i]);
    if (upstreams->fillers[i] != OS_NO_SOCKET) os_drop(upstreams->fillers[i]);
  }
  free(upstreams);
}

/* Runs the loop until *count is at least `least`; fails when that takes too long. */
static inline void upstreams_run_until(struct upstreams *upstreams, const unsigned *count, unsigned least) {
  uint64_t end_ns = uv_hrtime() + UPSTREAMS_PATIENCE_MS * UINT64_C(1000000);
  while (*count < least) {
    uv_run(&upstreams->loop.uv, UV_RUN_NOWAIT);
    if (uv_hrtime() > end_ns) fail_msg("only %u of %u events came", *count, least);
    if (*count < least) uv_sleep(1);
  }
}

/* Lets time pass. */
static inline void upstreams_run_ms(struct upstreams *upstreams, uint64_t for_ms) {
  uint64_t end_ns = uv_hrtime() + for_ms * 1000000;
  while (uv_hrtime() < end_ns) {
    uv_run(&upstreams->loop.uv, UV_RUN_NOWAIT);
    uv_sleep(1);
  }
}

/* All lines since the last call. */
static inline const char *upstreams_logged(struct upstreams *upstreams) {
  enum log_channel channel;
  size_t len = log_read(&upstreams->log, &channel, upstreams->lines, sizeof upstreams->lines - 1);
  upstreams->lines[len] = '\0';
  return upstreams->lines;
}

#endif
