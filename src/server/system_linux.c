/* What Linux has beyond system_unix.c. */
#define _GNU_SOURCE /* sched_getaffinity, struct ucred */
#include "liteginx/server/system.h"

#include <dirent.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "liteginx/base/filename.h"
#include "liteginx/server/quota.h"

enum { LISTENING = 0x0a };

static unsigned usable_processors(void);
static bool socket_owner(const struct sockaddr *address, char *text, size_t room);
static unsigned long listening_inode(const char *table, const struct sockaddr *address);
static bool line_overlaps(const char *line, const struct sockaddr *address, unsigned long *inode);
static bool process_holds(const char *pid, const char *link);
static bool process_name(const char *pid, char *name, size_t room);

/* As a raw call: glibc has a name for it from 2.34 on only, musl has none. */
void system_part_descriptors(void) {
#if defined(SYS_close_range)
  enum { UNSHARE = 2 }; /* CLOSE_RANGE_UNSHARE */
  (void)syscall(SYS_close_range, 3, UINT_MAX, UNSHARE);
#endif
}

/* The limit is all. */
unsigned system_descriptors_most(void) {
  return INT_MAX;
}

unsigned system_cores(void) {
  unsigned count = usable_processors(), quota = quota_processors("");
  return quota != 0 && quota < count ? quota : count;
}

static unsigned usable_processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return (unsigned)CPU_COUNT(&set);
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (unsigned)online : 1;
}

bool system_deals_connections(void) {
  return true;
}

/* A second program is refused by the system itself. */
bool system_binds_beside_others(void) {
  return false;
}

/* The system knows who has made a Unix socket listen, and tells it to whom connects. */
static bool socket_owner(const struct sockaddr *address, char *text, size_t room) {
  struct ucred owner;
  socklen_t len = sizeof owner;
  char pid[16], name[64];
  int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  bool known = descriptor >= 0 && connect(descriptor, address, sizeof(struct sockaddr_un)) == 0 &&
               getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &owner, &len) == 0;
  if (descriptor >= 0) close(descriptor);
  if (!known) return false;
  snprintf(pid, sizeof pid, "%ld", (long)owner.pid);
  known = process_name(pid, name, sizeof name);
  if (known) snprintf(text, room, "%s (process %s)", name, pid);
  return known;
}

bool system_port_owner(const struct sockaddr *address, char *text, size_t room) {
  if (address->sa_family == AF_UNIX) return socket_owner(address, text, room);
  unsigned long inode = listening_inode("/proc/net/tcp", address);
  if (!inode) inode = listening_inode("/proc/net/tcp6", address);
  DIR *processes = inode ? opendir("/proc") : NULL;
  if (!processes) return false;
  char link[64];
  snprintf(link, sizeof link, "socket:[%lu]", inode);
  bool found = false;
  for (struct dirent *entry = readdir(processes); entry && !found; entry = readdir(processes)) {
    char name[64];
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !process_holds(entry->d_name, link)) continue;
    found = process_name(entry->d_name, name, sizeof name);
    if (found) snprintf(text, room, "%s (process %s)", name, entry->d_name);
  }
  closedir(processes);
  return found;
}

void system_denied_port_advice(unsigned port, char *text, size_t room) {
  char path[PATH_MAX] = "liteginx";
  size_t len = sizeof path;
  (void)uv_exepath(path, &len);
  snprintf(text, room,
           "this port is kept for privileged programs; listen on a port from 1024 up, or allow it once with 'sudo "
           "setcap cap_net_bind_service=+ep %s%s%s' or "
           "'sudo sysctl net.ipv4.ip_unprivileged_port_start=%u'",
           filename_quote(path), path, filename_quote(path), port);
}

/* The socket that listens on an address that overlaps `address`, by its inode; 0: none seen. */
static unsigned long listening_inode(const char *table, const struct sockaddr *address) {
  FILE *file = fopen(table, "re");
  if (!file) return 0;
  char line[512];
  unsigned long inode = 0;
  while (fgets(line, sizeof line, file)) {
    if (line_overlaps(line, address, &inode)) break;
  }
  fclose(file);
  return inode;
}

/* One line: "sl: ADDRESS:PORT REMOTE:PORT STATE … INODE", addresses as words in the machine's own byte order. */
static bool line_overlaps(const char *line, const struct sockaddr *address, unsigned long *inode) {
  char local[33], state[3];
  unsigned port;
  unsigned long found;
  /* NOLINTNEXTLINE(cert-err34-c): the kernel wrote these numbers */
  if (sscanf(line, " %*u: %32[0-9A-F]:%4x %*[0-9A-F:] %2s %*s %*s %*s %*u %*u %lu", local, &port, state, &found) != 4) {
    return false;
  }
  unsigned char bytes[16] = {0};
  size_t words = strlen(local) / 8;
  for (size_t i = 0; i < words; i++) {
    char word[9] = {0};
    memcpy(word, local + 8 * i, 8);
    uint32_t value = (uint32_t)strtoul(word, NULL, 16);
    memcpy(bytes + 4 * i, &value, 4);
  }
  static const unsigned char any[16] = {0};
  bool six = address->sa_family == AF_INET6;
  const struct sockaddr_in *in = (const void *)address;
  const struct sockaddr_in6 *in6 = (const void *)address;
  const void *wanted = six ? (const void *)&in6->sin6_addr : (const void *)&in->sin_addr;
  unsigned wanted_port = ntohs(six ? in6->sin6_port : in->sin_port);
  size_t len = six ? 16 : 4;
  bool overlaps = memcmp(bytes, any, sizeof any) == 0 || memcmp(wanted, any, len) == 0 ||
                  (words * 4 == len && memcmp(bytes, wanted, len) == 0);
  if (strtoul(state, NULL, 16) != LISTENING || port != wanted_port || !overlaps) return false;
  *inode = found;
  return true;
}

/* Has process `pid` a descriptor that is `link`? */
static bool process_holds(const char *pid, const char *link) {
  char path[300];
  snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
  DIR *descriptors = opendir(path);
  if (!descriptors) return false;
  bool holds = false;
  for (struct dirent *entry = readdir(descriptors); entry && !holds; entry = readdir(descriptors)) {
    char target[64];
    ssize_t len = readlinkat(dirfd(descriptors), entry->d_name, target, sizeof target - 1);
    if (len < 0) continue;
    target[len] = '\0';
    holds = strcmp(target, link) == 0;
  }
  closedir(descriptors);
  return holds;
}

static bool process_name(const char *pid, char *name, size_t room) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
  FILE *file = fopen(path, "re");
  if (!file) return false;
  bool read = fgets(name, (int)room, file) != NULL;
  fclose(file);
  if (read) name[strcspn(name, "\n")] = '\0';
  return read;
}
