/* In the folder for what is temporary; gone again as a whole, whatever a run has left in it. */
#include "home.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_store(struct home *home);
static void make_file(const char *folder, const char *name, const char *text, mode_t mode);

static void make_file(const char *folder, const char *name, const char *text, mode_t mode) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, mode);
  if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text)) _exit(3);
  close(file);
}

static void make_store(struct home *home) {
  snprintf(home->ca, sizeof home->ca, "%s/.local/share/liteginx/ca", home->path);
  snprintf(home->bin, sizeof home->bin, "%s/bin", home->path);
  snprintf(home->store, sizeof home->store, "%s/.pki", home->path);
  if (mkdir(home->bin, 0700) != 0 || mkdir(home->store, 0700) != 0) _exit(3);
  snprintf(home->store, sizeof home->store, "%s/.pki/nssdb", home->path);
  if (mkdir(home->store, 0700) != 0) _exit(3);
  make_file(home->store, "cert9.db", "", 0600);
  make_file(home->bin, "certutil", "#!/bin/sh\necho nothing\n", 0700);
  setenv("PATH", home->bin, 1);
  unsetenv("XDG_DATA_HOME");
  unsetenv("SUDO_USER");
  unsetenv("JAVA_HOME");
  unsetenv("SSL_CERT_FILE");
}

void home_make(struct home *home) {
  strcpy(home->path, "/tmp/liteginx-torture-XXXXXX");
  if (!mkdtemp(home->path)) _exit(3);
  snprintf(home->hidden, sizeof home->hidden, "%s/.config", home->path);
  snprintf(home->folder, sizeof home->folder, "%s/liteginx", home->hidden);
  snprintf(home->file, sizeof home->file, "%s/all.yaml", home->folder);
  snprintf(home->fresh, sizeof home->fresh, "%s/fresh.yaml", home->path);
  if (mkdir(home->hidden, 0700) != 0 || mkdir(home->folder, 0700) != 0) _exit(3);
  setenv("HOME", home->path, 1);
  unsetenv("XDG_CONFIG_HOME");
  unsetenv("LITEGINX_CONF_DIR");
  make_store(home);
}

static int on_entry(const char *path, const struct stat *stat, int kind, struct FTW *at) {
  (void)stat, (void)kind, (void)at;
  return remove(path);
}

void home_remove(const struct home *home) {
  (void)nftw(home->path, on_entry, 8, FTW_DEPTH | FTW_PHYS);
}

unsigned home_count(const char *path) {
  unsigned count = 0;
  DIR *folder = opendir(path);
  for (struct dirent *entry; folder && (entry = readdir(folder));) count += entry->d_name[0] != '.';
  if (folder) closedir(folder);
  return count;
}
