/* A quota may be set for any group on the way from the process's own to the root, and the narrowest holds. So the way is
 * walked upwards; that also finds the files of a container that sees its own group mounted as if it were the root, while
 * its /proc has the way to it outside. */
#include "liteginx/server/quota.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned of_line(const char *root, char *line);
static bool has_controller(const char *controllers, const char *name);
static unsigned narrowest(const char *root, const char *mount, char *group, bool unified);
static unsigned of_group(const char *folder, bool unified);
static int read_numbers(const char *folder, const char *name, long long numbers[2]);
static unsigned processors(long long quota_us, long long period_us);
static unsigned narrower(unsigned a, unsigned b);

unsigned quota_processors(const char *root) {
  char line[PATH_MAX];
  unsigned found = 0;
  if (snprintf(line, sizeof line, "%s/proc/self/cgroup", root) >= (int)sizeof line) return 0;
  FILE *file = fopen(line, "re");
  if (!file) return 0;
  while (fgets(line, sizeof line, file)) found = narrower(found, of_line(root, line));
  fclose(file);
  return found;
}

/* "NUMBER:CONTROLLERS:GROUP"; of version 2, which has all controllers in one place, "0::GROUP". */
static unsigned of_line(const char *root, char *line) {
  char *controllers = strchr(line, ':');
  char *group = controllers ? strchr(controllers + 1, ':') : NULL;
  if (!group) return 0;
  *controllers++ = '\0';
  *group++ = '\0';
  group[strcspn(group, "\n")] = '\0';
  if (!*controllers) return narrowest(root, "/sys/fs/cgroup", group, true);
  return has_controller(controllers, "cpu") ? narrowest(root, "/sys/fs/cgroup/cpu", group, false) : 0;
}

static bool has_controller(const char *controllers, const char *name) {
  while (*controllers) {
    size_t len = strcspn(controllers, ",");
    if (len == strlen(name) && memcmp(controllers, name, len) == 0) return true;
    controllers += len;
    controllers += *controllers == ',';
  }
  return false;
}

/* From the group up to where the file system is mounted. Cuts `group` off bit by bit. */
static unsigned narrowest(const char *root, const char *mount, char *group, bool unified) {
  char folder[PATH_MAX];
  unsigned found = 0;
  for (char *end = group + strlen(group); end; end = strrchr(group, '/')) {
    *end = '\0';
    int len = snprintf(folder, sizeof folder, "%s%s%s", root, mount, group);
    if (len < (int)sizeof folder) found = narrower(found, of_group(folder, unified));
  }
  return found;
}

static unsigned of_group(const char *folder, bool unified) {
  long long numbers[2];
  if (unified) return read_numbers(folder, "cpu.max", numbers) == 2 ? processors(numbers[0], numbers[1]) : 0;
  long long quota_us;
  if (read_numbers(folder, "cpu.cfs_quota_us", numbers) < 1) return 0;
  quota_us = numbers[0];
  return read_numbers(folder, "cpu.cfs_period_us", numbers) >= 1 ? processors(quota_us, numbers[0]) : 0;
}

/* How many there are at the start of the file: none where it says "max", or is not there. */
static int read_numbers(const char *folder, const char *name, long long numbers[2]) {
  char text[PATH_MAX];
  if (snprintf(text, sizeof text, "%s/%s", folder, name) >= (int)sizeof text) return 0;
  FILE *file = fopen(text, "re");
  if (!file) return 0;
  char *line = fgets(text, sizeof text, file);
  fclose(file);
  /* NOLINTNEXTLINE(cert-err34-c): the kernel wrote these numbers */
  return line ? sscanf(line, "%lld %lld", &numbers[0], &numbers[1]) : 0;
}

/* Rounded up, since part of a processor is time that one thread more can use; -1 stands for no quota. */
static unsigned processors(long long quota_us, long long period_us) {
  if (quota_us <= 0 || period_us <= 0) return 0;
  long long count = quota_us / period_us + (quota_us % period_us != 0);
  return count < UINT_MAX ? (unsigned)count : UINT_MAX;
}

/* 0 is no limit. */
static unsigned narrower(unsigned a, unsigned b) {
  if (a == 0 || b == 0) return a + b;
  return a < b ? a : b;
}
