/* The CA itself need not be there. Where it is, it is known by its whole name, too. */
#include "liteginx/cli/untrust.h"

#include "liteginx/cli/env_bundle.h"
#include "liteginx/cli/local_ca.h"
#include "liteginx/cli/output.h"
#include "liteginx/cli/trust_stores.h"

enum { FAILED = 1, FOLDER_BYTES = 1 << 20 };

static struct authority *open_quietly(void);
static bool take_out(struct trust_job *job, const struct trust_store *store);

int untrust_run(const struct options *options, FILE *out, FILE *err) {
  struct trust_job job;
  if (!trust_stores_may_change(err)) return FAILED;
  struct authority *authority = open_quietly();
  trust_stores_begin(&job, authority, out, options->dry_run);
  struct trust_list list = trust_stores_find(&job);
  bool good = true;
  for (unsigned i = 0; i < list.count; i++) good &= take_out(&job, &list.at[i]);
  if (!job.dry_run) local_ca_note_trusted(false);
  struct tls_problem problem;
  if (authority && !job.dry_run && !env_bundle_refresh(&job.arena, job.root_path, &problem)) {
    fprintf(out, "✗ the bundle of liteginx env stays as it was: %s\n", problem.text);
    good = false;
  }
  trust_stores_end(&job);
  authority_free(authority);
  int status = output_end(out, "", err);
  return good ? status : FAILED;
}

/* NULL: it is not there, or not sound; nothing hangs on it. */
static struct authority *open_quietly(void) {
  struct arena arena;
  struct tls_problem problem;
  struct authority *authority = NULL;
  arena_init(&arena, NULL, FOLDER_BYTES);
  const char *folder = local_ca_folder(&arena);
  if (folder && authority_read(folder, &authority, &problem) != AUTHORITY_OPEN) authority = NULL;
  arena_reset(&arena);
  return authority;
}

static bool take_out(struct trust_job *job, const struct trust_store *store) {
  struct tls_problem problem = {""};
  switch (store->ops->remove(job, store, &problem)) {
  case TRUST_SAME:
    fprintf(job->out, "✓ %s: nothing of ours is in it\n", store->words);
    return true;
  case TRUST_CHANGED:
    if (!job->dry_run) {
      fprintf(job->out, "✓ %s no longer trusts it (restart %s)\n", store->words, store->restart);
    } else {
      fprintf(job->out, "  %s would no longer trust it\n", store->words);
    }
    return true;
  case TRUST_FAILED:
    break;
  }
  fprintf(job->out, "✗ %s may still trust it: %s\n", store->words, problem.text);
  return false;
}
