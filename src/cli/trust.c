/* What counts as done is what a look at the store shows afterwards. */
#include "liteginx/cli/trust.h"

#include "liteginx/cli/env_bundle.h"
#include "liteginx/cli/local_ca.h"
#include "liteginx/cli/output.h"
#include "liteginx/cli/trust_stores.h"

enum { FAILED = 1 };

static bool trust_in(struct trust_job *job, const struct trust_store *store);

int trust_run(const struct options *options, FILE *out, FILE *err) {
  struct trust_job job;
  struct tls_problem problem;
  if (!trust_stores_may_change(err)) return FAILED;
  struct authority *authority = trust_stores_authority(options, out, err);
  if (!authority && !options->dry_run) return FAILED;
  trust_stores_begin(&job, authority, out, options->dry_run);
  struct trust_list list = trust_stores_find(&job);
  bool good = true;
  for (unsigned i = 0; i < list.count; i++) {
    if (authority) good &= trust_in(&job, &list.at[i]);
    if (!authority) fprintf(out, "%s would be told to trust it\n", list.at[i].words);
  }
  if (authority) good &= trust_stores_permit(options, authority, out, err);
  if (authority && !job.dry_run && !env_bundle_refresh(&job.arena, job.root_path, &problem)) {
    fprintf(out, "✗ the bundle of liteginx env stays as it was: %s\n", problem.text);
    good = false;
  }
  if (list.count == 0) fputs("there is no store here that is known: see liteginx env\n", out);
  trust_stores_end(&job);
  authority_free(authority);
  int status = output_end(out, "", err);
  return good ? status : FAILED;
}

/* What was wrong before it was put in is no news. */
static bool trust_in(struct trust_job *job, const struct trust_store *store) {
  struct tls_problem problem = {""};
  if (store->ops->check(job, store, &problem) == TRUST_YES) {
    fprintf(job->out, "✓ %s trusts it already\n", store->words);
    if (!job->dry_run) local_ca_note_trusted(true);
    return true;
  }
  fprintf(job->out, "  %s does not trust it yet\n", store->words);
  problem.text[0] = '\0';
  bool added = store->ops->add(job, store, &problem);
  if (added && job->dry_run) return true;
  if (added && store->ops->check(job, store, &problem) == TRUST_YES) {
    fprintf(job->out, "✓ %s trusts it now (restart %s)\n", store->words, store->restart);
    local_ca_note_trusted(true);
    return true;
  }
  fprintf(job->out, "✗ %s does not trust it: %s\n", store->words, problem.text);
  return false;
}
