/* The user's login keychain, which needs no root: macOS asks for the user's password by itself. */
#include "liteginx/cli/trust_system.h"

#include "liteginx/cli/inputs.h"
#include "liteginx/tls/bundle.h"

static enum trust_state check(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
static bool add(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
static enum trust_change take_out(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);

static const struct trust_store_ops ops = {.check = check, .add = add, .remove = take_out};

void trust_system_find(struct trust_job *job, struct trust_list *list) {
  const char *keychain = trust_text(job, "%s/Library/Keychains/login.keychain-db", job->home ? job->home : "");
  struct trust_store store = {
      .ops = &ops,
      .words = "the login keychain",
      .place = keychain,
      .restart = "browsers that are open",
  };
  (void)trust_list_add(job, list, store);
}

/* Apple's own roots, for programs on OpenSSL and LibreSSL; the keychain is not in it. */
const char *trust_system_bundle(void) {
  uv_stat_t stat;
  return inputs_stat("/etc/ssl/cert.pem", &stat) == 0 ? "/etc/ssl/cert.pem" : NULL;
}

/* The root verifies as a server's issuer exactly if it is trusted. */
static enum trust_state check(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem) {
  const char *words[] = {"security", "verify-cert", "-l", "-L", "-c", job->root_path, "-p", "ssl", NULL};
  (void)store;
  if (trust_ask(job, words).ptr) return TRUST_YES;
  (void)tls_problem_say(problem, "security verify-cert does not take it");
  return TRUST_NO;
}

static bool add(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem) {
  const char *words[] = {"security", "add-trusted-cert", "-r",           "trustRoot", "-p", "ssl",
                         "-k",       store->place,       job->root_path, NULL};
  return trust_command(job, TRUST_AS_USER, words, problem);
}

/* Each by its hash, which `find-certificate -Z` tells: names may be alike. The keychain is this user's own. */
static enum trust_change take_out(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem) {
  const char *ask[] = {"security", "find-certificate", "-a", "-Z", "-c", FOUNDING_NAME, store->place, NULL};
  struct str rest = trust_ask(job, ask), line;
  enum trust_change change = TRUST_SAME;
  while (change != TRUST_FAILED && rest.ptr && str_next(&rest, '\n', &line)) {
    if (!str_starts_with(line, STR("SHA-1 hash: "))) continue;
    struct str hash = str_trim(str_from(line, strlen("SHA-1 hash: ")));
    const char *text = trust_text(job, "%.*s", STR_ARG(hash));
    const char *words[] = {"security", "delete-certificate", "-t", "-Z", text, store->place, NULL};
    change = text && trust_command(job, TRUST_AS_USER, words, problem) ? TRUST_CHANGED : TRUST_FAILED;
  }
  return change;
}
