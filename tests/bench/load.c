/* The clients of `./dev bench`: so many connections, each with one request under way at any time.
 *
 *   load http PORT CONNECTIONS MS PATH [BODY-BYTES]      GET, or POST with a body
 *   load tcp PORT CONNECTIONS MS                         one byte there and back
 *
 * Prints one line of JSON. What is not the whole answer to the request (status 200, Content-Length) is an error. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

#include "bench.h"

enum { HEAD_MAX = 4096, READ_BYTES = 256 * 1024, MOST_TIMES = 1 << 24 };

struct load;

struct client {
  uv_tcp_t handle;
  uv_connect_t connect;
  uv_write_t write;
  struct load *load;
  uint64_t asked_ns;
  size_t head_len, body_left;
  bool in_body;
  char head[HEAD_MAX];
};

struct load {
  uv_loop_t loop;
  uv_timer_t end;
  struct sockaddr_in address;
  bool tcp, over;
  char *request;
  size_t request_len;
  uint64_t answers, errors, bytes;
  uint32_t *times_ns; /* of the answers, the first MOST_TIMES */
  char read_block[READ_BYTES];
};

static void make_request(struct load *load, const char *path, size_t body_bytes);
static void open_client(struct client *client);
static void ask(struct client *client);
static void take(struct client *client, const char *bytes, size_t len);
static void take_head(struct client *client, const char *bytes, size_t len);
static void answered(struct client *client);
static void failed(struct client *client);
static void report(struct load *load, double seconds);

static void on_end(uv_timer_t *timer) {
  struct load *load = timer->data;
  load->over = true;
  uv_stop(&load->loop);
}

int main(int argc, char **argv) {
  struct load *load = calloc(1, sizeof *load);
  ENSURE(load && argc >= 5);
  load->tcp = strcmp(argv[1], "tcp") == 0;
  int connections = bench_number(argv[3]);
  ENSURE(connections > 0 && (load->tcp || argc >= 6));
  make_request(load, load->tcp ? "" : argv[5], argc > 6 ? (size_t)bench_number(argv[6]) : 0);
  load->times_ns = malloc(MOST_TIMES * sizeof *load->times_ns);
  struct client *clients = calloc((size_t)connections, sizeof *clients);
  ENSURE(load->times_ns && clients && uv_loop_init(&load->loop) == 0);
  ENSURE(uv_ip4_addr("127.0.0.1", bench_number(argv[2]), &load->address) == 0);
  for (int i = 0; i < connections; i++) {
    clients[i].load = load;
    open_client(&clients[i]);
  }
  ENSURE(uv_timer_init(&load->loop, &load->end) == 0);
  load->end.data = load;
  uint64_t start_ns = uv_hrtime();
  uv_timer_start(&load->end, on_end, (uint64_t)bench_number(argv[4]), 0);
  uv_run(&load->loop, UV_RUN_DEFAULT);
  report(load, (double)(uv_hrtime() - start_ns) / 1e9);
  return 0; /* the system closes the connections */
}

