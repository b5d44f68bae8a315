/* What all systems have in common. */
#include "liteginx/cli/data_folder.h"

#include <uv.h>

#include "liteginx/base/filename.h"

enum { HOME_BYTES = 4096 };

const char *data_folder_home(struct arena *arena, config_getenv *env, void *env_owner) {
  const char *home = env(env_owner, "HOME");
  char text[HOME_BYTES];
  size_t size = sizeof text;
  if (home && home[0]) return home;
  if (uv_os_homedir(text, &size) != 0 || size == 0) return NULL;
  return data_folder_join(arena, text, "");
}

const char *data_folder_join(struct arena *arena, const char *folder, const char *name) {
  if (!folder) return NULL;
  char separator[] = {name[0] ? filename_separator(str_of(folder)) : '\0', '\0'};
  struct str joined = arena_printf(arena, "%s%s%s%c", folder, separator, name, '\0');
  return joined.ptr;
}
