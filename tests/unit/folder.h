/* A folder of the test's own, with some files, which is the current one while a test runs; and what a test does with files,
 * by libuv, which all systems have. */
#ifndef LITEGINX_TESTS_UNIT_FOLDER_H
#define LITEGINX_TESTS_UNIT_FOLDER_H

#include <uv.h>

#include "os.h"
#include "unit.h"

#define CONTENT "name: a\nspec:\n  - {kind: http, listen: 5000, path: /, targets: [{host: localhost, port: 3000}]}\n"

enum { FOLDER_BYTES = 256 };

static char folder_root[FOLDER_BYTES];

/* --- files --- */

static inline int done(uv_fs_t *request, int status) {
  uv_fs_req_cleanup(request);
  return status;
}

static inline void make_file(const char *name, const char *content) {
  FILE *file = fopen(name, "wb");
  assert_non_null(file);
  fputs(content, file);
  assert_int_equal(fclose(file), 0);
}

/* So many zeroes. */
static inline void make_large_file(const char *name, long bytes) {
  FILE *file = fopen(name, "wb");
  assert_non_null(file);
  assert_int_equal(fseek(file, bytes - 1, SEEK_SET), 0);
  assert_int_equal(fputc(0, file), 0);
  assert_int_equal(fclose(file), 0);
}

static inline void make_folder(const char *name) {
  uv_fs_t request;
  assert_int_equal(done(&request, uv_fs_mkdir(NULL, &request, name, 0755, NULL)), 0);
}

/* A name more for a file. */
static inline void make_hard_link(const char *file, const char *name) {
  uv_fs_t request;
  assert_int_equal(done(&request, uv_fs_link(NULL, &request, file, name, NULL)), 0);
}

/* False: this system or this user has none. */
static inline bool make_link(const char *to, const char *name) {
  uv_fs_t request;
  return done(&request, uv_fs_symlink(NULL, &request, to, name, 0, NULL)) == 0 &&
         done(&request, uv_fs_lstat(NULL, &request, name, NULL)) == 0;
}

#define NO_LINKS "there are no symbolic links here, or none for this user"

static inline void remove_file(const char *name) {
  uv_fs_t request;
  assert_int_equal(done(&request, uv_fs_unlink(NULL, &request, name, NULL)), 0);
}

/* With all that is in it. Read to its end in any case: libuv 1.44 frees the last entry only then. */
static inline void remove_folder(const char *path) {
  uv_fs_t folder, request;
  uv_dirent_t entry;
  assert_true(uv_fs_scandir(NULL, &folder, path, 0, NULL) >= 0);
  while (uv_fs_scandir_next(&folder, &entry) == 0) {
    char inner[2 * FOLDER_BYTES];
    int len = snprintf(inner, sizeof inner, "%s/%s", path, entry.name);
    assert_in_range(len, 1, sizeof inner - 1);
    if (done(&request, uv_fs_unlink(NULL, &request, inner, NULL)) != 0) remove_folder(inner);
  }
  uv_fs_req_cleanup(&folder);
  assert_int_equal(done(&request, uv_fs_rmdir(NULL, &request, path, NULL)), 0);
}

/* A folder that nobody else has, where the system keeps what is temporary.. */
static inline int temporary_folder(char path[FOLDER_BYTES]) {
  static const char name[] = "/liteginx-XXXXXX";
  size_t size = FOLDER_BYTES - sizeof name;
  uv_fs_t request;
  if (uv_os_tmpdir(path, &size) != 0) return -1;
  strcat(path, name);
  int status = uv_fs_mkdtemp(NULL, &request, path, NULL);
  if (status == 0) strcpy(path, request.path);
  return done(&request, status);
}

/* --- the current folder --- */

static inline int folder_make(void **state) {
  (void)state;
  if (temporary_folder(folder_root) != 0 || uv_chdir(folder_root) != 0) return -1;
  make_folder("conf");
  make_folder("conf/nested.yaml");
  make_folder("empty");
  make_file("conf/b.yaml", "b");
  make_file("conf/a.yml", "a");
  make_file("conf/c.yaml.bak", "no");
  make_file("conf/.hidden.yaml", "no");
  make_file("conf/nested.yaml/d.yaml", "no");
  make_file("plain", "plain");
  make_file("good.yaml", CONTENT);
  return 0;
}

static inline int folder_remove(void **state) {
  (void)state;
  if (uv_chdir("/") != 0) return -1;
  remove_folder(folder_root);
  return 0;
}

#endif
