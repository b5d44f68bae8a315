/* Windows has them since 2018, but libuv does not speak with them: its pipes are Windows' own. */
#include "liteginx/base/socket_path.h"

size_t socket_path_max(void) {
  return 0;
}
