/* Linux, macOS and their kin. Where there is no /proc, system_port_owner just does not know. Only Linux deals
 * connections out to listeners on one port; elsewhere SO_REUSEPORT, if there, gives them all to one. */
#ifdef __linux__
#define _GNU_SOURCE /* sched_getaffinity, struct ucred */
#endif
#include "liteginx/server/system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#ifdef __linux__
#include <sched.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif
#include <sys/un.h>
#include <unistd.h>

#include "liteginx/server/quota.h"

enum { DESCRIPTORS_UNKNOWN = 1024, LISTENING = 0x0a };

static unsigned usable_processors(void);
static bool interface_address(char *text, size_t room);
static bool socket_owner(const struct sockaddr *address, char *text, size_t room);
static unsigned long listening_inode(const char *table, const struct sockaddr *address);
static bool line_overlaps(const char *line, const struct sockaddr *address, unsigned long *inode);
static bool process_holds(const char *pid, const char *link);
static bool process_name(const char *pid, char *name, size_t room);

void system_guard_standard_streams(void) {
  for (int descriptor = 0; descriptor <= 2; descriptor++) {
    /* The lowest free number is taken, which is this one. A failure leaves what cannot be helped. */
    if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0) return;
  }
}

/* As a raw call: glibc has a name for it from 2.34 on only, musl has none. */
void system_part_descriptors(void) {
#if defined(SYS_close_range)
  enum { UNSHARE = 2 }; /* CLOSE_RANGE_UNSHARE */
  (void)syscall(SYS_close_range, 3, UINT_MAX, UNSHARE);
#endif
}

unsigned system_raise_descriptors(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return DESCRIPTORS_UNKNOWN;
  struct rlimit wanted = limit;
  wanted.rlim_cur = limit.rlim_max;
  /* macOS says "unlimited" and then refuses it: it takes OPEN_MAX. */
  if (setrlimit(RLIMIT_NOFILE, &wanted) != 0) {
    wanted.rlim_cur = 10240;
    if (wanted.rlim_cur > limit.rlim_cur) (void)setrlimit(RLIMIT_NOFILE, &wanted);
  }
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return DESCRIPTORS_UNKNOWN;
  return limit.rlim_cur < INT_MAX ? (unsigned)limit.rlim_cur : INT_MAX;
}

void system_ignore_broken_pipe(void) {
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  sigaction(SIGPIPE, &ignore, NULL);
}

/* A new thread has the mask of the one that makes it. */
int system_thread_create(uv_thread_t *thread, uv_thread_cb run, void *owner) {
  sigset_t signals, before;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, &before);
  int status = uv_thread_create(thread, run, owner);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return status;
}

bool system_has_terminal(void) {
  int descriptor = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return false;
  close(descriptor);
  return true;
}

bool system_hangup_ignored(void) {
  struct sigaction now;
  return sigaction(SIGHUP, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_IGN;
}

unsigned system_cores(void) {
  unsigned count = usable_processors(), quota = quota_processors("");
  return quota != 0 && quota < count ? quota : count;
}

static unsigned usable_processors(void) {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return (unsigned)CPU_COUNT(&set);
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (unsigned)online : 1;
}

bool system_deals_connections(void) {
#ifdef __linux__
  return true;
#else
  return false;
#endif
}

/* The system knows who has made a Unix socket listen, and tells it to whom connects. */
static bool socket_owner(const struct sockaddr *address, char *text, size_t room) {
#if defined(SO_PEERCRED)
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
#else
  (void)address;
  (void)text;
  (void)room;
  return false;
#endif
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

void system_low_port_advice(unsigned port, char *text, size_t room) {
#ifdef __linux__
  char path[PATH_MAX] = "liteginx";
  size_t len = sizeof path;
  (void)uv_exepath(path, &len);
  snprintf(text, room,
           "listen on a port from 1024 up, or allow it once with 'sudo setcap cap_net_bind_service=+ep %s' or "
           "'sudo sysctl net.ipv4.ip_unprivileged_port_start=%u'",
           path, port);
#else
  (void)port;
  snprintf(text, room, "listen on a port from 1024 up, or start it with sudo");
#endif
}

bool system_outward_address(char *text, size_t room) {
  /* A datagram socket is connected without a packet; TEST-NET-1 (RFC 5737) is nobody's, so it is reached by the way out. */
  struct sockaddr_in there, here;
  socklen_t len = sizeof here;
  bool found = uv_ip4_addr("192.0.2.1", 9, &there) == 0;
  int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
  found = found && descriptor >= 0 && connect(descriptor, (const struct sockaddr *)&there, sizeof there) == 0 &&
          getsockname(descriptor, (struct sockaddr *)&here, &len) == 0;
  if (descriptor >= 0) close(descriptor);
  if (found) return uv_ip4_name(&here, text, room) == 0;
  return interface_address(text, room);
}

static bool interface_address(char *text, size_t room) {
  uv_interface_address_t *interfaces = NULL;
  int count = 0;
  bool found = false;
  if (uv_interface_addresses(&interfaces, &count) != 0) return false;
  for (int i = 0; i < count && !found; i++) {
    if (interfaces[i].is_internal || interfaces[i].address.address4.sin_family != AF_INET) continue;
    found = uv_ip4_name(&interfaces[i].address.address4, text, room) == 0;
  }
  uv_free_interface_addresses(interfaces, count);
  return found;
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
