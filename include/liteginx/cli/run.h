/* The verb `run`, and what `demo` shares with it: configuration → server → banner → exit status. */
#ifndef LITEGINX_CLI_RUN_H
#define LITEGINX_CLI_RUN_H

#include "liteginx/cli/banner.h"
#include "liteginx/cli/options.h"
#include "liteginx/server/server.h"

/* Who lives on the server's loop beside it. */
struct run_guest {
  const struct config_text *example; /* the configuration where none is named; NULL: it is looked for */
  /* Everything listens, nothing is served yet: open what is yours on the server's loop; what should be said before the
   * ready line goes to `notes`. False: an error is in *report. */
  bool (*open)(struct run_guest *guest, struct server *server, struct buf *notes, struct config_report *report);
  /* Nothing is served any more: close it. */
  void (*close)(struct run_guest *guest);
};

/* Serves in the foreground until told to stop. `started_ns`: uv_hrtime() at the start of the process. `guest` may be
 * NULL. Returns the exit status, or leaves the process itself where a thread is stuck in the system. */
int run_main(const struct options *options, uint64_t started_ns, struct run_guest *guest);

/* What became of a listener, for the banner. */
struct banner_bound run_bound(const struct listener *listener);

#endif
