/* The variables of the environment in a value: `${NAME}`. */
#ifndef LITEGINX_CONFIG_VARIABLE_H
#define LITEGINX_CONFIG_VARIABLE_H

#include <stdbool.h>

#include "liteginx/base/arena.h"

/* Reads an environment variable; NULL: unset. getenv for the program, a table for tests. */
typedef const char *config_getenv(void *owner, const char *name);

enum variable_status {
  VARIABLE_OK,
  VARIABLE_UNSET,
  VARIABLE_NESTED,
  VARIABLE_NOT_UTF8,
  VARIABLE_TOO_LONG,
  VARIABLE_NO_MEMORY
};

/* Longest text after its variables are filled in. */
enum { VARIABLE_MAX_BYTES = 64 * 1024 };

/* Fills in ${NAME} and ${NAME:-default} (the default where NAME is unset or empty, as in a shell); `$$` is `$`, any
 * other `$` is itself. Where nothing changes, *expanded is `text` itself. Otherwise than for VARIABLE_OK and
 * VARIABLE_NO_MEMORY, *name is the variable at fault: not set; with another variable in its default; not UTF-8; making
 * the text too long (empty: it is too long without any). */
enum variable_status variable_expand(struct arena *arena, struct str text, config_getenv *env, void *env_owner,
                                     struct str *expanded, struct str *name);

/* The first `$` of a text that variable_expand leaves alone though it looks like a variable: `$NAME` in capitals, and `${`
 * with anything but the two forms behind it, up to its `}`. False: there is none. */
ENSURE_CHECKED bool variable_stray(struct str text, struct str *stray);

/* Is there a `$` in the text that fills in no variable, and none that is doubled? Whoever doubles one knows what it means. */
ENSURE_CHECKED bool variable_has_plain(struct str text);

#endif
