/* The tables that are made of the rows in schema.h. */
#ifndef LITEGINX_CONFIG_TABLES_H
#define LITEGINX_CONFIG_TABLES_H

#include "liteginx/config/config.h"

extern const struct key_table schema_document, schema_spec, schema_target, schema_timeouts, schema_tls, schema_settings,
    schema_redirect, schema_respond, schema_headers, schema_changes;

/* Of `bind`, which an environment variable names as well. */
extern const char *const schema_bind_words[];

#endif
