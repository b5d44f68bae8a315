/* Commands are shown as they are run, word by word, so that they can be run by hand as well. */
#include "liteginx/cli/trust_store.h"

#include <stdarg.h>
#include <string.h>
#include <uv.h>

#include "liteginx/base/utf8.h"
#include "liteginx/cli/file.h"
#include "liteginx/cli/inputs.h"
#include "liteginx/cli/program.h"
#include "liteginx/cli/shell.h"

enum { WORDS = 24, TEXT_BYTES = 4096, FILE_BYTES = 16 << 20, ID_DIGITS = 8 };

static const char *root_program(struct trust_job *job, enum trust_rights rights, bool *possible);
static void show_quoted(struct trust_job *job, const char *word);
static void show(struct trust_job *job, const char *const *words);

bool trust_list_add(struct trust_job *job, struct trust_list *list, struct trust_store store) {
  if (!store.words || !store.place) return false;
  if (list->count == list->room) {
    unsigned room = list->room ? list->room * 2 : 16;
    struct trust_store *grown = arena_grow(&job->arena, list->at, list->room * sizeof store, room * sizeof store);
    if (!grown) return false;
    list->at = grown;
    list->room = room;
  }
  list->at[list->count++] = store;
  return true;
}

bool trust_command(struct trust_job *job, enum trust_rights rights, const char *const *words,
                   struct tls_problem *problem) {
  const char *all[WORDS];
  unsigned count = 0;
  bool possible;
  const char *first = root_program(job, rights, &possible);
  if (first) all[count++] = first;
  for (unsigned i = 0; words[i]; i++) {
    ENSURE(count + 1 < WORDS);
    all[count++] = words[i];
  }
  all[count] = NULL;
  show(job, all);
  if (job->dry_run) return true;
  if (!possible) {
    return tls_problem_say(problem, "this needs root, and there is neither sudo nor doas: run that line as root, then "
                                    "this again");
  }
  int status = program_run(all, PROGRAM_SHOWN, NULL);
  if (status == 0) return true;
  return status < 0 ? tls_problem_say(problem, "%s could not be started: %s", all[0], uv_strerror(status))
                    : tls_problem_say(problem, "%s failed (exit status %d)", all[0], status);
}

/* NULL: none is needed, or none is there, and then it is not *possible. */
static const char *root_program(struct trust_job *job, enum trust_rights rights, bool *possible) {
  uv_passwd_t user;
  *possible = true;
  if (rights == TRUST_AS_USER) return NULL;
  bool known = uv_os_get_passwd(&user) == 0, is_root = known && user.uid == 0;
  if (known) uv_os_free_passwd(&user);
  if (is_root) return NULL;
  const char *found = program_find(&job->arena, "sudo");
  if (!found) found = program_find(&job->arena, "doas");
  *possible = found != NULL;
  return found;
}

static void show_quoted(struct trust_job *job, const char *word) {
  fputc(shell_quote(), job->out);
  for (; *word; word++) {
    if (*word == shell_quote()) {
      fputs(shell_quoted_quote(), job->out);
    } else {
      fputc(*word, job->out);
    }
  }
  fputc(shell_quote(), job->out);
}

/* Quoted as a shell wants it, where it has to be. */
static void show(struct trust_job *job, const char *const *words) {
  fputs(job->dry_run ? "    would run:" : "    runs:", job->out);
  for (unsigned i = 0; words[i]; i++) {
    bool plain = words[i][0] && !words[i][strcspn(words[i], " \t()<>;|&*?[]{}$`\"'\\!#~")];
    fputc(' ', job->out);
    if (plain) fputs(words[i], job->out);
    if (!plain) show_quoted(job, words[i]);
  }
  fputc('\n', job->out);
  fflush(job->out);
}

struct str trust_ask(struct trust_job *job, const char *const *words) {
  struct buf kept = BUF_EMPTY;
  int status = program_run(words, PROGRAM_KEPT, &kept);
  struct str copy = {NULL, 0};
  if (status == 0 && buf_len(&kept)) copy = arena_dup(&job->arena, buf_view(&kept));
  buf_free(&kept);
  return copy;
}

const char *trust_text(struct trust_job *job, const char *format, ...) {
  char text[TEXT_BYTES];
  va_list args;
  va_start(args, format);
  int len = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (len < 0 || (size_t)len >= sizeof text) return NULL;
  return arena_dup(&job->arena, str_make(text, (size_t)len + 1)).ptr;
}

/* The owner as the subject has it: what is too long for that was cut. A machine may have had another name when the CA was made. */
bool trust_is_ours(struct trust_job *job, const char *name) {
  const char *prefix =
      trust_text(job, FOUNDING_NAME " %.*s ", STR_ARG(utf8_upto(str_of(job->owner), FOUNDING_OWNER_BYTES)));
  if (job->authority && strcmp(authority_name(job->authority), name) == 0) return true;
  return prefix && str_starts_with(str_of(name), str_of(prefix));
}

const char *trust_id(const char *name) {
  size_t len = strlen(name);
  return len > ID_DIGITS ? name + len - ID_DIGITS : name;
}

struct str trust_file(struct trust_job *job, const char *path) {
  uv_stat_t there;
  struct str none = {NULL, 0};
  if (inputs_stat(path, &there) != 0 || there.st_size > FILE_BYTES) return none;
  char *bytes = arena_alloc(&job->arena, (size_t)there.st_size + 1);
  ssize_t len = bytes ? file_bytes(path, bytes, (size_t)there.st_size) : UV_ENOMEM;
  return len < 0 ? none : str_make(bytes, (size_t)len);
}

/* Read to its end in any case: libuv 1.44 frees the last entry only then. */
void trust_each(struct trust_job *job, const char *folder, struct str begins, struct str ends,
                void (*found)(struct trust_job *job, const char *path, void *owner), void *owner) {
  uv_fs_t request;
  uv_dirent_t entry;
  int code = folder ? uv_fs_scandir(NULL, &request, folder, 0, NULL) : UV_ENOENT;
  while (code >= 0 && uv_fs_scandir_next(&request, &entry) == 0) {
    struct str name = str_of(entry.name);
    if (!str_starts_with(name, begins) || !str_ends_with(name, ends)) continue;
    const char *path = trust_text(job, "%s/%s", folder, entry.name);
    if (path) found(job, path, owner);
  }
  if (folder) uv_fs_req_cleanup(&request);
}
