/* What the keystore holds keytool exports as PEM, and a leaf is verified against that. On Debian and Fedora the system's store makes
 * Java's, too, so that it often trusts the CA already when its turn comes. */
#include "liteginx/cli/trust_java.h"

#include <string.h>
#include <uv.h>

#include "liteginx/base/filename.h"
#include "liteginx/cli/inputs.h"
#include "liteginx/cli/program.h"
#include "liteginx/cli/shell.h"
#include "liteginx/tls/bundle.h"

enum { WRITABLE = 2 /* W_OK */ };

static const char *java_home(struct trust_job *job);
static const char *first_there(struct trust_job *job, const char *home, const char *const *names);
static enum trust_state check(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
static bool add(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
static enum trust_change take_out(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
static enum trust_rights rights_for(const struct trust_store *store);
static bool next_entry(struct str *list, struct str *alias, struct str *entry);
static const char *alias_of(struct trust_job *job, const char *name);

static const struct trust_store_ops ops = {.check = check, .add = add, .remove = take_out};

/* keytool speaks the user's language else. */
static const char english[] = "-J-Duser.language=en";

/* What each cacerts has as its password, as everybody knows. */
static const char password[] = "changeit";

void trust_java_find(struct trust_job *job, struct trust_list *list) {
  static const char *const stores[] = {"lib/security/cacerts", "jre/lib/security/cacerts", NULL};
  static const char *const tools[] = {"bin/keytool", "jre/bin/keytool", "bin/keytool.exe", NULL};
  const char *home = java_home(job);
  const char *cacerts = home ? first_there(job, home, stores) : NULL;
  const char *keytool = home ? first_there(job, home, tools) : NULL;
  if (!cacerts || !keytool) return;
  struct trust_store store = {
      .ops = &ops,
      .words = trust_text(job, "Java (%s)", cacerts),
      .place = cacerts,
      .detail = keytool,
      .restart = "Java programs that run already",
  };
  (void)trust_list_add(job, list, store);
}

/* keytool in PATH is a link into it. */
static const char *java_home(struct trust_job *job) {
  const char *home = shell_getenv(&job->arena, "JAVA_HOME"), *found = NULL;
  if (home && home[0]) return home;
  const char *keytool = program_find(&job->arena, "keytool");
  uv_fs_t request;
  if (keytool && uv_fs_realpath(NULL, &request, keytool, NULL) == 0) {
    struct str folder = filename_folder(str_of(request.ptr));
    if (folder.len) folder = filename_folder(str_upto(folder, folder.len - 1));
    if (folder.len > 1) found = trust_text(job, "%.*s", STR_ARG(str_upto(folder, folder.len - 1)));
  }
  if (keytool) uv_fs_req_cleanup(&request);
  return found;
}

static const char *first_there(struct trust_job *job, const char *home, const char *const *names) {
  uv_stat_t stat;
  for (unsigned i = 0; names[i]; i++) {
    const char *path = trust_text(job, "%s/%s", home, names[i]);
    if (path && inputs_stat(path, &stat) == 0) return path;
  }
  return NULL;
}

static enum trust_state check(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem) {
  const char *words[] = {store->detail, "-list", "-rfc", "-keystore", store->place, "-storepass", password, NULL};
  struct str roots = trust_ask(job, words);
  if (roots.ptr) return bundle_trusts(roots, job->authority, problem) ? TRUST_YES : TRUST_NO;
  (void)tls_problem_say(problem, "keytool cannot list it (is its password another than %s?)", password);
  return TRUST_UNKNOWN;
}

static bool add(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem) {
  const char *alias = alias_of(job, authority_name(job->authority));
  const char *words[] = {store->detail, "-importcert",  "-noprompt", "-trustcacerts", "-keystore",
                         store->place,  "-storepass",   password,    "-alias",        alias,
                         "-file",       job->root_path, NULL};
  return alias ? trust_command(job, rights_for(store), words, problem) : tls_problem_no_memory(problem);
}

/* Whatever its alias: what the system's store has put here (debian:…) stays when it is taken out there. The list has for each entry
 * a line "Alias name: …", and its certificate below that. */
static enum trust_change take_out(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem) {
  const char *ask[] = {store->detail, english,      "-list",  "-rfc", "-keystore",
                       store->place,  "-storepass", password, NULL};
  struct str list = trust_ask(job, ask), alias, entry;
  enum trust_change change = TRUST_SAME;
  while (change != TRUST_FAILED && next_entry(&list, &alias, &entry)) {
    char name[256];
    if (!bundle_first_name(entry, name, sizeof name) || !trust_is_ours(job, name)) continue;
    const char *text = trust_text(job, "%.*s", STR_ARG(alias));
    const char *words[] = {store->detail, "-delete", "-keystore", store->place, "-storepass",
                           password,      "-alias",  text,        NULL};
    change = text && trust_command(job, rights_for(store), words, problem) ? TRUST_CHANGED : TRUST_FAILED;
  }
  return change;
}

/* Cuts the next entry off the list. False: there is none left. */
static bool next_entry(struct str *list, struct str *alias, struct str *entry) {
  static const char label[] = "Alias name: ";
  struct str line;
  do {
    if (!list->ptr || !str_next(list, '\n', &line)) return false;
  } while (!str_starts_with(line, str_of(label)));
  *alias = str_trim(str_from(line, sizeof label - 1));
  if (alias->len && alias->ptr[alias->len - 1] == '\r') alias->len--;
  *entry = list->ptr ? *list : STR("");
  return true;
}

static enum trust_rights rights_for(const struct trust_store *store) {
  uv_fs_t request;
  int code = uv_fs_access(NULL, &request, store->place, WRITABLE, NULL);
  uv_fs_req_cleanup(&request);
  return code == 0 ? TRUST_AS_USER : TRUST_AS_ROOT;
}

/* keytool has aliases in small letters. */
static const char *alias_of(struct trust_job *job, const char *name) {
  char lower[256];
  size_t len = strlen(name);
  if (len >= sizeof lower) return NULL;
  for (size_t i = 0; i <= len; i++) lower[i] = str_lower_char(name[i]);
  return trust_text(job, "%s", lower);
}
