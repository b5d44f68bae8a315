/* A file that a configuration names. It is asked for its size first: what is too large is not read. */
#include "liteginx/cli/file.h"

#include <uv.h>

#include "liteginx/server/system.h"

static int size_of(const char *path, size_t *size, const char **problem);
static const char *problem_of(int code);

ssize_t file_bytes(const char *path, char *into, size_t room) {
  uv_fs_t request;
  int file = uv_fs_open(NULL, &request, path, UV_FS_O_RDONLY, 0, NULL);
  uv_fs_req_cleanup(&request);
  if (file < 0) return file;
  size_t len = 0;
  ssize_t got = 1;
  while (got > 0 && len < room) {
    size_t piece = room - len < 65536 ? room - len : 65536;
    uv_buf_t buf = uv_buf_init(into + len, (unsigned)piece);
    got = uv_fs_read(NULL, &request, file, &buf, 1, (int64_t)len, NULL);
    uv_fs_req_cleanup(&request);
    if (got > 0) len += (size_t)got;
  }
  (void)uv_fs_close(NULL, &request, file, NULL);
  uv_fs_req_cleanup(&request);
  return got < 0 ? got : (ssize_t)len;
}

struct str file_named(void *owner, struct arena *arena, struct str path, const char **problem) {
  const struct str none = {NULL, 0};
  size_t size = 0;
  (void)owner;
  *problem = NULL;
  char *text = arena_alloc(arena, path.len + 1);
  if (!text) return none;
  memcpy(text, path.ptr, path.len);
  text[path.len] = '\0';
  int code = size_of(text, &size, problem);
  if (*problem) return none;
  char *bytes = code == 0 ? arena_alloc(arena, size + 1) : NULL;
  if (code == 0 && !bytes) return none;
  ssize_t len = code == 0 ? file_bytes(text, bytes, size) : code;
  if (len < 0) *problem = problem_of((int)len);
  return len < 0 ? none : str_make(bytes, (size_t)len);
}

/* A libuv code, or *problem where there is such a file, but none to read. */
static int size_of(const char *path, size_t *size, const char **problem) {
  uv_fs_t request;
  int code = uv_fs_stat(NULL, &request, path, NULL);
  uv_stat_t stat = request.statbuf;
  uv_fs_req_cleanup(&request);
  if (code != 0) return code;
  if (file_kind(&stat) == FILE_FOLDER) {
    *problem = "this is a folder, and one file is needed";
  } else if (file_kind(&stat) != FILE_REGULAR) {
    *problem = "this is no file that can be read";
  } else if (stat.st_size > CONFIG_MAX_FILE_BYTES) {
    *problem = "the file has more than 1 MiB";
  }
  *size = (size_t)stat.st_size;
  return 0;
}

/* NULL: out of memory. */
static const char *problem_of(int code) {
  switch (code) {
  case UV_ENOMEM:
    return NULL;
  case UV_ENOENT:
  case UV_ENOTDIR:
    return "there is no such file";
  case UV_EACCES:
  case UV_EPERM:
    return "this user may not read the file";
  default:
    return uv_strerror(code);
  }
}

bool file_exposed(void *owner, struct str path) {
  enum { OTHERS_READ = 0044 };
  struct arena arena;
  uv_fs_t request;
  (void)owner;
  arena_init(&arena, NULL, path.len + 64);
  struct str text = arena_printf(&arena, "%.*s", STR_ARG(path));
  const char *name = text.ptr;
  bool found = name && uv_fs_stat(NULL, &request, name, NULL) == 0;
  bool exposed = found && system_files_have_modes() && (request.statbuf.st_mode & OTHERS_READ) != 0;
  if (name) uv_fs_req_cleanup(&request);
  arena_reset(&arena);
  return exposed;
}
