/* The banner is written straight to stderr, before the log's thread has anything to say. */
#include "liteginx/cli/run.h"

#include <stdio.h>
#include <stdlib.h>

#include "liteginx/cli/files.h"
#include "liteginx/cli/tls_world.h"
#include "liteginx/server/outward.h"
#include "liteginx/server/system.h"

#define NS_PER_MS UINT64_C(1000000)

enum { FAILED = 1, STDOUT = 1, STDERR = 2, ADDRESS_BYTES = 64 };

static struct config *load(const struct options *options, const struct run_guest *guest, bool color);
static bool open_all(struct server *server, struct config *config, const struct options *options,
                     struct run_guest *guest, struct buf *notes, struct config_report *report);
static void print_banner(const struct server *server, const struct buf *notes, bool color, uint64_t started_ns);
static int serve(struct server *server);
static void free_server(struct server *server, int status);
static void on_end(void *guest);

int run_main(const struct options *options, uint64_t started_ns, struct run_guest *guest) {
  bool color = options_wants_color(options, STDERR);
  struct config *config = load(options, guest, color);
  if (!config) return FAILED;
  if (options->workers_given) config->settings.workers = options->workers;
  struct server server;
  struct buf notes = BUF_EMPTY;
  struct config_report report;
  config_report_init(&report);
  bool good = open_all(&server, config, options, guest, &notes, &report);
  files_print(NULL, &report, stderr, color);
  config_report_free(&report);
  if (good) print_banner(&server, &notes, color, started_ns);
  buf_free(&notes);
  return good ? serve(&server) : FAILED;
}

static struct config *load(const struct options *options, const struct run_guest *guest, bool color) {
  if (options->config_count == 0 && guest && guest->example) return files_load_text(guest->example, stderr, color);
  return files_load(options->configs, options->config_count, stderr, color);
}

struct banner_bound run_bound(const struct listener *listener) {
  return (struct banner_bound){.ipv4 = listener->ipv4 != NULL, .ipv6 = listener->ipv6 != NULL, .port = listener->port};
}

static bool open_all(struct server *server, struct config *config, const struct options *options,
                     struct run_guest *guest, struct buf *notes, struct config_report *report) {
  struct server_terminal terminal = {
      .out_color = options_wants_color(options, STDOUT),
      .err_color = options_wants_color(options, STDERR),
      .err = system_is_terminal(STDERR),
  };
  if (!server_open(server, config, terminal, tls_world_source(), report)) return false;
  if (!guest) return true;
  server->on_end = on_end;
  server->owner = guest;
  if (guest->open(guest, server, notes, report)) return true;
  free_server(server, FAILED);
  return false;
}

static void print_banner(const struct server *server, const struct buf *notes, bool color, uint64_t started_ns) {
  struct buf text = BUF_EMPTY;
  char outward[ADDRESS_BYTES];
  bool outward_known = outward_address(outward, sizeof outward);
  for (unsigned i = 0; i < server->workers[0].listener_count; i++) {
    const struct worker_listener *each = &server->workers[0].listeners[i];
    struct banner_bound bound = run_bound(&each->listener);
    if (outward_known) bound.outward = outward;
    banner_listener(&text, each->snapshot->config, bound, color);
  }
  (void)buf_append(&text, buf_view(notes), BANNER_MAX_BYTES);
  if (buf_len(&text)) fwrite(buf_view(&text).ptr, 1, buf_len(&text), stderr);
  buf_free(&text);
  if (tls_world_is_strange(server->snapshot->config)) {
    fputs("browsers warn of these certificates until this machine trusts the CA that signs them: liteginx trust\n",
          stderr);
  }
  fprintf(stderr, "liteginx " LITEGINX_VERSION " ready in %u ms%s\n",
          (unsigned)((uv_hrtime() - started_ns + NS_PER_MS - 1) / NS_PER_MS),
          server->terminal.err ? ", Ctrl-C stops it" : "");
  fflush(stderr);
}

static int serve(struct server *server) {
  int status = server_run(server);
  free_server(server, status);
  return status;
}

/* Where a thread is stuck in the system, exit() would wait for it. */
static void free_server(struct server *server, int status) {
  if (server_free(server)) return;
  fflush(NULL);
  system_leave_at_once(status);
}

static void on_end(void *guest) {
  struct run_guest *ending = guest;
  ending->close(ending);
}
