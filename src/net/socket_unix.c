/* Linux, macOS and their kin. */
#include "liteginx/net/socket.h"

#include <errno.h>
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
