/* What Linux has beyond socket_unix.c: a socket is made and accepted ready for use, in one call. */
#define _GNU_SOURCE /* accept4 */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "liteginx/net/socket.h"

int socket_open(int family, uv_os_sock_t *opened) {
  *opened = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  return *opened >= 0 ? 0 : uv_translate_sys_error(errno);
}

int socket_share(uv_os_sock_t socket) {
  int on = 1;
  return setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0 ? 0 : uv_translate_sys_error(errno);
}

int socket_accept(uv_os_sock_t listener, uv_os_sock_t *accepted) {
  do {
    *accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  } while (*accepted < 0 && errno == EINTR);
  return *accepted >= 0 ? 0 : uv_translate_sys_error(errno);
}

/* An end that is not acknowledged counts as one more byte. */
size_t socket_unsent(uv_os_sock_t socket) {
  int bytes = 0;
  return ioctl(socket, TIOCOUTQ, &bytes) == 0 && bytes > 0 ? (size_t)bytes : 0;
}

/* A full queue is UV_EAGAIN. */
bool socket_full_refuses(void) {
  return false;
}
