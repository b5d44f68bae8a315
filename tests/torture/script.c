/* A part is one request or session. It ends right, failed or wrong; wrong is what a client could take for right, and a
 * wait that ran out. */
#include "script.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 8000, LATE_MS = 30, BIG_BYTES = 5 * 1024 * 1024, ROOM = 64 * 1024 };

/* What the demo's echo is sent before anything is read of it: more than waits in the kernel on its way back, and less
 * than does on the way there. */
enum { LINES = 100, LINE_BYTES = 3000, SLOW_READ_BYTES = 4096, SLOW_SENT_BYTES = 1024 * 1024 };

enum outcome { RIGHT, FAILED, WRONG };

/* One connection of the client, with what was read and not used. */
struct wire {
  int fd;
  size_t start, end;
  bool timed_out;
  bool bodiless; /* what comes answers HEAD */
  char bytes[ROOM];
};

struct message {
  char head[4096];
  unsigned status;
  size_t body_len; /* all of it; `body` holds the beginning */
  char body[1024];
  bool patterned; /* all of it is the big body's pattern */
};

/* --- small parts --- */

static void must(bool good, const char *what) {
  if (good) return;
  perror(what);
  exit(3);
}

static bool readable(int fd, int wait_ms) {
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
  return poll(&poll_fd, 1, wait_ms) > 0;
}

static void send_all(int fd, const char *bytes, size_t len) {
  while (len) {
    ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
    if (sent <= 0) return; /* reading tells */
    bytes += sent;
    len -= (size_t)sent;
  }
}

static void send_text(int fd, const char *text) {
  send_all(fd, text, strlen(text));
}

/* Segments as on a real network. Those of loopback are of 64 KiB, and where the system is short of memory for TCP,
 * windows are smaller than that: then only each fifth of a second some bytes go, and megabytes take longer than anybody
 * waits. */
static void use_small_segments(int fd) {
  int bytes = 1460;
  must(setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &bytes, sizeof bytes) == 0, "TCP_MAXSEG");
}

