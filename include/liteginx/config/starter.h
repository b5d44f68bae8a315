/* A file to start from, made of the rows: what is required stands there with an example, all else behind a '#', with its
 * default. */
#ifndef LITEGINX_CONFIG_STARTER_H
#define LITEGINX_CONFIG_STARTER_H

#include "liteginx/config/key.h"
#include "liteginx/config/page.h"

/* Adds the keys of `table`, each with its sentence ("## …") above it. Keys that are not required stand behind a '#' in the
 * first column: with all of these taken away the file is as good as it was. A key that `told_by` names has a document of
 * its own. */
void starter_write(struct page *page, const struct key_table *table);

/* What stands on top of the file of our own keys. */
const char *starter_head(void);

#endif
