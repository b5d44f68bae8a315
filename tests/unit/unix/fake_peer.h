/* Lets a connection look as if it had met itself, while peer_is_own. Else the truth, where it can be had: libuv may ask, too. A
 * program's own definition goes before the C library's. For one program's one .c file. */
#ifndef LITEGINX_TESTS_UNIT_FAKE_PEER_H
#define LITEGINX_TESTS_UNIT_FAKE_PEER_H

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

static bool peer_is_own;

int getpeername(int fd, struct sockaddr *address, socklen_t *len) {
  if (peer_is_own) return getsockname(fd, address, len);
#ifdef SYS_getpeername
  return (int)syscall(SYS_getpeername, fd, address, len);
#else
  errno = ENOTCONN;
  return -1;
#endif
}

#endif
