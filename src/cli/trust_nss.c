/* By NSS's own program, which knows its format and its locks. Whether a database trusts the CA are two questions: does a fresh leaf
 * verify against the root that it holds, and does NSS take that root for one that may sign for servers? */
#include "liteginx/cli/trust_nss.h"

#include <string.h>

#include "liteginx/cli/inputs.h"
#include "liteginx/cli/program.h"
#include "liteginx/cli/trust_nss_places.h"
#include "liteginx/tls/bundle.h"

struct finding {
  struct trust_list *list;
  const char *fresh; /* what Chromium would make; NULL: it is there, or is not wanted */
};

static enum trust_state check(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
static bool add(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
static enum trust_change take_out(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
static void on_firefox(struct trust_job *job, const char *folder, void *owner);
static void on_profile(struct trust_job *job, const char *path, void *owner);
static void on_chromium(struct trust_job *job, const char *folder, void *owner);
static void add_database(struct trust_job *job, struct trust_list *list, const char *words, const char *folder,
                         const char *restart);
static bool has_database(struct trust_job *job, const char *folder);
static bool is_known(const struct trust_list *list, const char *folder);
static const char *database(struct trust_job *job, const struct trust_store *store);
static bool say_missing(struct tls_problem *problem);
static bool nickname(struct trust_job *job, struct str line, const char **name);

static const struct trust_store_ops ops = {.check = check, .add = add, .remove = take_out};

/* --- finding --- */

void trust_nss_find(struct trust_job *job, struct trust_list *list) {
  struct finding finding = {list, trust_nss_places_new(job)};
  struct trust_nss_places places = {on_firefox, on_chromium, &finding};
  trust_nss_places_each(job, &places);
  if (finding.fresh) {
    add_database(job, list, trust_text(job, "Chromium (%s, which it has not made yet)", finding.fresh), finding.fresh,
                 "Chromium and its kin, if they are open");
  }
}

static void on_firefox(struct trust_job *job, const char *folder, void *owner) {
  trust_each(job, folder, STR(""), STR(""), on_profile, owner);
}

static void on_profile(struct trust_job *job, const char *path, void *owner) {
  struct finding *finding = owner;
  if (!has_database(job, path)) return;
  add_database(job, finding->list, trust_text(job, "Firefox (%s)", path), path, "Firefox, if it is open");
}

/* Once one is there, Chromium makes no other. */
static void on_chromium(struct trust_job *job, const char *folder, void *owner) {
  struct finding *finding = owner;
  if (!has_database(job, folder)) return;
  if (job->home && str_starts_with(str_of(folder), str_of(job->home))) finding->fresh = NULL;
  add_database(job, finding->list, trust_text(job, "Chromium (%s)", folder), folder,
               "Chromium and its kin, if they are open");
}

/* One that several variables lead to counts once. */
static void add_database(struct trust_job *job, struct trust_list *list, const char *words, const char *folder,
                         const char *restart) {
  if (is_known(list, folder)) return;
  struct trust_store store = {.ops = &ops, .words = words, .place = folder, .restart = restart};
  (void)trust_list_add(job, list, store);
}

static bool is_known(const struct trust_list *list, const char *folder) {
  bool known = false;
  for (unsigned i = 0; i < list->count; i++) known = known || strcmp(list->at[i].place, folder) == 0;
  return known;
}

/* The old kind (cert8.db) no browser reads any more. */
static bool has_database(struct trust_job *job, const char *folder) {
  uv_stat_t stat;
  const char *file = trust_text(job, "%s/cert9.db", folder);
  return file && inputs_stat(file, &stat) == 0;
}

/* --- what is done with one --- */

static enum trust_state check(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem) {
  const char *at = database(job, store), *name = authority_name(job->authority);
  if (!program_find(&job->arena, "certutil")) {
    (void)say_missing(problem);
    return TRUST_UNKNOWN;
  }
  if (!has_database(job, store->place)) {
    (void)tls_problem_say(problem, "the root is not in it");
    return TRUST_NO;
  }
  const char *root[] = {"certutil", "-L", "-d", at, "-n", name, "-a", NULL};
  const char *verify[] = {"certutil", "-V", "-d", at, "-n", name, "-u", "L", NULL};
  struct str held = at ? trust_ask(job, root) : STR("");
  if (!held.ptr || !held.len) {
    (void)tls_problem_say(problem, "the root is not in it");
    return TRUST_NO;
  }
  if (!bundle_trusts(held, job->authority, problem)) return TRUST_NO;
  if (trust_ask(job, verify).ptr) return TRUST_YES;
  (void)tls_problem_say(problem, "the root is in it, but not as one that may sign for servers");
  return TRUST_NO;
}

/* "C": signs for servers; nothing for mail and programs. */
static bool add(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem) {
  const char *at = database(job, store), *name = authority_name(job->authority);
  const char *folder[] = {"mkdir", "-p", "-m", "700", store->place, NULL};
  const char *fresh[] = {"certutil", "-N", "--empty-password", "-d", at, NULL};
  const char *words[] = {"certutil", "-A", "-d", at, "-n", name, "-t", "C,,", "-i", job->root_path, NULL};
  if (!at) return tls_problem_no_memory(problem);
  if (!program_find(&job->arena, "certutil")) return say_missing(problem);
  bool there = has_database(job, store->place) || (trust_command(job, TRUST_AS_USER, folder, problem) &&
                                                   trust_command(job, TRUST_AS_USER, fresh, problem));
  return there && trust_command(job, TRUST_AS_USER, words, problem);
}

/* All that carry our name: the database is this user's own. */
static enum trust_change take_out(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem) {
  const char *at = database(job, store), *ask[] = {"certutil", "-L", "-d", at, NULL}, *name;
  enum trust_change change = TRUST_SAME;
  if (!has_database(job, store->place)) return TRUST_SAME;
  if (!program_find(&job->arena, "certutil")) return say_missing(problem) ? TRUST_SAME : TRUST_FAILED;
  struct str rest = at ? trust_ask(job, ask) : STR(""), line;
  while (change != TRUST_FAILED && rest.ptr && str_next(&rest, '\n', &line)) {
    if (!nickname(job, line, &name)) continue;
    const char *words[] = {"certutil", "-D", "-d", at, "-n", name, NULL};
    change = trust_command(job, TRUST_AS_USER, words, problem) ? TRUST_CHANGED : TRUST_FAILED;
  }
  return change;
}

/* The list has a name in each line, and behind it spaces and how it is trusted. */
static bool nickname(struct trust_job *job, struct str line, const char **name) {
  if (!str_starts_with(line, STR(FOUNDING_NAME " "))) return false;
  struct str cut = str_trim(line);
  while (cut.len && cut.ptr[cut.len - 1] != ' ') cut.len--;
  cut = str_trim(cut);
  *name = trust_text(job, "%.*s", STR_ARG(cut));
  return cut.len && *name;
}

static const char *database(struct trust_job *job, const struct trust_store *store) {
  return trust_text(job, "sql:%s", store->place);
}

static bool say_missing(struct tls_problem *problem) {
  return tls_problem_say(problem, "that needs NSS's program certutil (package %s)", trust_nss_places_package());
}
