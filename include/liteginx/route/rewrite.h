/* Replacement of the part of a path that a pattern matched. */
#ifndef LITEGINX_ROUTE_REWRITE_H
#define LITEGINX_ROUTE_REWRITE_H

#include "liteginx/route/pattern.h"

/* One piece of a compiled rewrite: literal text, or the parameter with index `param`. */
struct rewrite_piece {
  struct str literal;
  int param; /* -1: literal */
};

struct rewrite {
  struct rewrite_piece *pieces;
  unsigned count;
  bool joins; /* the rest of the path follows: prefix pattern without catch-all */
};

/* Compiles `text` for `pattern`; as pattern_parse. */
ENSURE_CHECKED bool rewrite_parse(struct arena *arena, struct str text, const struct pattern *pattern,
                                  struct rewrite *rewrite, struct template_fault *fault);

enum rewrite_status { REWRITE_OK, REWRITE_DOT_SEGMENT, REWRITE_NO_MEMORY };

/* The new path in `arena`. `rest` is what the pattern left over: empty, or beginning with '/'. */
enum rewrite_status rewrite_apply(struct arena *arena, const struct rewrite *rewrite, const struct str *params,
                                  struct str rest, struct str *path);

#endif
