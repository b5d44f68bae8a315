/* Names in UTF-16, as Windows has them. A folder takes the rights of the one above it, which is in the user's profile. */
#include "liteginx/tls/private_folder.h"

#include <windows.h>

#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <sys/stat.h>

#include "liteginx/base/filename.h"

enum { PATH_UNITS = 4096 };

static bool wide_of(const char *path, wchar_t *wide);
static int make_one(const wchar_t *path);
static int write_all(int file, struct str text);

bool private_folder_join(char path[PRIVATE_FOLDER_PATH_BYTES], const char *folder, const char *name) {
  int len = snprintf(path, PRIVATE_FOLDER_PATH_BYTES, "%s%c%s", folder, filename_separator(str_of(folder)), name);
  return len > 0 && len < PRIVATE_FOLDER_PATH_BYTES;
}

int private_folder_make(const char *path) {
  wchar_t wide[PATH_UNITS];
  if (!wide_of(path, wide)) return ENAMETOOLONG;
  for (size_t i = filename_root(str_of(path)); wide[i]; i++) {
    if (wide[i] != L'\\' && wide[i] != L'/') continue;
    wchar_t separator = wide[i];
    wide[i] = L'\0';
    (void)make_one(wide); /* what counts is the last one */
    wide[i] = separator;
  }
  int code = make_one(wide);
  return code == EEXIST ? 0 : code;
}

int private_folder_make_new(const char *path) {
  wchar_t wide[PATH_UNITS];
  return wide_of(path, wide) ? make_one(wide) : ENAMETOOLONG;
}

static int make_one(const wchar_t *path) {
  return _wmkdir(path) == 0 ? 0 : errno;
}

int private_folder_write(const char *path, struct str text) {
  wchar_t wide[PATH_UNITS];
  if (!wide_of(path, wide)) return ENAMETOOLONG;
  int file = _wopen(wide, _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT, _S_IREAD | _S_IWRITE);
  if (file < 0) return errno;
  int code = write_all(file, text);
  if (code == 0 && _commit(file) != 0) code = errno;
  if (_close(file) != 0 && code == 0) code = errno;
  if (code != 0) (void)_wunlink(wide);
  return code;
}

static int write_all(int file, struct str text) {
  while (text.len > 0) {
    int written = _write(file, text.ptr, text.len < INT_MAX ? (unsigned)text.len : INT_MAX);
    if (written <= 0) return written < 0 ? errno : EIO;
    text = str_from(text, (size_t)written);
  }
  return 0;
}

int private_folder_read(const char *path, char *into, size_t room, size_t *len) {
  wchar_t wide[PATH_UNITS];
  if (!wide_of(path, wide)) return ENAMETOOLONG;
  int file = _wopen(wide, _O_RDONLY | _O_BINARY | _O_NOINHERIT), code = 0, got = 1;
  if (file < 0) return errno;
  char one_more;
  *len = 0;
  while (got != 0 && code == 0) {
    size_t rest = room - *len;
    got = _read(file, rest ? into + *len : &one_more, rest < INT_MAX ? (unsigned)(rest ? rest : 1) : INT_MAX);
    if (got < 0) code = errno;
    if (got > 0 && rest == 0) code = EFBIG;
    if (got > 0 && rest > 0) *len += (size_t)got;
  }
  _close(file);
  return code;
}

/* An empty folder in the way goes, as it does on Unix. */
int private_folder_rename(const char *from, const char *to) {
  wchar_t wide_from[PATH_UNITS], wide_to[PATH_UNITS];
  if (!wide_of(from, wide_from) || !wide_of(to, wide_to)) return ENAMETOOLONG;
  (void)RemoveDirectoryW(wide_to);
  if (MoveFileExW(wide_from, wide_to, MOVEFILE_WRITE_THROUGH)) return 0;
  DWORD code = GetLastError();
  bool is_there = code == ERROR_ALREADY_EXISTS || code == ERROR_FILE_EXISTS ||
                  (code == ERROR_ACCESS_DENIED && GetFileAttributesW(wide_to) != INVALID_FILE_ATTRIBUTES);
  return is_there ? EEXIST : code == ERROR_ACCESS_DENIED ? EACCES : EIO;
}

int private_folder_remove(const char *path) {
  wchar_t wide[PATH_UNITS];
  if (!wide_of(path, wide)) return ENAMETOOLONG;
  if (DeleteFileW(wide) || RemoveDirectoryW(wide)) return 0;
  return GetFileAttributesW(wide) == INVALID_FILE_ATTRIBUTES ? 0 : EACCES;
}

/* Whose it is the rights of the profile say; they are not read here. */
enum private_folder_access private_folder_access(const char *path) {
  wchar_t wide[PATH_UNITS];
  bool there = wide_of(path, wide) && GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;
  return there ? PRIVATE_FOLDER_OWN : PRIVATE_FOLDER_MISSING;
}

static bool wide_of(const char *path, wchar_t *wide) {
  return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, PATH_UNITS) > 0;
}
