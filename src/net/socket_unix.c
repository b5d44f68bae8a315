/* Linux, macOS and their kin. */
#include "liteginx/net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

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

int socket_accept(const uv_tcp_t *listener, uv_tcp_t *accepted) {
  uv_os_fd_t descriptor;
  int status = uv_fileno((const uv_handle_t *)listener, &descriptor);
  if (status != 0) return status;
  int taken = accept(descriptor, NULL, NULL);
  if (taken < 0) return uv_translate_sys_error(errno);
  (void)fcntl(taken, F_SETFD, FD_CLOEXEC);
  status = uv_tcp_open(accepted, taken);
  if (status != 0) close(taken);
  return status;
}
