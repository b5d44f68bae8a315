/* Linux, macOS and their kin. */
#include "liteginx/net/socket.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

bool socket_quiet(const uv_tcp_t *tcp) {
  uv_os_fd_t descriptor;
  char byte;
  if (uv_fileno((const uv_handle_t *)tcp, &descriptor) != 0) return false;
  return recv(descriptor, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

int socket_error(const uv_tcp_t *tcp) {
  uv_os_fd_t descriptor;
  int error = 0;
  socklen_t len = sizeof error;
  if (uv_fileno((const uv_handle_t *)tcp, &descriptor) != 0) return 0;
  if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &len) != 0) return 0;
  return error ? uv_translate_sys_error(error) : 0;
}

size_t socket_unsent(const uv_tcp_t *tcp) {
  uv_os_fd_t descriptor;
  int bytes = 0;
  if (uv_fileno((const uv_handle_t *)tcp, &descriptor) != 0) return 0;
#if defined(SO_NWRITE) /* macOS */
  socklen_t len = sizeof bytes;
  if (getsockopt(descriptor, SOL_SOCKET, SO_NWRITE, &bytes, &len) != 0) return 0;
#elif defined(TIOCOUTQ)
  if (ioctl(descriptor, TIOCOUTQ, &bytes) != 0) return 0;
#endif
  return bytes > 0 ? (size_t)bytes : 0;
}
