/* Slashes (POSIX). */
#include "liteginx/base/filename.h"

bool filename_separates(char c) {
  return c == '/';
}

char filename_separator(struct str folder) {
  (void)folder;
  return '/';
}

size_t filename_root(struct str name) {
  size_t len = 0;
  while (len < name.len && name.ptr[len] == '/') len++;
  return len;
}

struct str filename_folder(struct str name) {
  size_t len = name.len;
  while (len && name.ptr[len - 1] != '/') len--;
  return str_upto(name, len);
}
