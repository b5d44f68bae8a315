/* Where a broken invariant ends: one line, then abort(). */
#include "liteginx/base/ensure.h"

#include <stdio.h>
#include <stdlib.h>

noreturn void ensure_failed(const char *condition, const char *file, int line, const char *function) {
  fprintf(stderr, "liteginx: broken invariant in %s (%s:%d): %s\n", function, file, line, condition);
  fflush(stderr);
  abort();
}
