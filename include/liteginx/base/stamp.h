/* The time in front of a line of the log. */
#ifndef LITEGINX_BASE_STAMP_H
#define LITEGINX_BASE_STAMP_H

#include <stdbool.h>

#include "liteginx/base/str.h"

/* Of the longest stamp, RFC 3339's. */
enum { STAMP_BYTES = sizeof "2026-11-24T14:03:07.123Z" - 1 };

/* Writes what time it is now, to the millisecond, and returns it: `local`, the time of day as who sits at a terminal wants
 * it; else RFC 3339 in UTC. */
struct str stamp_now(char bytes[STAMP_BYTES], bool local);

#endif
