/* The configuration becomes a snapshot like that of a server, and nothing is opened. */
#include "liteginx/cli/explain.h"

#include "liteginx/base/log.h"
#include "liteginx/cli/expect.h"
#include "liteginx/cli/explain_print.h"
#include "liteginx/cli/files.h"
#include "liteginx/cli/output.h"

enum { GOOD = 0, FAILED = 1, WRONG_USAGE = 2, SHOWN_BYTES = 400 };

static int explain_one(const struct options *options, const struct snapshot *snapshot, FILE *out, FILE *err);
static int print_problem(const struct explained *explained, FILE *err);

int explain_run(const struct options *options, FILE *out, FILE *err, bool color) {
  struct target_table targets;
  struct config *config = files_load(options->configs, options->config_count, err, color);
  if (!config) return FAILED;
  target_table_init(&targets);
  struct snapshot *snapshot = snapshot_new(config, &targets);
  if (!snapshot) {
    fputs("liteginx: out of memory\n", err);
    return FAILED;
  }
  int status = options->expect ? expect_run(snapshot, options->expect, out, err, color)
                               : explain_one(options, snapshot, out, err);
  snapshot_release(snapshot);
  return status;
}

static int explain_one(const struct options *options, const struct snapshot *snapshot, FILE *out, FILE *err) {
  struct explained explained;
  const struct explained_request request = {
      .method = str_of(options->method),
      .url = str_of(options->url),
      .fields = options->fields,
      .field_count = options->field_count,
      .from = str_of(options->from),
  };
  explained_make(&explained, snapshot, &request);
  int status = GOOD;
  if (explained.problem.len) {
    status = print_problem(&explained, err);
  } else {
    if (options->json) {
      explain_print_json(&explained, out);
    } else {
      explain_print_text(&explained, out);
    }
    bool refused = explained.answered && ending_has_cause(explained.ending.reason);
    status = output_end(out, "", err);
    if (refused) status = FAILED;
  }
  explained_free(&explained);
  return status;
}

static int print_problem(const struct explained *explained, FILE *err) {
  char shown[SHOWN_BYTES];
  size_t len = log_escape(shown, sizeof shown, explained->problem);
  fprintf(err, "liteginx: %.*s\n", (int)len, shown);
  return explained->no_memory ? FAILED : WRONG_USAGE;
}
