/* Where programs of this user keep data that is not configuration. One source file for each kind of system. */
#ifndef LITEGINX_CLI_DATA_FOLDER_H
#define LITEGINX_CLI_DATA_FOLDER_H

#include "liteginx/base/arena.h"
#include "liteginx/config/world.h"

/* The folder in which each program has its own: $XDG_DATA_HOME, else ~/.local/share; ~/Library/Application Support;
 * %LOCALAPPDATA%. NULL: there is none, or out of memory. Lives in `arena`, or is a variable of the process. */
const char *data_folder(struct arena *arena, config_getenv *env, void *env_owner);

/* The user's home, $HOME first. NULL: as above. */
const char *data_folder_home(struct arena *arena, config_getenv *env, void *env_owner);

/* What is called `name` in `folder`, which may be several folders deep, with slashes. NULL: `folder` is, or out of memory. */
const char *data_folder_join(struct arena *arena, const char *folder, const char *name);

#endif
