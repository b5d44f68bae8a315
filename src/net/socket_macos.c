/* What macOS does otherwise than Linux, beyond socket_unix.c. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "liteginx/net/socket.h"

int socket_open(int family, uv_os_sock_t *opened) {
  *opened = socket(family, SOCK_STREAM, 0);
  if (*opened < 0) return uv_translate_sys_error(errno);
  (void)fcntl(*opened, F_SETFD, FD_CLOEXEC);
  (void)fcntl(*opened, F_SETFL, O_NONBLOCK);
  return 0;
}

/* With SO_REUSEPORT the one that came last gets them all. */
int socket_share(uv_os_sock_t socket) {
  (void)socket;
  return UV_ENOTSUP;
}

int socket_accept(uv_os_sock_t listener, uv_os_sock_t *accepted) {
  do {
    *accepted = accept(listener, NULL, NULL);
  } while (*accepted < 0 && errno == EINTR);
  if (*accepted < 0) return uv_translate_sys_error(errno);
  (void)fcntl(*accepted, F_SETFD, FD_CLOEXEC);
  return 0;
}

size_t socket_unsent(uv_os_sock_t socket) {
  int bytes = 0;
  socklen_t len = sizeof bytes;
  return getsockopt(socket, SOL_SOCKET, SO_NWRITE, &bytes, &len) == 0 && bytes > 0 ? (size_t)bytes : 0;
}

bool socket_full_refuses(void) {
  return true;
}
