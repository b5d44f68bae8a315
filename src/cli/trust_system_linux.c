/* Distributions differ in a folder, in an ending, and in the program that makes one bundle of all. The bundle is what programs read,
 * so it is what is looked at. */
#include "liteginx/cli/trust_system.h"

#include "liteginx/cli/inputs.h"
#include "liteginx/cli/program.h"
#include "liteginx/tls/bundle.h"

struct flavour {
  const char *folder, *ending, *program;
  const char *anew; /* what makes it forget what is gone; NULL: it does so by itself */
};

/* The first whose folder and program are there counts. */
static const struct flavour flavours[] = {
    {"/etc/pki/ca-trust/source/anchors", ".pem", "update-ca-trust", NULL},             /* Fedora, RHEL */
    {"/etc/pki/trust/anchors", ".pem", "update-ca-certificates", NULL},                /* openSUSE */
    {"/etc/ca-certificates/trust-source/anchors", ".crt", "update-ca-trust", NULL},    /* Arch */
    {"/usr/local/share/ca-certificates", ".crt", "update-ca-certificates", "--fresh"}, /* Debian, Ubuntu, Alpine */
};

static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Arch, Alpine */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* Fedora, RHEL */
    "/etc/pki/tls/certs/ca-bundle.crt",                  /* Fedora, RHEL: of old */
    "/etc/ssl/ca-bundle.pem",                            /* openSUSE */
    "/etc/ssl/cert.pem",
};

/* What `remove` looks for, and has found. */
struct removal {
  struct tls_problem *problem;
  unsigned found;
  bool failed;
};

static enum trust_state check(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
static bool add(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
static enum trust_change take_out(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
static void on_found(struct trust_job *job, const char *path, void *owner);
static const char *update_program(struct trust_job *job, const struct flavour *flavour);
static bool is_there(const char *path);

static const struct trust_store_ops ops = {.check = check, .add = add, .remove = take_out};

void trust_system_find(struct trust_job *job, struct trust_list *list) {
  for (size_t i = 0; i < sizeof flavours / sizeof *flavours; i++) {
    const struct flavour *flavour = &flavours[i];
    if (!is_there(flavour->folder) || !program_find_for_root(&job->arena, flavour->program)) continue;
    struct trust_store store = {
        .ops = &ops,
        .words = trust_text(job, "the system's store (%s)", flavour->folder),
        .place = flavour->folder,
        .detail = flavour,
        .restart = "programs that run already",
    };
    (void)trust_list_add(job, list, store);
    return;
  }
}

const char *trust_system_bundle(void) {
  for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++) {
    if (is_there(bundles[i])) return bundles[i];
  }
  return NULL;
}

static enum trust_state check(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem) {
  (void)store;
  const char *bundle = trust_system_bundle();
  struct str roots = bundle ? trust_file(job, bundle) : STR("");
  if (!roots.ptr || !bundle) {
    (void)tls_problem_say(problem, "its bundle of roots cannot be read");
    return TRUST_UNKNOWN;
  }
  return bundle_trusts(roots, job->authority, problem) ? TRUST_YES : TRUST_NO;
}

static bool add(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem) {
  const struct flavour *flavour = store->detail;
  const char *file = trust_text(job, "%s/liteginx-local-ca-%s%s", flavour->folder,
                                trust_id(authority_name(job->authority)), flavour->ending);
  if (!file) return tls_problem_no_memory(problem);
  const char *copy[] = {"install", "-m", "0644", job->root_path, file, NULL},
             *update[] = {update_program(job, flavour), NULL};
  return trust_command(job, TRUST_AS_ROOT, copy, problem) && trust_command(job, TRUST_AS_ROOT, update, problem);
}

static enum trust_change take_out(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem) {
  const struct flavour *flavour = store->detail;
  struct removal removal = {.problem = problem};
  trust_each(job, flavour->folder, STR("liteginx-local-ca-"), str_of(flavour->ending), on_found, &removal);
  if (removal.failed) return TRUST_FAILED;
  if (!removal.found) return TRUST_SAME;
  const char *update[] = {update_program(job, flavour), flavour->anew, NULL};
  return trust_command(job, TRUST_AS_ROOT, update, problem) ? TRUST_CHANGED : TRUST_FAILED;
}

/* The machine's other users have theirs there, too: whose it is the certificate says. */
static void on_found(struct trust_job *job, const char *path, void *owner) {
  struct removal *removal = owner;
  char name[128];
  struct str text = trust_file(job, path);
  if (!text.ptr || !bundle_first_name(text, name, sizeof name) || !trust_is_ours(job, name)) return;
  const char *words[] = {"rm", "-f", path, NULL};
  removal->found++;
  removal->failed |= !trust_command(job, TRUST_AS_ROOT, words, removal->problem);
}

/* It was there when the store was found. */
static const char *update_program(struct trust_job *job, const struct flavour *flavour) {
  const char *found = program_find_for_root(&job->arena, flavour->program);
  return found ? found : flavour->program;
}

static bool is_there(const char *path) {
  uv_stat_t stat;
  return inputs_stat(path, &stat) == 0;
}
