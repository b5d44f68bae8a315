/* The bytes of one file. */
#ifndef LITEGINX_CLI_FILE_H
#define LITEGINX_CLI_FILE_H

#include <sys/stat.h>
#include <sys/types.h>

#include "liteginx/config/world.h"

#ifndef S_ISREG
#define S_ISREG(mode) (((mode)&S_IFMT) == S_IFREG)
#define S_ISDIR(mode) (((mode)&S_IFMT) == S_IFDIR)
#endif

/* Reads until the end of the file or `room` bytes. The number of bytes, or a libuv code. */
ssize_t file_bytes(const char *path, char *into, size_t room);

/* A config_read. Blocks. */
struct str file_named(void *owner, struct arena *arena, struct str path, const char **problem);

#endif
