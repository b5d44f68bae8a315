/* Nothing is taken from a record of what was done: each line is a look at how things are. */
#include "liteginx/cli/doctor.h"

#include <inttypes.h>

#include "liteginx/base/clock.h"
#include "liteginx/cli/data_folder.h"
#include "liteginx/cli/env_bundle.h"
#include "liteginx/cli/local_ca.h"
#include "liteginx/cli/output.h"
#include "liteginx/cli/trust_stores.h"
#include "liteginx/tls/certificate.h"
#include "liteginx/tls/private_folder.h"

enum { FAILED = 1, DAY_S = 86400, SOON_DAYS = 30 };

static bool look_at_ca(FILE *out, struct authority **authority);
static bool look_at_modes(FILE *out, struct arena *arena, const char *folder);
static bool look_at_access(FILE *out, const char *path);
static bool look_at_end(FILE *out, const struct authority *authority);
static bool look_at_constraints(FILE *out, const struct authority *authority);
static bool look_at_store(struct trust_job *job, const struct trust_store *store);
static bool look_at_bundle(struct trust_job *job);

int doctor_run(const struct options *options, FILE *out, FILE *err) {
  struct authority *authority;
  struct trust_job job;
  bool good = look_at_ca(out, &authority);
  trust_stores_begin(&job, authority, out, true);
  struct trust_list list = trust_stores_find(&job);
  for (unsigned i = 0; authority && i < list.count; i++) good &= look_at_store(&job, &list.at[i]);
  if (authority) good &= look_at_bundle(&job);
  if (authority) good &= trust_stores_permit(options, authority, out, err);
  trust_stores_end(&job);
  authority_free(authority);
  int status = output_end(out, "", err);
  return good ? status : FAILED;
}

/* --- the CA --- */

static bool look_at_ca(FILE *out, struct authority **authority) {
  struct arena arena;
  struct tls_problem problem = {""};
  arena_init(&arena, NULL, 1 << 20);
  *authority = NULL;
  const char *folder = local_ca_folder(&arena);
  enum authority_found found = folder ? authority_read(folder, authority, &problem) : AUTHORITY_NONE;
  bool good = found == AUTHORITY_OPEN;
  if (!folder) {
    fputs("✗ there is no home folder to keep a local CA in\n", out);
  } else if (found == AUTHORITY_NONE) {
    fprintf(out, "✗ there is no local CA in %s (liteginx trust makes it)\n", folder);
  } else if (found == AUTHORITY_UNSOUND) {
    fprintf(
        out,
        "✗ the local CA in %s is not sound: %s (liteginx untrust, remove the folder, then liteginx trust makes a new "
        "one)\n",
        folder, problem.text);
  } else {
    fprintf(out, "✓ the local CA in %s is whole, and its key fits: %s\n", folder, authority_name(*authority));
    good = look_at_end(out, *authority);
    good &= look_at_constraints(out, *authority);
  }
  if (folder && found != AUTHORITY_NONE) good &= look_at_modes(out, &arena, folder);
  arena_reset(&arena);
  return good;
}

static bool look_at_modes(FILE *out, struct arena *arena, const char *folder) {
  const char *key = data_folder_join(arena, folder, FOUNDING_KEY);
  bool good = look_at_access(out, folder);
  good &= key && look_at_access(out, key);
  if (good) fputs("✓ nobody else can read its key\n", out);
  return good;
}

static bool look_at_access(FILE *out, const char *path) {
  switch (private_folder_access(path)) {
  case PRIVATE_FOLDER_OWN:
    return true;
  case PRIVATE_FOLDER_OPEN:
    fprintf(out, "✗ others can reach %s (chmod go= '%s')\n", path, path);
    return false;
  case PRIVATE_FOLDER_FOREIGN:
    fprintf(out,
            "✗ %s belongs to another user (was liteginx started by sudo? it asks for root itself where it needs it)\n",
            path);
    return false;
  case PRIVATE_FOLDER_MISSING:
    break;
  }
  fprintf(out, "✗ %s is not there\n", path);
  return false;
}

static bool look_at_end(FILE *out, const struct authority *authority) {
  int64_t days = (authority_end(authority) - clock_now().tv_sec) / DAY_S;
  int64_t begins = certificate_time(X509_get0_notBefore(authority_root(authority)));
  if (begins > clock_now().tv_sec) {
    fputs("✗ it is not valid yet: does this machine's clock go right?\n", out);
    return false;
  }
  if (days < SOON_DAYS) {
    fprintf(out,
            "✗ it ends in %" PRId64
            " days (liteginx untrust, remove the folder, then liteginx trust makes a new one)\n",
            days);
    return false;
  }
  fprintf(out, "✓ it is valid for %" PRId64 " days more\n", days);
  return true;
}

/* What it may not sign for is what makes it harmless. */
static bool look_at_constraints(FILE *out, const struct authority *authority) {
  static const char *const strangers[] = {"example.com", "www.example.org", "1.1.1.1", "2606:4700:4700::1111"};
  bool local = authority_permits(authority, STR("localhost")) && authority_permits(authority, STR("app.test")) &&
               authority_permits(authority, STR("127.0.0.1")) && authority_permits(authority, STR("::1"));
  bool others = false;
  for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
    others |= authority_permits(authority, str_of(strangers[i]));
  }
  if (!local) fputs("✗ its constraints do not permit local names\n", out);
  if (others) fputs("✗ its constraints permit names of the Internet\n", out);
  if (local && !others) fputs("✓ it can sign for local names only\n", out);
  return local && !others;
}

/* --- who trusts it --- */

static bool look_at_store(struct trust_job *job, const struct trust_store *store) {
  struct tls_problem problem = {""};
  switch (store->ops->check(job, store, &problem)) {
  case TRUST_YES:
    fprintf(job->out, "✓ %s trusts it\n", store->words);
    return true;
  case TRUST_NO:
    fprintf(job->out, "✗ %s does not trust it: %s (liteginx trust)\n", store->words, problem.text);
    return false;
  case TRUST_UNKNOWN:
    break;
  }
  fprintf(job->out, "✗ %s cannot be asked: %s\n", store->words, problem.text);
  return false;
}

/* The bundle is a copy of the system's roots, which change. */
static bool look_at_bundle(struct trust_job *job) {
  const char *path = env_bundle_path(&job->arena);
  switch (env_bundle_look(&job->arena, job->root_path)) {
  case ENV_BUNDLE_NONE: /* nobody has asked for one */
    return true;
  case ENV_BUNDLE_CURRENT:
    fprintf(job->out, "✓ the bundle of liteginx env, %s, holds its root and what it was made from\n", path);
    return true;
  case ENV_BUNDLE_STALE:
    break;
  }
  fprintf(job->out, "✗ the bundle of liteginx env, %s, is not what it would be now (liteginx env)\n", path);
  return false;
}
