/* The program: arguments in, exit status out. All else is a library, which the tests link too. */
#include <stdio.h>
#include <uv.h>

#include "liteginx/cli/check.h"
#include "liteginx/cli/demo.h"
#include "liteginx/cli/explain.h"
#include "liteginx/cli/files.h"
#include "liteginx/cli/init.h"
#include "liteginx/cli/output.h"
#include "liteginx/cli/run.h"
#include "liteginx/cli/tls_verbs.h"
#include "liteginx/server/system.h"

enum { FAILED = 1, WRONG_USAGE = 2, STDERR = 2 };

static int follow(const struct options *options, uint64_t started_ns) {
  switch (options->verb) {
  case VERB_RUN:
    return run_main(options, started_ns, NULL);
  case VERB_CHECK:
    return check_run(options->configs, options->config_count, stdout, stderr, options_wants_color(options, STDERR));
  case VERB_DEMO:
    return demo_main(options, started_ns);
  case VERB_EXPLAIN:
    return explain_run(options, stdout, stderr, options_wants_color(options, STDERR));
  case VERB_INIT:
    return init_run(options->config_count ? options->configs[0] : NULL, stdout, stderr);
  case VERB_TRUST:
  case VERB_UNTRUST:
  case VERB_DOCTOR:
  case VERB_ENV:
    return tls_verbs_run(options, stdout, stderr);
  case VERB_HELP:
    options_print_help(stdout);
    return output_end(stdout, "", stderr);
  case VERB_VERSION:
    options_print_version(stdout);
    return output_end(stdout, "", stderr);
  }
  return WRONG_USAGE;
}

int main(int argc, char **argv) {
  uint64_t started_ns = uv_hrtime();
  system_guard_standard_streams();
  argv = system_arguments(&argc, argv);
  struct options options;
  int status = WRONG_USAGE;
  if (options_parse(&options, argc, argv, files_exist)) {
    status = follow(&options, started_ns);
  } else if (options.no_memory) {
    fprintf(stderr, "liteginx: %s\n", options.error);
    status = FAILED;
  } else {
    fprintf(stderr, "liteginx: %s\nTry 'liteginx --help'.\n", options.error);
  }
  options_free(&options);
  return status;
}
