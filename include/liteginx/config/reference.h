/* docs/CONFIG.md: every key with its kind, its default and what it is for, made of the rows. */
#ifndef LITEGINX_CONFIG_REFERENCE_H
#define LITEGINX_CONFIG_REFERENCE_H

#include "liteginx/config/key.h"
#include "liteginx/config/page.h"

/* Adds the whole page: `head`, then a section for each mapping below `table`, each once, the outer ones first. */
void reference_write(struct page *page, const char *head, const struct key_table *table);

/* What stands on top of the page of our own keys. */
const char *reference_head(void);

#endif
