/* Slashes and backslashes, drives and shares
 * (https://learn.microsoft.com/windows/win32/fileio/naming-a-file). */
#include "liteginx/base/filename.h"

static bool is_letter(char c);
static size_t separators(struct str name, size_t from);
static size_t word(struct str name, size_t from);

bool filename_separates(char c) {
  return c == '/' || c == '\\';
}

/* Who writes slashes is used to them. */
char filename_separator(struct str folder) {
  return str_find(folder, '\\') < folder.len ? '\\' : '/';
}

size_t filename_root(struct str name) {
  if (name.len >= 2 && is_letter(name.ptr[0]) && name.ptr[1] == ':') return separators(name, 2);
  size_t begin = separators(name, 0);
  if (begin != 2) return begin;
  size_t server = word(name, begin), share = separators(name, server);
  return separators(name, word(name, share));
}

struct str filename_folder(struct str name) {
  size_t root = filename_root(name), len = name.len;
  while (len > root && !filename_separates(name.ptr[len - 1])) len--;
  return str_upto(name, len);
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Where those that stand at `from` end. */
static size_t separators(struct str name, size_t from) {
  while (from < name.len && filename_separates(name.ptr[from])) from++;
  return from;
}

/* Where what stands at `from` is followed by one, or ends. */
static size_t word(struct str name, size_t from) {
  while (from < name.len && !filename_separates(name.ptr[from])) from++;
  return from;
}
