/* The room that the system's own structure has: 107 bytes on Linux, 103 on macOS and the BSDs. */
#include "liteginx/base/socket_path.h"

#include <sys/socket.h>
#include <sys/un.h>

size_t socket_path_max(void) {
  return sizeof((struct sockaddr_un *)NULL)->sun_path - 1;
}
