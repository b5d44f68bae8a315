/* A folder of the test's own, with some files, which is the current one while a test runs. */
#ifndef LITEGINX_TESTS_UNIT_FOLDER_H
#define LITEGINX_TESTS_UNIT_FOLDER_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#define CONTENT "name: a\nspec:\n  - {kind: http, listen: 5000, path: /, targets: [{host: localhost, port: 3000}]}\n"

static char folder_root[64];

static void make_file(const char *name, const char *content) {
  FILE *file = fopen(name, "w");
  assert_non_null(file);
  fputs(content, file);
  assert_int_equal(fclose(file), 0);
}

static int folder_make(void **state) {
  (void)state;
  snprintf(folder_root, sizeof folder_root, "/tmp/liteginx-files-XXXXXX");
  if (!mkdtemp(folder_root) || chdir(folder_root) != 0) return -1;
  if (mkdir("conf", 0755) != 0 || mkdir("conf/nested.yaml", 0755) != 0 || mkdir("empty", 0755) != 0) return -1;
  make_file("conf/b.yaml", "b");
  make_file("conf/a.yml", "a");
  make_file("conf/c.yaml.bak", "no");
  make_file("conf/.hidden.yaml", "no");
  make_file("conf/nested.yaml/d.yaml", "no");
  make_file("plain", "plain");
  make_file("good.yaml", CONTENT);
  return 0;
}

/* With all that is in it. */
static void folder_remove_all(const char *path) {
  DIR *folder = opendir(path);
  assert_non_null(folder);
  for (const struct dirent *entry; (entry = readdir(folder));) {
    char inner[512];
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
    if (unlink(inner) != 0) folder_remove_all(inner);
  }
  closedir(folder);
  assert_int_equal(rmdir(path), 0);
}

static int folder_remove(void **state) {
  (void)state;
  if (chdir("/") != 0) return -1;
  folder_remove_all(folder_root);
  return 0;
}

#endif
