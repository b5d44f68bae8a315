/* Apple's File System Programming Guide. */
#include "liteginx/cli/data_folder.h"

const char *data_folder(struct arena *arena, config_getenv *env, void *env_owner) {
  return data_folder_join(arena, data_folder_home(arena, env, env_owner), "Library/Application Support");
}
