/* A target in one word, "localhost:3000", becomes the mapping that it stands for. */
#ifndef LITEGINX_CONFIG_TARGET_WORD_H
#define LITEGINX_CONFIG_TARGET_WORD_H

#include "liteginx/config/repair.h"

/* Makes of the scalar `node`, an item of the list `name`, a mapping of `table` with `host` and `port`, or `unix`,
 * that know their places; of one that is no target, which is reported, a stand-in. What the host and the port are
 * worth is not looked at. False: as in repair.h. */
ENSURE_CHECKED bool target_word_read(const struct repair *repair, const struct key_table *table, const char *name,
                                     struct yaml_node *node);

#endif
