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

/* Which file it is, under whatever name. */
struct file_id {
  uint64_t device, inode;
};

static inline struct file_id file_id(const uv_stat_t *stat) {
  return (struct file_id){stat->st_dev, stat->st_ino};
}

/* Are they one file? False where nobody can tell: a file system that does not number its files has 0 for all (SSHFS on Windows). */
static inline bool file_id_equal(struct file_id one, struct file_id other) {
  return one.inode != 0 && one.inode == other.inode && one.device == other.device;
}

/* Reads until the end of the file or `room` bytes. The number of bytes, or a libuv code. */
ssize_t file_bytes(const char *path, char *into, size_t room);

/* A config_read. Blocks. */
struct str file_named(void *owner, struct arena *arena, struct str path, const char **problem);

/* A config_exposed: by the file's mode, which on Windows says nothing of that. */
bool file_exposed(void *owner, struct str path);

#endif
