/* Hosts are taken once, when the CA is made: a root whose key is gone cannot permit another one later. */
#include "liteginx/cli/local_ca.h"

#include <uv.h>

#include "liteginx/cli/data_folder.h"
#include "liteginx/cli/shell.h"

#define NOTE "trusted"

enum { NOTE_MODE = 0600, ARENA_BYTES = 1 << 20, HOST_BYTES = 256, WHY_BYTES = TLS_PROBLEM_BYTES };

static struct str *hosts_of(struct arena *arena, const struct config *config, unsigned *count);
static bool explain(struct tls_problem *problem, const char *folder);

const char *local_ca_data_folder(struct arena *arena) {
  return data_folder_join(arena, data_folder(arena, shell_getenv, arena), "liteginx");
}

const char *local_ca_folder(struct arena *arena) {
  return data_folder_join(arena, local_ca_data_folder(arena), "ca");
}

const char *local_ca_mkcert_folder(struct arena *arena) {
  const char *own = shell_getenv(arena, "CAROOT");
  if (own && own[0]) return own;
  return data_folder_join(arena, data_folder(arena, shell_getenv, arena), "mkcert");
}

const char *local_ca_owner(struct arena *arena) {
  char host[HOST_BYTES] = "";
  size_t size = sizeof host;
  uv_passwd_t user;
  bool known = uv_os_get_passwd(&user) == 0;
  if (uv_os_gethostname(host, &size) != 0) host[0] = '\0';
  struct str owner = arena_printf(arena, "%s%s%s%c", known ? user.username : "", host[0] ? "@" : "", host, '\0');
  if (known) uv_os_free_passwd(&user);
  return owner.ptr ? owner.ptr : "";
}

void local_ca_note_trusted(bool trusted) {
  struct arena arena;
  uv_fs_t request;
  arena_init(&arena, NULL, ARENA_BYTES);
  const char *path = data_folder_join(&arena, local_ca_data_folder(&arena), NOTE);
  if (path && trusted) {
    int file = uv_fs_open(NULL, &request, path, UV_FS_O_WRONLY | UV_FS_O_CREAT, NOTE_MODE, NULL);
    uv_fs_req_cleanup(&request);
    if (file >= 0) {
      (void)uv_fs_close(NULL, &request, file, NULL);
      uv_fs_req_cleanup(&request);
    }
  } else if (path) {
    (void)uv_fs_unlink(NULL, &request, path, NULL);
    uv_fs_req_cleanup(&request);
  }
  arena_reset(&arena);
}

bool local_ca_noted_trusted(void) {
  enum { THERE = 0 };
  struct arena arena;
  uv_fs_t request;
  arena_init(&arena, NULL, ARENA_BYTES);
  const char *path = data_folder_join(&arena, local_ca_data_folder(&arena), NOTE);
  bool noted = path && uv_fs_access(NULL, &request, path, THERE, NULL) == 0;
  if (path) uv_fs_req_cleanup(&request);
  arena_reset(&arena);
  return noted;
}

bool local_ca_open(const struct config *config, struct authority **authority, struct tls_problem *problem) {
  struct arena arena;
  arena_init(&arena, NULL, ARENA_BYTES);
  struct founding_wish wish = {.owner = local_ca_owner(&arena)};
  struct str *hosts = config ? hosts_of(&arena, config, &wish.host_count) : NULL;
  wish.hosts = hosts;
  const char *folder = local_ca_folder(&arena);
  bool good = false;
  *authority = NULL;
  if (!folder) {
    (void)tls_problem_say(problem, "there is no home folder to keep a local CA in");
  } else if (config && !hosts) {
    (void)tls_problem_no_memory(problem);
  } else {
    good = authority_open(folder, &wish, authority, problem) || explain(problem, folder);
  }
  arena_reset(&arena);
  return good;
}

/* Names the folder, and the way out. False. */
static bool explain(struct tls_problem *problem, const char *folder) {
  struct tls_problem why = *problem;
  return tls_problem_say(problem, "the local CA in %s cannot be used: %s (liteginx doctor says more)", folder,
                         why.text);
}

bool local_ca_lacks(const struct config *config, const struct authority *authority, struct str *host) {
  for (unsigned i = 0; i < config->listener_count; i++) {
    const struct config_listener *listener = &config->listeners[i];
    for (unsigned j = 0; j < listener->route_count; j++) {
      *host = listener->routes[j].host;
      if (listener->routes[j].tls && host->len && !authority_permits(authority, *host)) return true;
    }
  }
  return false;
}

bool local_ca_open_mkcert(struct authority **authority, struct tls_problem *problem) {
  struct arena arena;
  arena_init(&arena, NULL, ARENA_BYTES);
  const char *folder = local_ca_mkcert_folder(&arena);
  bool good = folder ? authority_open_mkcert(folder, authority, problem)
                     : tls_problem_say(problem, "there is no home folder to look for mkcert's CA in");
  if (!good && folder) {
    struct tls_problem why = *problem;
    (void)tls_problem_say(problem, "mkcert's CA in %s cannot be used: %s (mkcert -install makes it)", folder, why.text);
  }
  arena_reset(&arena);
  return good;
}

/* Of all routes that are reached by TLS, each as it stands; what is permitted anyway the constraints sort out. NULL: out of memory. */
static struct str *hosts_of(struct arena *arena, const struct config *config, unsigned *count) {
  unsigned room = 1;
  for (unsigned i = 0; i < config->listener_count; i++) room += config->listeners[i].route_count;
  struct str *hosts = arena_alloc(arena, room * sizeof *hosts);
  *count = 0;
  for (unsigned i = 0; hosts && i < config->listener_count; i++) {
    const struct config_listener *listener = &config->listeners[i];
    for (unsigned j = 0; j < listener->route_count; j++) {
      const struct config_route *route = &listener->routes[j];
      if (route->tls && route->host.len) hosts[(*count)++] = route->host;
    }
  }
  return hosts;
}
