/* What other programs fill into the value of a field: what to write instead. */
#ifndef LITEGINX_CONFIG_VALUE_HINT_H
#define LITEGINX_CONFIG_VALUE_HINT_H

#include "liteginx/base/arena.h"

/* A whole parenthesis in `arena` about the first of their references in a value: "$host", and "{remote_host}" where no path
 * has such a parameter; empty: there is none. ptr NULL: out of memory. `dollars`: each '$' is there as it was written, and
 * none was doubled. `request`: the field goes to targets, which get some fields without a word. *offset is its first byte. */
struct str value_hint(struct arena *arena, struct str text, bool dollars, bool request, size_t *offset);

/* The same for a `host_header` that is none, in the shape of key_text.hint. */
struct str value_hint_host(struct arena *arena, struct str text);

/* "preserve" or "target", where a name that `host_header` would take seems to mean that; NULL: it does not. */
const char *value_hint_host_word(struct str text);

#endif
