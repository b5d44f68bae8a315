/* Other programs, run to their end. Names are looked for in PATH. */
#ifndef LITEGINX_CLI_PROGRAM_H
#define LITEGINX_CLI_PROGRAM_H

#include <uv.h>

#include "liteginx/base/arena.h"
#include "liteginx/base/buf.h"
#include "liteginx/base/ensure.h"

/* Bytes of output that are kept of one at most; what is more is read and dropped. */
enum { PROGRAM_OUTPUT_BYTES = 8 << 20 };

/* Where a program's standard output goes, and its standard error. */
enum program_output {
  PROGRAM_SHOWN, /* both to our standard error: the user follows what it does, and can answer it */
  PROGRAM_KEPT,  /* output into the buffer; errors nowhere, and it is asked nothing */
};

/* Runs it; the last of `words` is NULL. The exit status, 128 + N where signal N ended it, or a libuv code (below 0): it could not be
 * started. `kept` may be NULL where nothing is kept. */
ENSURE_CHECKED int program_run(const char *const *words, enum program_output output, struct buf *kept);

/* Where in PATH it is; lives in `arena`. NULL: nowhere, or out of memory. */
const char *program_find(struct arena *arena, const char *name);

/* What to call a program by that root is to run: its name, where it is in PATH; else its path, where it is in an sbin beside a bin of
 * PATH, which not every user's PATH has. NULL: as above. */
const char *program_find_for_root(struct arena *arena, const char *name);

#endif
