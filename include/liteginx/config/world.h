/* What a configuration is made of beside its texts: the environment, and the files that it names. */
#ifndef LITEGINX_CONFIG_WORLD_H
#define LITEGINX_CONFIG_WORLD_H

#include "liteginx/config/variable.h"

/* Most that a file which an answer is made of may hold. */
enum { CONFIG_MAX_FILE_BYTES = 1024 * 1024 };

/* The bytes of the file at `path`, in `arena`. ptr NULL: *problem says why not; NULL: out of memory. The system's for the
 * program, a table for tests. */
typedef struct str config_read(void *owner, struct arena *arena, struct str path, const char **problem);

struct config_world {
  config_getenv *env;
  config_read *read; /* NULL: there are no files */
  void *owner;
};

#endif