static void send_promptly(int fd) {
  int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

static int connect_to(uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  must(fd >= 0, "socket");
  use_small_segments(fd);
  send_promptly(fd);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

int script_reserve(uint16_t *port) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t len = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  must(fd >= 0, "socket");
  use_small_segments(fd);
  must(bind(fd, (struct sockaddr *)&address, sizeof address) == 0, "bind");
  must(getsockname(fd, (struct sockaddr *)&address, &len) == 0, "getsockname");
  *port = ntohs(address.sin_port);
  return fd;
}

static char pattern_at(size_t at) {
  return (char)('a' + at % 23);
}

/* --- reading messages --- */

/* More bytes behind those that are there; false: end, error or time out. */
static bool fill(struct wire *wire) {
  if (wire->start) {
    memmove(wire->bytes, wire->bytes + wire->start, wire->end - wire->start);
    wire->end -= wire->start;
    wire->start = 0;
  }
  if (wire->end == sizeof wire->bytes) return false;
  if (!readable(wire->fd, WAIT_MS)) {
    wire->timed_out = true;
    return false;
  }
  ssize_t got = recv(wire->fd, wire->bytes + wire->end, sizeof wire->bytes - wire->end, 0);
  if (got <= 0) return false;
  wire->end += (size_t)got;
  return true;
}

/* One line, without its end, in `line`. */
static bool read_line(struct wire *wire, char *line, size_t room) {
  for (;;) {
    char *from = wire->bytes + wire->start, *end = memchr(from, '\n', wire->end - wire->start);
    if (end) {
      size_t len = (size_t)(end - from);
      wire->start += len + 1;
      if (len == 0 || from[len - 1] != '\r' || len > room) return false;
      memcpy(line, from, len - 1);
      line[len - 1] = '\0';
      return true;
    }
    if (!fill(wire)) return false;
  }
}

static bool read_content(struct wire *wire, size_t len, struct message *message) {
  while (len) {
    if (wire->start == wire->end && !fill(wire)) return false;
    size_t piece = wire->end - wire->start < len ? wire->end - wire->start : len;
    for (size_t i = 0; i < piece; i++) {
      char c = wire->bytes[wire->start + i];
      size_t at = message->body_len + i;
      if (at < sizeof message->body - 1) message->body[at] = c;
      if (c != pattern_at(at)) message->patterned = false;
    }
    message->body_len += piece;
    wire->start += piece;
    len -= piece;
  }
  return true;
}

static bool read_head(struct wire *wire, struct message *message) {
  size_t len = 0;
  memset(message, 0, sizeof *message);
  message->patterned = true;
  for (;;) {
    char line[1024];
    if (!read_line(wire, line, sizeof line)) return false;
    if (!line[0]) return true;
    len += (size_t)snprintf(message->head + len, sizeof message->head - len, "%s\n", line);
    if (len >= sizeof message->head) return false;
  }
}

/* A field's value; NULL: there is none. */
static const char *field(const struct message *message, const char *name) {
  size_t len = strlen(name);
  for (const char *line = strchr(message->head, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
    if (strncasecmp(line + 1, name, len) == 0 && line[1 + len] == ':') return line + 1 + len + 2;
  }
  return NULL;
}

static bool read_chunks(struct wire *wire, struct message *message) {
  for (;;) {
    char line[256];
    if (!read_line(wire, line, sizeof line)) return false;
    size_t len = strtoul(line, NULL, 16);
    if (len && !read_content(wire, len, message)) return false;
    do {
      if (!read_line(wire, line, sizeof line)) return false;
    } while (len == 0 && line[0]); /* trailers */
    if (line[0]) return false;
    if (len == 0) return true;
  }
}

/* A whole message, request or response, by its own framing. */
static bool read_message(struct wire *wire, struct message *message) {
  do {
    if (!read_head(wire, message)) return false;
    message->status = (unsigned)strtoul(message->head + strlen("HTTP/1.1 "), NULL, 10);
  } while (strncmp(message->head, "HTTP/1.1 100", 12) == 0);
  const char *length = field(message, "Content-Length");
  if (wire->bodiless) return true;
  if (field(message, "Transfer-Encoding")) return read_chunks(wire, message);
  return !length || read_content(wire, strtoul(length, NULL, 10), message);
}

/* --- the servers behind --- */

static void answer_upstream(int fd, const struct message *request) {
  char head[256], body[2048], method[16] = "", path[256] = "";
  sscanf(request->head, "%15s %255s", method, path);
  int body_len = snprintf(body, sizeof body, "%s %s %s", method, path, request->body);
  if (strstr(path, "chunked")) {
    int len = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", body_len);
    send_all(fd, head, (size_t)len);
    send_all(fd, body, (size_t)body_len);
    send_text(fd, "\r\n0\r\n\r\n");
    return;
  }
  int len = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", body_len);
  send_all(fd, head, (size_t)len);
  send_all(fd, body, (size_t)body_len);
}

static void send_big(int fd) {
  static const size_t piece = 23 * 1024;
  char bytes[23 * 1024];
  for (size_t i = 0; i < piece; i++) bytes[i] = pattern_at(i);
  for (size_t sent = 0; sent < BIG_BYTES; sent += piece) {
    send_all(fd, bytes, BIG_BYTES - sent < piece ? BIG_BYTES - sent : piece);
  }
}

static void answer_big(int fd) {
  char head[128];
  snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BIG_BYTES);
  send_text(fd, head);
  send_big(fd);
}

static void echo(int fd, struct wire *wire) {
  char bytes[4096];
  if (wire) send_all(fd, wire->bytes + wire->start, wire->end - wire->start);
  for (ssize_t got; (got = recv(fd, bytes, sizeof bytes, 0)) > 0;) send_all(fd, bytes, (size_t)got);
}

/* A body too long to be repeated: how long it was, and whether it was the pattern. */
static void answer_sum(int fd, const struct message *request) {
  char text[256], sum[64];
  int len = snprintf(sum, sizeof sum, "%zu %s", request->body_len, request->patterned ? "right" : "wrong");
  snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len, sum);
  send_text(fd, text);
}

