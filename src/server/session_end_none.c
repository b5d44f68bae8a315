/* Linux and macOS send SIGTERM, or SIGHUP as the terminal goes. */
#include "liteginx/server/session_end.h"

#include <stddef.h>

int session_end_watch(void (*on_end)(void *owner), void *owner) {
  (void)on_end;
  (void)owner;
  return 0;
}

void session_end_unwatch(void) {
}
