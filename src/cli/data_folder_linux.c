/* The XDG Base Directory Specification; a relative $XDG_DATA_HOME is to be ignored. */
#include "liteginx/cli/data_folder.h"

const char *data_folder(struct arena *arena, config_getenv *env, void *env_owner) {
  const char *base = env(env_owner, "XDG_DATA_HOME");
  if (base && base[0] == '/') return base;
  return data_folder_join(arena, data_folder_home(arena, env, env_owner), ".local/share");
}
