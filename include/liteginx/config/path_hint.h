/* Paths and rewrites as nginx, Express, Next.js, Flask, FastAPI or Go have them, which are no patterns of ours, or match
 * themselves letter by letter: what to write instead. */
#ifndef LITEGINX_CONFIG_PATH_HINT_H
#define LITEGINX_CONFIG_PATH_HINT_H

#include "liteginx/route/pattern.h"

/* A whole parenthesis in `arena`: "(write '/users/{id}')", empty where the text looks like none of them; ptr NULL: out
 * of memory. *offset is the byte at which it begins to differ from ours. What it says to write is a pattern. */
struct str path_hint(struct arena *arena, struct str text, size_t *offset);

/* The same for a rewrite; `pattern` is its path's. */
struct str path_hint_rewrite(struct arena *arena, struct str text, const struct pattern *pattern, size_t *offset);

#endif
