/* The configuration is read only where a CA has to be made: its hosts are all that is wanted of it. */
#include "liteginx/cli/trust_stores.h"

#include "liteginx/cli/data_folder.h"
#include "liteginx/cli/files.h"
#include "liteginx/cli/local_ca.h"
#include "liteginx/cli/shell.h"
#include "liteginx/cli/trust_java.h"
#include "liteginx/cli/trust_nss.h"
#include "liteginx/cli/trust_system.h"

enum { JOB_BYTES = 64 << 20 };

/* Each adds what it finds. */
static void (*const kinds[])(struct trust_job *job, struct trust_list *list) = {
    trust_system_find,
    trust_nss_find,
    trust_java_find,
};

static struct authority *make(const struct options *options, FILE *out, FILE *err);
static bool is_anywhere(const struct options *options);

void trust_stores_begin(struct trust_job *job, const struct authority *authority, FILE *out, bool dry_run) {
  *job = (struct trust_job){.out = out, .dry_run = dry_run, .authority = authority};
  arena_init(&job->arena, NULL, JOB_BYTES);
  job->home = data_folder_home(&job->arena, shell_getenv, &job->arena);
  job->owner = local_ca_owner(&job->arena);
  job->root_path = data_folder_join(&job->arena, local_ca_folder(&job->arena), FOUNDING_ROOT);
  if (!job->root_path) job->root_path = FOUNDING_ROOT;
}

bool trust_stores_may_change(FILE *err) {
  struct arena arena;
  arena_init(&arena, NULL, JOB_BYTES);
  const char *user = shell_getenv(&arena, "SUDO_USER");
  bool may = !user || !user[0] || strcmp(user, "root") == 0;
  if (!may) {
    fprintf(
        err,
        "liteginx: call this without sudo: it is about %s's CA and browsers, and asks for root itself where a store "
        "needs it (root's own CA is meant: env -u SUDO_USER)\n",
        user);
  }
  arena_reset(&arena);
  return may;
}

void trust_stores_end(struct trust_job *job) {
  arena_reset(&job->arena);
}

struct trust_list trust_stores_find(struct trust_job *job) {
  struct trust_list list = {.at = NULL};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) kinds[i](job, &list);
  return list;
}

struct authority *trust_stores_authority(const struct options *options, FILE *out, FILE *err) {
  struct authority *authority = NULL;
  struct tls_problem problem = {""};
  struct arena arena;
  arena_init(&arena, NULL, JOB_BYTES);
  const char *folder = local_ca_folder(&arena);
  enum authority_found found = folder ? authority_read(folder, &authority, &problem) : AUTHORITY_NONE;
  if (found == AUTHORITY_NONE && options->dry_run) {
    fprintf(out, "there is no local CA yet: it would be made in %s\n", folder ? folder : "(no home folder)");
  } else if (found == AUTHORITY_NONE) {
    authority = make(options, out, err);
  } else if (found == AUTHORITY_UNSOUND) {
    fprintf(err, "liteginx: the local CA in %s cannot be used: %s (liteginx doctor says more)\n", folder, problem.text);
  }
  arena_reset(&arena);
  return authority;
}

/* An error in the configuration is one here, too: a CA without its hosts could not be mended later. */
static struct authority *make(const struct options *options, FILE *out, FILE *err) {
  struct authority *authority = NULL;
  struct tls_problem problem = {""};
  struct config *config = NULL;
  if (is_anywhere(options)) {
    config = files_load(options->configs, options->config_count, err, false);
    if (!config) return NULL;
  }
  if (local_ca_open(config, &authority, &problem)) {
    fprintf(out, "made a local CA, which can sign for local names only: %s\n", authority_name(authority));
  } else {
    fprintf(err, "liteginx: %s\n", problem.text);
  }
  config_free(config);
  return authority;
}

/* Is a configuration named, or in the current folder? The user's own elsewhere is not asked: it may belong to anything. */
static bool is_anywhere(const struct options *options) {
  return options->config_count > 0 || files_exist("./liteginx.yaml") || files_exist("./liteginx.yml") ||
         inputs_in_folder("./liteginx");
}

bool trust_stores_permit(const struct options *options, const struct authority *authority, FILE *out, FILE *err) {
  struct str host;
  if (options->config_count == 0) return true;
  struct config *config = files_load(options->configs, options->config_count, err, false);
  if (!config) return false;
  bool lacks = local_ca_lacks(config, authority, &host);
  if (lacks) {
    fprintf(
        out,
        "✗ the local CA may not sign for %.*s, which was not declared when it was made (liteginx untrust, remove the "
        "folder, then liteginx trust PATH makes a new one)\n",
        STR_ARG(host));
  }
  config_free(config);
  return !lacks;
}
