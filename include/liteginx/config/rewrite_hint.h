/* Rewrites in the words of other programs, which would be sent letter by letter: what to write instead. */
#ifndef LITEGINX_CONFIG_REWRITE_HINT_H
#define LITEGINX_CONFIG_REWRITE_HINT_H

#include "liteginx/route/pattern.h"

/* What a rewrite belongs to. */
struct rewrite_hint_path {
  struct str text; /* of the path; the hint goes by what path_hint says to write for it */
  enum pattern_match match;
};

/* A whole parenthesis in `arena`, empty where the text looks like none of them; ptr NULL: out of memory. `dollars`: each '$' is
 * there as it was written, and none was doubled. *offset is the byte at which it begins to differ from ours. What it says to
 * write is a rewrite of that path. */
struct str rewrite_hint(struct arena *arena, struct str text, const struct rewrite_hint_path *path, bool dollars,
                        size_t *offset);

#endif