static void make_request(struct load *load, const char *path, size_t body_bytes) {
  load->request = calloc(1, HEAD_MAX + body_bytes);
  ENSURE(load->request && strlen(path) < HEAD_MAX / 2);
  int len = 1;
  if (load->tcp) {
    load->request[0] = 'x';
  } else if (body_bytes) {
    len = snprintf(load->request, HEAD_MAX, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n", path,
                   body_bytes);
  } else {
    len = snprintf(load->request, HEAD_MAX, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
  }
  ENSURE(len > 0 && len < HEAD_MAX);
  load->request_len = (size_t)len + body_bytes;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  struct client *client = handle->data;
  (void)suggested;
  *buf = uv_buf_init(client->load->read_block, READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf) {
  struct client *client = stream->data;
  if (count < 0) {
    failed(client);
  } else if (count > 0) {
    take(client, buf->base, (size_t)count);
  }
}

static void on_connect(uv_connect_t *request, int status) {
  struct client *client = request->data;
  if (status != 0 || uv_read_start((uv_stream_t *)&client->handle, on_alloc, on_read) != 0) {
    failed(client);
    return;
  }
  ask(client);
}

static void open_client(struct client *client) {
  struct load *load = client->load;
  client->head_len = 0;
  client->in_body = false;
  ENSURE(uv_tcp_init(&load->loop, &client->handle) == 0);
  client->handle.data = client->connect.data = client;
  uv_tcp_nodelay(&client->handle, 1);
  ENSURE(uv_tcp_connect(&client->connect, &client->handle, (const struct sockaddr *)&load->address, on_connect) == 0);
}

static void ask(struct client *client) {
  struct load *load = client->load;
  client->asked_ns = uv_hrtime();
  uv_buf_t all = uv_buf_init(load->request, (unsigned)load->request_len);
  int taken = uv_try_write((uv_stream_t *)&client->handle, &all, 1);
  if (taken == (int)all.len) return;
  uv_buf_t rest =
      uv_buf_init(all.base + (taken > 0 ? taken : 0), (unsigned)(all.len - (size_t)(taken > 0 ? taken : 0)));
  uv_write(&client->write, (uv_stream_t *)&client->handle, &rest, 1, NULL);
}

static void take(struct client *client, const char *bytes, size_t len) {
  client->load->bytes += len;
  if (client->load->tcp) {
    answered(client);
  } else if (!client->in_body) {
    take_head(client, bytes, len);
  } else if (len > client->body_left) {
    failed(client);
  } else {
    client->body_left -= len;
    if (client->body_left == 0) answered(client);
  }
}

/* Keeps the head until it is whole; nothing may follow its answer. */
static void take_head(struct client *client, const char *bytes, size_t len) {
  size_t room = sizeof client->head - 1 - client->head_len, kept = len < room ? len : room;
  memcpy(client->head + client->head_len, bytes, kept);
  client->head[client->head_len + kept] = '\0';
  const char *end = strstr(client->head, "\r\n\r\n"), *length = NULL;
  for (const char *line = client->head; end && line && line < end && !length; line = strchr(line, '\n')) {
    line += *line == '\n';
    if (strncasecmp(line, "Content-Length:", 15) == 0) length = line + 15;
  }
  if (!end && kept == len) {
    client->head_len += kept;
    return;
  }
  if (!end || !length || strncmp(client->head, "HTTP/1.1 200 ", 13) != 0) {
    failed(client);
    return;
  }
  size_t body = client->head_len + len - (size_t)(end + 4 - client->head);
  size_t due = (size_t)strtoul(length, NULL, 10);
  client->in_body = true;
  client->body_left = due;
  client->head_len = 0;
  if (body > due) {
    failed(client);
  } else if (body == due) {
    answered(client);
  } else {
    client->body_left -= body;
  }
}

static void on_closed(uv_handle_t *handle) {
  open_client(handle->data);
}

static void answered(struct client *client) {
  struct load *load = client->load;
  uint64_t took_ns = uv_hrtime() - client->asked_ns;
  if (load->answers < MOST_TIMES) load->times_ns[load->answers] = took_ns < UINT32_MAX ? (uint32_t)took_ns : UINT32_MAX;
  load->answers++;
  client->in_body = false;
  ask(client);
}

static void failed(struct client *client) {
  struct load *load = client->load;
  if (load->over || uv_is_closing((uv_handle_t *)&client->handle)) return;
  load->errors++;
  uv_close((uv_handle_t *)&client->handle, on_closed);
}

static int by_size(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static double share_us(const struct load *load, size_t count, double share) {
  return count ? load->times_ns[(size_t)(share * (double)(count - 1))] / 1e3 : 0;
}

static void report(struct load *load, double seconds) {
  size_t count = load->answers < MOST_TIMES ? (size_t)load->answers : MOST_TIMES;
  qsort(load->times_ns, count, sizeof *load->times_ns, by_size);
  printf(
      "{\"answers\": %llu, \"errors\": %llu, \"bytes\": %llu, \"seconds\": %.6f, \"p50_us\": %.1f, \"p99_us\": %.1f}\n",
      (unsigned long long)load->answers, (unsigned long long)load->errors, (unsigned long long)load->bytes, seconds,
      share_us(load, count, 0.5), share_us(load, count, 0.99));
}
