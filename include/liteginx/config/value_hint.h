/* What other programs fill into the value of a field: what to write instead. */
#ifndef LITEGINX_CONFIG_VALUE_HINT_H
#define LITEGINX_CONFIG_VALUE_HINT_H

#include "liteginx/base/arena.h"

/* A whole parenthesis in `arena` about the first of their references in a value: "$host", and "{remote_host}" where no path
 * has such a parameter; empty: there is none. ptr NULL: out of memory. `dollars`: each '$' is there as it was written, and
 * none was doubled. *offset is its first byte. */
struct str value_hint(struct arena *arena, struct str text, bool dollars, size_t *offset);

/* The same for a `host_header` that is none, in the shape of key_text.hint. */
struct str value_hint_host(struct arena *arena, struct str text);

#endif
