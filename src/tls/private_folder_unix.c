/* Modes are given when a file is made, so that there is no moment in which others may read it; a umask can only take more. */
#include "liteginx/tls/private_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "liteginx/base/filename.h"

enum { FOLDER_MODE = 0700, FILE_MODE = 0600, OTHERS = 077 };

static int write_all(int file, struct str text);
static int sync_folder_of(const char *path);

bool private_folder_join(char path[PRIVATE_FOLDER_PATH_BYTES], const char *folder, const char *name) {
  int len = snprintf(path, PRIVATE_FOLDER_PATH_BYTES, "%s%c%s", folder, filename_separator(str_of(folder)), name);
  return len > 0 && len < PRIVATE_FOLDER_PATH_BYTES;
}

int private_folder_make(const char *path) {
  char part[PRIVATE_FOLDER_PATH_BYTES];
  size_t len = strlen(path);
  if (len >= sizeof part) return ENAMETOOLONG;
  for (size_t i = 1; i <= len; i++) {
    if (path[i] != '/' && path[i] != '\0') continue;
    memcpy(part, path, i);
    part[i] = '\0';
    if (mkdir(part, FOLDER_MODE) != 0 && errno != EEXIST) {
      int code = errno;
      struct stat there;
      if (stat(part, &there) != 0) return code; /* one that is there may also stand where nothing may be made */
    }
  }
  struct stat made;
  if (stat(path, &made) != 0) return errno;
  return S_ISDIR(made.st_mode) ? 0 : ENOTDIR;
}

int private_folder_make_new(const char *path) {
  return mkdir(path, FOLDER_MODE) == 0 ? 0 : errno;
}

int private_folder_write(const char *path, struct str text) {
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
  if (file < 0) return errno;
  int code = write_all(file, text);
  if (code == 0 && fsync(file) != 0) code = errno;
  if (close(file) != 0 && code == 0) code = errno;
  if (code != 0) (void)unlink(path);
  return code;
}

static int write_all(int file, struct str text) {
  while (text.len > 0) {
    ssize_t written = write(file, text.ptr, text.len);
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) text = str_from(text, (size_t)written);
  }
  return 0;
}

int private_folder_read(const char *path, char *into, size_t room, size_t *len) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno;
  char one_more;
  int code = 0;
  ssize_t got = 1;
  *len = 0;
  while (got != 0 && code == 0) {
    size_t rest = room - *len;
    got = read(file, rest ? into + *len : &one_more, rest ? rest : 1);
    if (got < 0 && errno != EINTR) code = errno;
    if (got > 0 && rest == 0) code = EFBIG;
    if (got > 0 && rest > 0) *len += (size_t)got;
  }
  close(file);
  return code;
}

/* An empty folder would be taken for none: rename(2) puts the new one in its place. */
int private_folder_rename(const char *from, const char *to) {
  if (rename(from, to) == 0) return sync_folder_of(to);
  return errno == ENOTEMPTY || errno == ENOTDIR ? EEXIST : errno;
}

/* So that the name outlives a machine that stops. Where a file system has no such thing, there is nothing to do. */
static int sync_folder_of(const char *path) {
  char folder[PRIVATE_FOLDER_PATH_BYTES];
  const char *last = strrchr(path, '/');
  if (!last || (size_t)(last - path) >= sizeof folder) return 0;
  memcpy(folder, path, (size_t)(last - path));
  folder[last - path] = '\0';
  int opened = open(folder, O_RDONLY | O_CLOEXEC);
  if (opened < 0) return 0;
  (void)fsync(opened);
  close(opened);
  return 0;
}

int private_folder_remove(const char *path) {
  return remove(path) == 0 || errno == ENOENT ? 0 : errno;
}

enum private_folder_access private_folder_access(const char *path) {
  struct stat there;
  if (stat(path, &there) != 0) return PRIVATE_FOLDER_MISSING;
  if (there.st_uid != geteuid()) return PRIVATE_FOLDER_FOREIGN;
  return there.st_mode & OTHERS ? PRIVATE_FOLDER_OPEN : PRIVATE_FOLDER_OWN;
}
