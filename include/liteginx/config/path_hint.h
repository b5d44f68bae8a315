/* Paths in the words of other programs, which are no patterns of ours, or match themselves letter by letter: what to write
 * instead. */
#ifndef LITEGINX_CONFIG_PATH_HINT_H
#define LITEGINX_CONFIG_PATH_HINT_H

#include "liteginx/base/arena.h"

/* A whole parenthesis in `arena`: "(write '/users/{id}')", empty where the text looks like none of them; ptr NULL: out
 * of memory. *offset is the byte at which it begins to differ from ours. What it says to write is a pattern, and no text of
 * the path is missing in it. */
struct str path_hint(struct arena *arena, struct str text, size_t *offset);

#endif