static void *on_http(void *socket) {
  struct wire wire = {.fd = (int)(intptr_t)socket};
  struct message request;
  while (read_message(&wire, &request)) {
    if (field(&request, "Upgrade")) {
      send_text(wire.fd, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      echo(wire.fd, &wire);
      break;
    }
    if (strstr(request.head, "/die")) break;
    if (strstr(request.head, "/big")) {
      answer_big(wire.fd);
    } else if (strstr(request.head, "/sum")) {
      answer_sum(wire.fd, &request);
    } else {
      answer_upstream(wire.fd, &request);
    }
  }
  close(wire.fd);
  return NULL;
}

static void *on_echo(void *socket) {
  int fd = (int)(intptr_t)socket;
  echo(fd, NULL);
  close(fd);
  return NULL;
}

struct service {
  int listening;
  void *(*serve)(void *socket);
};

static void *on_service(void *owner) {
  struct service *service = owner;
  for (;;) {
    int fd = accept(service->listening, NULL, NULL);
    pthread_t thread;
    if (fd < 0) continue;
    send_promptly(fd);
    if (pthread_create(&thread, NULL, service->serve, (void *)(intptr_t)fd) != 0) {
      close(fd);
      continue;
    }
    pthread_detach(thread);
  }
  return NULL;
}

struct script_upstreams script_serve(void) {
  struct script_upstreams upstreams;
  struct service http = {script_reserve(&upstreams.http), on_http},
                 echoing = {script_reserve(&upstreams.echo), on_echo};
  script_reserve(&upstreams.dead); /* stays bound, so that no other program gets it */
  must(listen(http.listening, 512) == 0 && listen(echoing.listening, 512) == 0, "listen");
  upstreams.pid = fork();
  must(upstreams.pid >= 0, "fork");
  if (upstreams.pid > 0) {
    close(http.listening);
    close(echoing.listening);
    return upstreams;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGPIPE, SIG_IGN);
  pthread_t thread;
  must(pthread_create(&thread, NULL, on_service, &echoing) == 0, "thread");
  on_service(&http);
  _exit(0);
}

unsigned script_config(char *text, unsigned room, const struct script_upstreams *upstreams, uint16_t port,
                       uint16_t late) {
  unsigned http = upstreams->http, dead = upstreams->dead;
  int len =
      snprintf(text, room,
               "settings: {workers: 2, bind: loopback, drain: 30ms, header_timeout: 5s, access_log: json,\n"
               "  trusted_proxies: [10.0.0.0/8]}\n"
               "---\nname: web\nspec:\n"
               "  - {kind: http, listen: %u, path: /, targets: [{host: 127.0.0.1, port: %u}]}\n"
               "  - {kind: http, listen: %u, path: '/old/{id}', rewrite: '/new/{id}',\n"
               "     targets: [{host: localhost, port: %u}, {host: 127.0.0.1, port: %u}]}\n"
               "  - {kind: http, listen: %u, path: /named, targets: [{host: behind.test, port: %u}]}\n"
               "  - {kind: http, listen: %u, path: /dead, hold: 50ms, targets: [{host: 127.0.0.1, port: %u}]}\n"
               "  - {kind: http, listen: %u, path: /late, hold: 5s, targets: [{host: 127.0.0.1, port: %u}]}\n"
               "  - {kind: http, listen: %u, host: '*.other.test', path: /x, targets: [{host: 127.0.0.1, port: %u}]}\n"
               "  - {kind: http, listen: %u, path: '/to/{*rest}', redirect: {to: '/at/{rest}?a={rest}', status: 308}}\n"
               "  - {kind: http, listen: %u, path: /said, redirect: /said/it}\n"
               "  - {kind: http, listen: %u, path: /said/it, respond: {status: 403, body: so}}\n"
               "---\nname: echo\nspec:\n"
               "  - {kind: tcp, listen: '127.0.0.1:0', targets: [{host: 127.0.0.1, port: %u}]}\n"
               "---\nname: dead\nspec:\n"
               "  - {kind: tcp, listen: 0, hold: 50ms, targets: [{host: 127.0.0.1, port: %u}]}\n"
               "---\nname: local\nspec:\n"
               "  - {kind: http, listen: %u, path: /local, targets: ['unix:./web.sock']}\n"
               "  - {kind: http, listen: 'unix:web.sock', path: /, targets: [{host: 127.0.0.1, port: %u}]}\n",
               port, http, port, http, http, port, http, port, dead, port, late, port, http, port, port, port,
               upstreams->echo, dead, port, http);
  must(len > 0 && (unsigned)len < room, "config");
  return (unsigned)len;
}

unsigned script_demo_config(char *text, unsigned room, uint16_t port, uint16_t http, uint16_t echo) {
  int len = snprintf(text, room,
                     "settings: {workers: 2, drain: 30ms}\n"
                     "---\nname: one\nspec:\n"
                     "  - {kind: http, listen: %u, path: /one, targets: [{host: localhost, port: %u}]}\n"
                     "  - {kind: http, listen: %u, path: /two, rewrite: /, targets: [{host: localhost, port: %u}]}\n"
                     "---\nname: tcp\nspec:\n"
                     "  - {kind: tcp, listen: '127.0.0.1:0', targets: [{host: localhost, port: %u}]}\n",
                     port, http, port, http, echo);
  must(len > 0 && (unsigned)len < room, "config");
  return (unsigned)len;
}

/* --- the client --- */

static void note_wrong(struct script_result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note_wrong(struct script_result *result, const char *format, ...) {
  unsigned room = (unsigned)sizeof result->wrong - result->wrong_len;
  va_list args;
  va_start(args, format);
  int len = vsnprintf(result->wrong + result->wrong_len, room, format, args);
  va_end(args);
  if (len > 0 && (unsigned)len < room) result->wrong_len += (unsigned)len;
}

/* An error of ours is a whole answer 5xx with one of our bodies, or none. A refusal that has no memory for its own
 * sentence says a shorter one. */
static bool is_own_error(const struct message *answer, unsigned wanted) {
  bool refusal = wanted >= 400 && answer->status == wanted;
  if (!refusal && (answer->status < 500 || answer->status > 599)) return false;
  return answer->body_len == 0 || strncmp(answer->body, "{\"detail\":\"", 11) == 0;
}

static void judge(struct script_result *result, const char *part, enum outcome outcome, const struct message *answer) {
  if (outcome == RIGHT) result->right++;
  if (outcome == FAILED) {
    size_t len = strlen(result->failures);
    snprintf(result->failures + len, sizeof result->failures - len, " (%s: %u)", part, answer->status);
    result->failed++;
  }
  if (outcome == WRONG) note_wrong(result, "%s: %u %.200s\n", part, answer->status, answer->body);
}

/* What came of one answer; `body` NULL: the big one. */
static enum outcome outcome_of(struct wire *wire, unsigned status, const char *body, struct message *answer) {
  if (!read_message(wire, answer)) {
    if (wire->timed_out) snprintf(answer->body, sizeof answer->body, "no end of it came");
    return wire->timed_out ? WRONG : FAILED;
  }
  bool same = body ? strcmp(answer->body, body) == 0 : answer->patterned && answer->body_len == BIG_BYTES;
  if (answer->status == status && same) return RIGHT;
  return is_own_error(answer, status) ? FAILED : WRONG;
}

static void open_wire_on(struct wire *wire, int fd) {
  wire->start = wire->end = 0;
  wire->timed_out = wire->bodiless = false;
  wire->fd = fd;
}

static void open_wire(struct wire *wire, uint16_t port) {
  open_wire_on(wire, connect_to(port));
}

static void close_wire(struct wire *wire) {
  if (wire->fd >= 0) close(wire->fd);
  wire->fd = -1;
}

struct request {
  const char *name, *text;
  unsigned status;
  const char *body;
};

/* On one connection as long as it lives, else on a new one. */
static const struct request requests[] = {
    {"get", "GET /a?q HTTP/1.1\r\nHost: h\r\n\r\n", 200, "GET /a?q "},
    {"post", "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", 200, "POST /p hello"},
    {"chunked",
     "POST /chunked HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: "
     "1\r\n\r\n",
     200, "POST /chunked abcde"},
    {"rewrite", "GET /old/7%41/x HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n", 200, "GET /new/7A/x "},
    {"again", "GET /old/8 HTTP/1.1\r\nHost: h\r\n\r\n", 200, "GET /new/8 "},
    {"named", "GET /named HTTP/1.1\r\nHost: h\r\n\r\n", 200, "GET /named "},
    {"local", "POST /local HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nby", 200, "POST /local by"},
    {"host", "GET /x HTTP/1.1\r\nHost: a.other.test\r\n\r\n", 200, "GET /x "},
    {"redirect", "GET /to/a/b HTTP/1.1\r\nHost: h\r\n\r\n", 308, ""},
    {"respond", "POST /said/it HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nby", 403, "so"},
    {"options", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 204, ""},
    {"dies", "GET /die HTTP/1.1\r\nHost: h\r\n\r\n", 502, NULL},
    {"bad path", "GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n", 400,
     "{\"detail\":\"%00 stands in the path, which no file and no route can hold\"}\n"},
    {"bad", "GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", 400,
     "{\"detail\":\"there are two Host fields: send one\"}\n"},
    {"old", "GET /a HTTP/1.0\r\n\r\n", 200, "GET /a "},
    {"close", "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 200, "GET /a "},
};

/* Of the demo's own upstream; all but the bad one also come through the proxy. */
#define DETAIL(text)  "{\"detail\":\"" text "\"}"
#define MESSAGE(text) "{\"message\":\"" text "\"}"
static const struct request demo_requests[] = {
    {"demo one", "GET /one HTTP/1.1\r\nHost: h\r\n\r\n", 200, MESSAGE("one")},
    {"demo two", "GET /?x=1 HTTP/1.1\r\nHost: h\r\n\r\n", 200, MESSAGE("two")},
    {"demo head", "HEAD /one HTTP/1.1\r\nHost: h\r\n\r\n", 200, ""},
    {"demo none", "GET /none HTTP/1.1\r\nHost: h\r\n\r\n", 404, DETAIL("Not Found")},
    {"demo post", "POST /one HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", 405, DETAIL("Method Not Allowed")},
    {"demo expect",
     "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: "
     "1\r\n\r\n",
     405, DETAIL("Method Not Allowed")},
    {"demo old", "GET /one HTTP/1.0\r\n\r\n", 200, MESSAGE("one")},
    {"demo bad", "GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", 400, DETAIL("Bad Request")},
    {"demo bad body", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400,
     DETAIL("Bad Request")},
};
static const struct request proxied_demo_requests[] = {
    {"one", "GET /one HTTP/1.1\r\nHost: h\r\n\r\n", 200, MESSAGE("one")},
    {"two", "GET /two?x=1 HTTP/1.1\r\nHost: h\r\n\r\n", 200, MESSAGE("two")},
    {"post", "POST /one HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", 405, DETAIL("Method Not Allowed")},
    {"none", "GET /two/none HTTP/1.1\r\nHost: h\r\n\r\n", 404, DETAIL("Not Found")},
};

static void play_requests(uint16_t port, const struct request *played, size_t count, struct script_result *result) {
  struct wire wire = {.fd = -1};
  for (size_t i = 0; i < count; i++) {
    const struct request *request = &played[i];
    struct message answer = {.status = 0};
    if (wire.fd < 0) open_wire(&wire, port);
    wire.bodiless = strncmp(request->text, "HEAD", 4) == 0;
    send_text(wire.fd, request->text);
    enum outcome outcome = outcome_of(&wire, request->status, request->body ? request->body : "?", &answer);
    /* The target that dies is an error by nature. */
    if (request->status == 502 && outcome == FAILED && answer.status == 502) outcome = RIGHT;
    judge(result, request->name, outcome, &answer);
    const char *connection = field(&answer, "Connection");
    if (outcome != RIGHT || answer.status == 400 || (connection && strncmp(connection, "close", 5) == 0)) {
      close_wire(&wire);
    }
  }
  close_wire(&wire);
}

static void play_pipelined(uint16_t port, struct script_result *result) {
  struct wire wire;
  struct message first = {.status = 0}, second = {.status = 0};
  open_wire(&wire, port);
  send_text(wire.fd, "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nabGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  enum outcome outcome = outcome_of(&wire, 200, "POST /1 ab", &first);
  judge(result, "first of two", outcome, &first);
  const char *connection = field(&first, "Connection");
  bool closes = connection && strncmp(connection, "close", 5) == 0;
  if (outcome == RIGHT && !closes) judge(result, "second of two", outcome_of(&wire, 200, "GET /2 ", &second), &second);
  close_wire(&wire);
}

static void play_big(uint16_t port, struct script_result *result) {
  struct wire wire;
  struct message answer = {.status = 0};
  open_wire(&wire, port);
  send_text(wire.fd, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
  usleep(5000); /* so that not all fits at once */
  judge(result, "big", outcome_of(&wire, 200, NULL, &answer), &answer);
  close_wire(&wire);
}

static void play_sum(uint16_t port, struct script_result *result) {
  struct wire wire;
  struct message answer = {.status = 0};
  char text[128];
  open_wire(&wire, port);
  snprintf(text, sizeof text, "POST /sum HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", BIG_BYTES);
  send_text(wire.fd, text);
  send_big(wire.fd);
  snprintf(text, sizeof text, "%d right", BIG_BYTES);
  judge(result, "sum", outcome_of(&wire, 200, text, &answer), &answer);
  close_wire(&wire);
}

/* Bytes back as they were sent, then perhaps the end. */
static enum outcome echoes(struct wire *wire, const char *text, bool to_end, struct message *answer) {
  size_t len = strlen(text);
  send_all(wire->fd, text, len);
  if (to_end) shutdown(wire->fd, SHUT_WR);
  while (wire->end - wire->start < len && fill(wire)) {
  }
  size_t got = wire->end - wire->start;
  snprintf(answer->body, sizeof answer->body, "%.*s", (int)got, wire->bytes + wire->start);
  if (wire->timed_out || got > len || memcmp(wire->bytes + wire->start, text, got) != 0) return WRONG;
  if (got < len) return FAILED;
  wire->start = wire->end;
  if (to_end && fill(wire)) return WRONG;
  return wire->timed_out ? WRONG : RIGHT;
}

static void play_upgrade(uint16_t port, struct script_result *result, struct wire *wire) {
  struct message answer = {.status = 0};
  open_wire(wire, port);
  send_text(wire->fd, "GET /up HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  enum outcome outcome = outcome_of(wire, 101, "", &answer);
  if (outcome == RIGHT) outcome = echoes(wire, "through the tunnel", false, &answer);
  judge(result, "upgrade", outcome, &answer);
}

static void play_echo(uint16_t port, struct script_result *result) {
  struct wire wire;
  struct message answer = {.status = 0};
  open_wire(&wire, port);
  judge(result, "tcp", echoes(&wire, "over plain TCP", true, &answer), &answer);
  close_wire(&wire);
}

/* Answered by this very thread once the server has begun to wait for it; again where its first connection breaks. */
static void play_late(struct wire *wire, int late, struct script_result *result) {
  struct message request, answer = {.status = 0};
  usleep(LATE_MS * 1000);
  must(listen(late, 8) == 0, "listen");
  struct pollfd both[] = {{.fd = late, .events = POLLIN}, {.fd = wire->fd, .events = POLLIN}};
  struct wire upstream = {.fd = -1};
  while (poll(both, 2, WAIT_MS) > 0 && !both[1].revents) {
    close_wire(&upstream);
    open_wire_on(&upstream, accept(late, NULL, NULL));
    if (read_message(&upstream, &request)) answer_upstream(upstream.fd, &request);
  }
  judge(result, "late", outcome_of(wire, 200, "GET /late ", &answer), &answer);
  close_wire(&upstream);
  close_wire(wire);
}

static void play_dead(struct wire *http, struct wire *tcp, struct script_result *result) {
  struct message answer = {.status = 0};
  bool right = read_message(http, &answer) && answer.status == 502 && is_own_error(&answer, 502);
  bool failed = !http->timed_out && (answer.status == 0 || is_own_error(&answer, 502));
  judge(result, "dead", right ? RIGHT : failed ? FAILED : WRONG, &answer);
  memset(&answer, 0, sizeof answer);
  bool silent = !fill(tcp) && !tcp->timed_out;
  judge(result, "dead tcp", silent ? RIGHT : WRONG, &answer);
  close_wire(http);
  close_wire(tcp);
}

/* --- HTTP/2: frames by hand, fields by nghttp2's static table and as they are --- */

enum { FRAME_DATA, FRAME_HEADERS, FRAME_RST_STREAM = 3, FRAME_GOAWAY = 7, FRAME_HEAD = 9 };
enum { FLAG_END_STREAM = 1, FLAG_END_HEADERS = 4, STATUS_200 = 0x88 };

static void send_frame(int fd, unsigned kind, unsigned flags, unsigned stream, const char *bytes, size_t len) {
  char frame[512] = {0, (char)(len >> 8), (char)len, (char)kind, (char)flags, 0, 0, (char)(stream >> 8), (char)stream};
  memcpy(frame + FRAME_HEAD, bytes, len);
  send_all(fd, frame, FRAME_HEAD + len);
}

/* The preface, windows as large as they can be. */
static void begin_http2(struct wire *wire, uint16_t port) {
  static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                "\0\0\6\4\0\0\0\0\0\0\4\177\377\377\377"
                                "\0\0\4\10\0\0\0\0\0\177\376\377\377";
  open_wire(wire, port);
  send_all(wire->fd, preface, sizeof preface - 1);
}

static void ask_http2(struct wire *wire, unsigned stream, const char *path, const char *body) {
  char fields[128] = {body ? (char)0x83 : (char)0x82, (char)0x86, 1, 1, 'h', 4, (char)strlen(path)};
  size_t len = 7 + strlen(path);
  memcpy(fields + 7, path, strlen(path));
  send_frame(wire->fd, FRAME_HEADERS, FLAG_END_HEADERS | (body ? 0 : FLAG_END_STREAM), stream, fields, len);
  if (body) send_frame(wire->fd, FRAME_DATA, FLAG_END_STREAM, stream, body, strlen(body));
}

static bool take_exactly(struct wire *wire, char *bytes, size_t len) {
  for (size_t taken = 0; taken < len;) {
    if (wire->start == wire->end && !fill(wire)) return false;
    size_t piece = wire->end - wire->start < len - taken ? wire->end - wire->start : len - taken;
    memcpy(bytes + taken, wire->bytes + wire->start, piece);
    wire->start += piece;
    taken += piece;
  }
  return true;
}

/* One whole answer: true. */
static bool read_http2(struct wire *wire, unsigned stream, struct message *answer) {
  memset(answer, 0, sizeof *answer);
  answer->patterned = true;
  for (;;) {
    unsigned char head[FRAME_HEAD];
    char ignored[256];
    if (!take_exactly(wire, (char *)head, sizeof head)) return false;
    size_t len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    bool ours = ((unsigned)head[7] << 8 | head[8]) == stream;
    if (head[3] == FRAME_DATA && ours) {
      if (!read_content(wire, len, answer)) return false;
    } else {
      for (size_t at = 0; at < len; at += sizeof ignored) {
        if (!take_exactly(wire, ignored, len - at < sizeof ignored ? len - at : sizeof ignored)) return false;
        if (at == 0 && ours && head[3] == FRAME_HEADERS)
          answer->status = (unsigned char)ignored[0] == STATUS_200 ? 200 : 500;
      }
      if (head[3] == FRAME_GOAWAY || (head[3] == FRAME_RST_STREAM && ours)) return false;
    }
    if (ours && (head[3] == FRAME_DATA || head[3] == FRAME_HEADERS) && head[4] & FLAG_END_STREAM) return true;
  }
}

static enum outcome outcome_of_http2(struct wire *wire, unsigned stream, const char *body, struct message *answer) {
  if (!read_http2(wire, stream, answer)) return wire->timed_out ? WRONG : FAILED;
  bool same = body ? strcmp(answer->body, body) == 0 : answer->patterned && answer->body_len == BIG_BYTES;
  if (answer->status == 200 && same) return RIGHT;
  return answer->status == 200 || !is_own_error(answer, 200) ? WRONG : FAILED;
}

static void play_http2(uint16_t port, struct script_result *result) {
  static const struct {
    const char *path, *body, *answer;
  } asked[] = {{"/a", NULL, "GET /a "},
               {"/p", "hello", "POST /p hello"},
               {"/chunked", "abc", "POST /chunked abc"},
               {"/big", NULL, NULL}};
  static struct wire wire;
  struct message answer;
  unsigned stream = 1;
  begin_http2(&wire, port);
  for (unsigned i = 0; i < sizeof asked / sizeof *asked; i++, stream += 2) {
    ask_http2(&wire, stream, asked[i].path, asked[i].body);
    enum outcome outcome = outcome_of_http2(&wire, stream, asked[i].answer, &answer);
    judge(result, "http2", outcome, &answer);
    if (outcome == RIGHT) continue;
    close_wire(&wire);
    begin_http2(&wire, port);
    stream = (unsigned)-1;
  }
  /* Two at once, one of which is taken back. */
  ask_http2(&wire, stream, "/big", NULL);
  ask_http2(&wire, stream + 2, "/a", NULL);
  send_frame(wire.fd, FRAME_RST_STREAM, 0, stream, "\0\0\0\10", 4);
  judge(result, "http2 beside a reset", outcome_of_http2(&wire, stream + 2, "GET /a ", &answer), &answer);
  close_wire(&wire);
}

void script_run(const uint16_t ports[SCRIPT_PORTS], int late, struct script_result *result) {
  static struct wire dead, dead_tcp, waiting, tunnel;
  open_wire(&dead, ports[SCRIPT_HTTP]);
  send_text(dead.fd, "GET /dead HTTP/1.1\r\nHost: h\r\n\r\n");
  open_wire(&dead_tcp, ports[SCRIPT_DEAD]);
  send_text(dead_tcp.fd, "anybody?");
  open_wire(&waiting, ports[SCRIPT_HTTP]);
  send_text(waiting.fd, "GET /late HTTP/1.1\r\nHost: h\r\n\r\n");
  play_requests(ports[SCRIPT_HTTP], requests, sizeof requests / sizeof requests[0], result);
  play_pipelined(ports[SCRIPT_HTTP], result);
  play_upgrade(ports[SCRIPT_HTTP], result, &tunnel);
  play_echo(ports[SCRIPT_ECHO], result);
  play_late(&waiting, late, result);
  play_big(ports[SCRIPT_HTTP], result);
  play_sum(ports[SCRIPT_HTTP], result);
  play_dead(&dead, &dead_tcp, result);
  if (WITH_HTTP2) play_http2(ports[SCRIPT_HTTP], result);
  kill(getpid(), SIGTERM);
  /* The tunnel is still open: it is cut. */
  if (fill(&tunnel) || tunnel.timed_out) note_wrong(result, "the tunnel is not cut\n");
  close_wire(&tunnel);
}

/* --- the client of the demo --- */

/* The line's place in all that comes back is where its "Echo: " begins. */
static size_t put_line(char *bytes, unsigned line, bool answer) {
  size_t len = answer ? (size_t)sprintf(bytes, "Echo: ") : 0;
  for (size_t i = 0; i < LINE_BYTES; i++) bytes[len++] = pattern_at(line + i);
  bytes[len++] = '\n';
  return len;
}

/* Everything is sent, and only then is anything read. */
static void play_slow_lines(uint16_t port, struct script_result *result) {
  struct wire wire;
  struct message answer = {.status = 0};
  char bytes[LINE_BYTES + 16];
  int reading = SLOW_READ_BYTES, sending = SLOW_SENT_BYTES;
  open_wire(&wire, port);
  setsockopt(wire.fd, SOL_SOCKET, SO_RCVBUF, &reading, sizeof reading);
  setsockopt(wire.fd, SOL_SOCKET, SO_SNDBUF, &sending, sizeof sending);
  for (unsigned i = 0; i < LINES; i++) send_all(wire.fd, bytes, put_line(bytes, i, false));
  usleep(5000); /* so that it gets stuck */
  enum outcome outcome = RIGHT;
  for (unsigned i = 0; outcome == RIGHT && i < LINES; i++) {
    size_t len = put_line(bytes, i, true);
    while (wire.end - wire.start < len && fill(&wire)) {
    }
    size_t got = wire.end - wire.start < len ? wire.end - wire.start : len;
    if (got < len) outcome = FAILED;
    if (wire.timed_out || memcmp(wire.bytes + wire.start, bytes, got) != 0) outcome = WRONG;
    wire.start += got;
  }
  judge(result, "demo slow", outcome, &answer);
  close_wire(&wire);
}

/* Sends `text`; what comes back is `wanted`, and then perhaps the end. */
static enum outcome answers(struct wire *wire, const char *text, const char *wanted, bool to_end) {
  size_t len = strlen(wanted);
  send_text(wire->fd, text);
  if (to_end) shutdown(wire->fd, SHUT_WR);
  while (wire->end - wire->start < len && fill(wire)) {
  }
  size_t got = wire->end - wire->start;
  if (wire->timed_out || got > len || memcmp(wire->bytes + wire->start, wanted, got) != 0) return WRONG;
  if (got < len) return FAILED;
  wire->start = wire->end;
  return to_end && (fill(wire) || wire->timed_out) ? WRONG : RIGHT;
}

static void play_lines(uint16_t port, bool proxied, struct script_result *result) {
  struct wire wire;
  struct message answer = {.status = 0};
  open_wire(&wire, port);
  enum outcome outcome = answers(&wire, "a\r\nb\nc", "Echo: a\nEcho: b\n", false);
  if (outcome == RIGHT) outcome = answers(&wire, "d\nlast", "Echo: cd\nEcho: last\n", true);
  judge(result, proxied ? "lines" : "demo lines", outcome, &answer);
  close_wire(&wire);
}

static void play_demo_pipelined(uint16_t port, struct script_result *result) {
  struct wire wire;
  struct message first = {.status = 0}, second = {.status = 0};
  open_wire(&wire, port);
  send_text(wire.fd, "GET /one HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
  enum outcome outcome = outcome_of(&wire, 200, MESSAGE("one"), &first);
  if (outcome == RIGHT) outcome = outcome_of(&wire, 200, MESSAGE("two"), &second);
  judge(result, "demo pipelined", outcome, outcome == RIGHT ? &first : &second);
  close_wire(&wire);
}

void script_run_demo(const uint16_t ports[SCRIPT_PORTS], struct script_result *result) {
  static struct wire half_line, half_head;
  struct message answer = {.status = 0}, refusal = {.status = 0};
  open_wire(&half_line, ports[SCRIPT_DEMO_ECHO]);
  send_text(half_line.fd, "a line without an end");
  open_wire(&half_head, ports[SCRIPT_DEMO_HTTP]);
  send_text(half_head.fd, "GET / HTTP/1.1\r\nHost: h\r\n");
  play_requests(ports[SCRIPT_DEMO_WEB], proxied_demo_requests,
                sizeof proxied_demo_requests / sizeof proxied_demo_requests[0], result);
  play_lines(ports[SCRIPT_DEMO_TCP], true, result);
  play_requests(ports[SCRIPT_DEMO_HTTP], demo_requests, sizeof demo_requests / sizeof demo_requests[0], result);
  play_demo_pipelined(ports[SCRIPT_DEMO_HTTP], result);
  play_lines(ports[SCRIPT_DEMO_ECHO], false, result);
  play_slow_lines(ports[SCRIPT_DEMO_ECHO], result);
  kill(getpid(), SIGTERM);
  /* Both are closed with the server. */
  judge(result, "demo half a line", fill(&half_line) || half_line.timed_out ? WRONG : RIGHT, &answer);
  bool refused = read_message(&half_head, &refusal) && is_own_error(&refusal, 503);
  bool silent = !half_head.timed_out && half_head.end == 0;
  judge(result, "demo half a head", refused ? FAILED : silent ? RIGHT : WRONG, &refusal);
  close_wire(&half_line);
  close_wire(&half_head);
}
