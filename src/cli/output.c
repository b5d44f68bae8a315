/* The buffer is written out here, so this is where a failure shows; of one that came earlier the reason is lost. */
#include "liteginx/cli/output.h"

#include <errno.h>
#include <uv.h>

int output_end(FILE *out, const char *what, FILE *err) {
  errno = 0;
  if (fflush(out) == 0 && !ferror(out)) return 0;
  const char *why = errno ? uv_strerror(uv_translate_sys_error(errno)) : "an earlier write failed";
  fprintf(err, "liteginx: %sthe output could not be written: %s\n", what, why);
  return 1;
}
