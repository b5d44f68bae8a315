/* share/liteginx.schema.json: a JSON Schema (draft 2020-12) of one document, for editors, made of the rows. What the program
 * takes the schema takes too; what it cannot say, and so takes although the program does not, is listed in
 * tests/e2e/cli_schema.py. */
#ifndef LITEGINX_CONFIG_JSON_SCHEMA_H
#define LITEGINX_CONFIG_JSON_SCHEMA_H

#include "liteginx/config/key.h"
#include "liteginx/config/page.h"

/* Adds the schema of a mapping with the keys of `table`. */
void json_schema_write(struct page *page, const struct key_table *table);

#endif
