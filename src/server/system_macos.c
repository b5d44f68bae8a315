/* What macOS has beyond system_unix.c. Who listens where is asked of libproc, which shows this user's own processes, and all
 * of them to root. */
#include "liteginx/server/system.h"

#include <libproc.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/proc_info.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <unistd.h>

enum { NAME_BYTES = 2 * MAXCOMLEN + 1 };

static pid_t *list_processes(unsigned *count);
static bool process_listens(pid_t pid, const struct sockaddr *address);
static bool socket_overlaps(const struct socket_info *socket, const struct sockaddr *address);
static bool addresses_overlap(const struct in_sockinfo *bound, const struct sockaddr *address);

void system_part_descriptors(void) {
}

/* A limit above it is taken, told by getrlimit, and not kept to. */
unsigned system_descriptors_most(void) {
  int most = 0;
  size_t len = sizeof most;
  return sysctlbyname("kern.maxfilesperproc", &most, &len, NULL, 0) == 0 && most > 0 ? (unsigned)most : INT_MAX;
}

unsigned system_cores(void) {
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (unsigned)online : 1;
}

/* SO_REUSEPORT gives all connections to the one that came last. */
bool system_deals_connections(void) {
  return false;
}

/* With SO_REUSEADDR, which a restart needs, 127.0.0.1:5000 binds beside *:5000 of the same user (AirPlay's, say). */
bool system_binds_beside_others(void) {
  return true;
}

bool system_port_owner(const struct sockaddr *address, char *text, size_t room) {
  unsigned count;
  pid_t *pids = list_processes(&count);
  bool found = false;
  for (unsigned i = 0; i < count && !found; i++) {
    char name[NAME_BYTES] = "";
    if (pids[i] <= 0 || !process_listens(pids[i], address)) continue;
    found = true;
    bool named = proc_name(pids[i], name, sizeof name) > 0;
    snprintf(text, room, "%s (process %d)", named ? name : "a program", (int)pids[i]);
  }
  free(pids);
  return found;
}

/* NULL and 0: they cannot be told. New ones may come meanwhile: those are missed. */
static pid_t *list_processes(unsigned *count) {
  *count = 0;
  int bytes = proc_listpids(PROC_ALL_PIDS, 0, NULL, 0);
  pid_t *pids = bytes > 0 ? malloc((size_t)bytes) : NULL;
  if (pids) bytes = proc_listpids(PROC_ALL_PIDS, 0, pids, bytes);
  if (pids && bytes > 0) *count = (unsigned)bytes / (unsigned)sizeof *pids;
  return pids;
}

static bool process_listens(pid_t pid, const struct sockaddr *address) {
  int bytes = proc_pidinfo(pid, PROC_PIDLISTFDS, 0, NULL, 0);
  struct proc_fdinfo *descriptors = bytes > 0 ? malloc((size_t)bytes) : NULL;
  bool listens = false;
  if (!descriptors) return false;
  bytes = proc_pidinfo(pid, PROC_PIDLISTFDS, 0, descriptors, bytes);
  for (int i = 0; i < bytes / (int)PROC_PIDLISTFD_SIZE && !listens; i++) {
    struct socket_fdinfo info;
    if (descriptors[i].proc_fdtype != PROX_FDTYPE_SOCKET) continue;
    int got = proc_pidfdinfo(pid, descriptors[i].proc_fd, PROC_PIDFDSOCKETINFO, &info, sizeof info);
    listens = got == (int)sizeof info && socket_overlaps(&info.psi, address);
  }
  free(descriptors);
  return listens;
}

static bool socket_overlaps(const struct socket_info *socket, const struct sockaddr *address) {
  if (address->sa_family == AF_UNIX) return false;
  const struct tcp_sockinfo *tcp = &socket->soi_proto.pri_tcp;
  return socket->soi_kind == SOCKINFO_TCP && tcp->tcpsi_state == TSI_S_LISTEN &&
         addresses_overlap(&tcp->tcpsi_ini, address);
}

/* A socket for IPv6 alone does not overlap one for IPv4; one for both families says so. */
static bool addresses_overlap(const struct in_sockinfo *bound, const struct sockaddr *address) {
  static const struct in6_addr any;
  bool six = address->sa_family == AF_INET6;
  const struct sockaddr_in *in = (const void *)address;
  const struct sockaddr_in6 *in6 = (const void *)address;
  if ((in_port_t)bound->insi_lport != (six ? in6->sin6_port : in->sin_port)) return false;
  if (!(bound->insi_vflag & (six ? INI_IPV6 : INI_IPV4))) return false;
  const void *own = six ? (const void *)&bound->insi_laddr.ina_6 : (const void *)&bound->insi_laddr.ina_46.i46a_addr4;
  const void *wanted = six ? (const void *)&in6->sin6_addr : (const void *)&in->sin_addr;
  size_t len = six ? sizeof in6->sin6_addr : sizeof in->sin_addr;
  return memcmp(own, &any, len) == 0 || memcmp(wanted, &any, len) == 0 || memcmp(own, wanted, len) == 0;
}

/* Since macOS 10.14 low ports are free on all interfaces together, but not on one address. */
void system_denied_port_advice(unsigned port, char *text, size_t room) {
  snprintf(text, room,
           "this port is kept for root on a single address; listen on a port from 1024 up, on all interfaces (`listen: "
           "\"*:%u\"`, which other machines reach), or start it with sudo",
           port);
}
