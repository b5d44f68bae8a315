/* The part of the profile that stays on this machine: keys do not roam. */
#include "liteginx/cli/data_folder.h"

const char *data_folder(struct arena *arena, config_getenv *env, void *env_owner) {
  const char *base = env(env_owner, "LOCALAPPDATA");
  if (base && base[0]) return base;
  return data_folder_join(arena, data_folder_home(arena, env, env_owner), "AppData\\Local");
}
