/* The bytes of one file. */
#ifndef LITEGINX_CLI_FILE_H
#define LITEGINX_CLI_FILE_H

#include <uv.h>

#include "liteginx/config/world.h"

/* What a uv_stat_t's st_mode says it is: the numbers that all systems have, and that not all have names for. */
enum file_kind { FILE_KINDS = 0170000, FILE_FOLDER = 0040000, FILE_REGULAR = 0100000 };

static inline enum file_kind file_kind(const uv_stat_t *stat) {
  return (enum file_kind)(stat->st_mode & FILE_KINDS);
}

/* Reads until the end of the file or `room` bytes. The number of bytes, or a libuv code. */
ssize_t file_bytes(const char *path, char *into, size_t room);

/* A config_read. Blocks. */
struct str file_named(void *owner, struct arena *arena, struct str path, const char **problem);

#endif
