/* The upstreams are ordinary servers on localhost: the proxy reaches them as it reaches any other. One that runs there
 * already is used as it is. Where no configuration is named, the README's example is served, whatever lies in the usual
 * places: a demo shows the same everywhere. */
#include "liteginx/cli/demo.h"

#include <stdio.h>

#include "liteginx/cli/demo_echo.h"
#include "liteginx/cli/demo_http.h"
#include "liteginx/cli/run.h"

enum { TRIES_PER_LISTENER = 4, TRIED_LISTENERS = 4 };

static const struct config_text example = {
    STR_INIT("<example>"),
    STR_INIT("name: demo\n"
             "spec:\n"
             "  - {kind: http, listen: 5000, path: /one, targets: [{host: localhost, port: 3000}]}\n"
             "  - {kind: http, listen: 5000, path: /two, rewrite: /, targets: [{host: localhost, port: 3000}]}\n"
             "  - {kind: tcp, listen: 4001, targets: [{host: localhost, port: 4000}]}\n"),
};

struct demo {
  struct run_guest guest;
  struct demo_server http, echo;
};

static bool on_open(struct run_guest *guest, struct server *server, struct buf *notes, struct config_report *report);
static void on_close(struct run_guest *guest);
static bool note_upstream(int status, const char *what, unsigned port, struct buf *notes, struct config_report *report);
static void note_tries(const struct server *server, struct buf *notes);

int demo_main(const struct options *options, uint64_t started_ns) {
  struct demo demo = {.guest = {.example = &example, .open = on_open, .close = on_close}};
  if (options->config_count == 0) {
    fprintf(stderr,
            "demo: this example is served; to change it, save it as demo.yaml and start 'liteginx demo demo.yaml':\n"
            "\n%.*s\n",
            STR_ARG(example.text));
    fflush(stderr);
  }
  list_init(&demo.http.conns);
  list_init(&demo.echo.conns);
  return run_main(options, started_ns, &demo.guest);
}

static bool on_open(struct run_guest *guest, struct server *server, struct buf *notes, struct config_report *report) {
  struct demo *demo = container_of(guest, struct demo, guest);
  struct loop *loop = &server->workers[0].loop;
  int http = demo_server_open(&demo->http, loop, DEMO_HTTP_PORT, &demo_http);
  int echo = demo_server_open(&demo->echo, loop, DEMO_ECHO_PORT, &demo_echo);
  bool good = note_upstream(http, "HTTP upstream", DEMO_HTTP_PORT, notes, report);
  good = note_upstream(echo, "TCP line echo", DEMO_ECHO_PORT, notes, report) && good;
  note_tries(server, notes);
  return good;
}

static void on_close(struct run_guest *guest) {
  struct demo *demo = container_of(guest, struct demo, guest);
  demo_server_close(&demo->http);
  demo_server_close(&demo->echo);
}

static bool note_upstream(int status, const char *what, unsigned port, struct buf *notes,
                          struct config_report *report) {
  if (status == 0) {
    banner_printf(notes, "demo: a built-in %s answers on localhost:%u\n", what, port);
  } else if (status == UV_EADDRINUSE) {
    banner_printf(notes, "demo: localhost:%u has a server already: that one is used instead of the built-in %s\n", port,
                  what);
  } else {
    config_report_add(report, true, (struct config_place){0}, "the demo's %s cannot listen on localhost:%u: %s", what,
                      port, uv_strerror(status));
  }
  return status == 0 || status == UV_EADDRINUSE;
}

static void note_tries(const struct server *server, struct buf *notes) {
  const struct worker *worker = &server->workers[0];
  banner_printf(notes, "demo: try in another terminal:\n");
  for (unsigned i = 0; i < worker->listener_count && i < TRIED_LISTENERS; i++) {
    const struct worker_listener *each = &worker->listeners[i];
    banner_tries(notes, each->snapshot->config, run_bound(&each->listener), TRIES_PER_LISTENER);
  }
}
