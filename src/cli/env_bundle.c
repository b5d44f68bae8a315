/* Written beside, then renamed. Its first line says what it was made from. */
#include "liteginx/cli/env_bundle.h"

#include <string.h>
#include <uv.h>

#include "liteginx/cli/data_folder.h"
#include "liteginx/cli/file.h"
#include "liteginx/cli/inputs.h"
#include "liteginx/cli/local_ca.h"
#include "liteginx/cli/shell.h"
#include "liteginx/cli/trust_system.h"
#include "liteginx/tls/private_folder.h"

enum { FILE_BYTES = 16 << 20 };

static const char origin[] = "# the local CA of liteginx, and the roots of ";

static const char *base_of(struct arena *arena, const char *path);
static struct str text_of(struct arena *arena, const char *base, const char *root, struct tls_problem *problem);
static bool replace(struct arena *arena, const char *path, struct str whole, struct tls_problem *problem);
static struct str read_text(struct arena *arena, const char *path);

const char *env_bundle_path(struct arena *arena) {
  return data_folder_join(arena, local_ca_data_folder(arena), "bundle.pem");
}

const char *env_bundle_base(struct arena *arena) {
  const char *own = shell_getenv(arena, "SSL_CERT_FILE"), *path = env_bundle_path(arena);
  if (!own || !own[0] || !path) return trust_system_bundle();
  return strcmp(own, path) != 0 ? own : base_of(arena, path);
}

/* What stands in the first line of a bundle, else the system's. */
static const char *base_of(struct arena *arena, const char *path) {
  struct str text = read_text(arena, path), line;
  if (!text.ptr || !str_next(&text, '\n', &line) || !str_starts_with(line, str_of(origin)))
    return trust_system_bundle();
  struct str base = str_from(line, sizeof origin - 1);
  return arena_printf(arena, "%.*s%c", STR_ARG(base), '\0').ptr;
}

bool env_bundle_write(struct arena *arena, const char *base, const char *root, struct tls_problem *problem) {
  const char *path = env_bundle_path(arena);
  if (!path) return tls_problem_say(problem, "there is no home folder to keep a bundle in");
  struct str whole = text_of(arena, base, root, problem);
  if (!whole.ptr) return false;
  return str_eq(read_text(arena, path), whole) || replace(arena, path, whole, problem);
}

bool env_bundle_refresh(struct arena *arena, const char *root, struct tls_problem *problem) {
  const char *path = env_bundle_path(arena);
  uv_stat_t there;
  if (!path || inputs_stat(path, &there) != 0) return true;
  const char *base = base_of(arena, path);
  return !base || env_bundle_write(arena, base, root, problem);
}

enum env_bundle_state env_bundle_look(struct arena *arena, const char *root) {
  struct tls_problem problem;
  const char *path = env_bundle_path(arena), *base = path ? base_of(arena, path) : NULL;
  struct str now = path ? read_text(arena, path) : STR("");
  if (!path || !now.ptr) return ENV_BUNDLE_NONE;
  struct str whole = base ? text_of(arena, base, root, &problem) : STR("");
  return str_eq(now, whole) ? ENV_BUNDLE_CURRENT : ENV_BUNDLE_STALE;
}

/* What it should hold. ptr NULL: *problem. */
static struct str text_of(struct arena *arena, const char *base, const char *root, struct tls_problem *problem) {
  struct str ours = read_text(arena, root), others = read_text(arena, base), none = {NULL, 0};
  if (!others.ptr || !ours.ptr) {
    (void)tls_problem_say(problem, "%s cannot be read", others.ptr ? root : base);
    return none;
  }
  struct str whole = arena_printf(arena, "%s%s\n%.*s%.*s", origin, base, STR_ARG(ours), STR_ARG(others));
  if (!whole.ptr) (void)tls_problem_no_memory(problem);
  return whole;
}

static bool replace(struct arena *arena, const char *path, struct str whole, struct tls_problem *problem) {
  uv_fs_t request;
  struct str fresh = arena_printf(arena, "%s.%ld%c", path, (long)uv_os_getpid(), '\0');
  if (!fresh.ptr) return tls_problem_no_memory(problem);
  private_folder_remove(fresh.ptr);
  int code = private_folder_write(fresh.ptr, whole);
  if (code != 0) return tls_problem_say(problem, "%s could not be written: %s", path, strerror(code));
  int renamed = uv_fs_rename(NULL, &request, fresh.ptr, path, NULL);
  uv_fs_req_cleanup(&request);
  if (renamed != 0) private_folder_remove(fresh.ptr);
  return renamed == 0 || tls_problem_say(problem, "%s could not be written: %s", path, uv_strerror(renamed));
}

static struct str read_text(struct arena *arena, const char *path) {
  uv_stat_t there;
  struct str none = {NULL, 0};
  if (inputs_stat(path, &there) != 0 || there.st_size > FILE_BYTES) return none;
  char *bytes = arena_alloc(arena, (size_t)there.st_size + 1);
  ssize_t len = bytes ? file_bytes(path, bytes, (size_t)there.st_size) : UV_ENOMEM;
  return len < 0 ? none : str_make(bytes, (size_t)len);
}
