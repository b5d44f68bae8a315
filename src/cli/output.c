/* The buffer is written out here, so this is where a failure shows; of one that came earlier the reason is lost. */
#include "liteginx/cli/output.h"

#include <errno.h>
#include <uv.h>

#include "liteginx/server/system.h"

static int say_lost(const char *what, FILE *err) {
  const char *why = errno ? uv_strerror(system_code(errno)) : "an earlier write failed";
  fprintf(err, "liteginx: %sthe output could not be written: %s\n", what, why);
  return 1;
}

int output_end(FILE *out, const char *what, FILE *err) {
  errno = 0;
  return fflush(out) == 0 && !ferror(out) ? 0 : say_lost(what, err);
}

int output_text(FILE *out, struct str text, FILE *err) {
  errno = 0;
  bool whole = fwrite(text.ptr, 1, text.len, out) == text.len;
  return whole ? output_end(out, "", err) : say_lost("", err);
}
