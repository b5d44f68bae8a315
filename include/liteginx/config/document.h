/* One document of a file: checked, repaired, its values at hand. It is an ingress, or the settings: never both. */
#ifndef LITEGINX_CONFIG_DOCUMENT_H
#define LITEGINX_CONFIG_DOCUMENT_H

#include "liteginx/config/fill.h"
#include "liteginx/config/repair.h"
#include "liteginx/config/take.h"

struct document {
  struct document *next;
  struct take_from content; /* its mapping, with the table schema_document */
  struct str name;          /* where its maker wants it; empty: it has none */
};

/* Checks and repairs `root`, whose table is repair->root. False: it is no mapping at all, or memory is out, or the report is
 * full; one of these is reported. */
ENSURE_CHECKED bool document_repair(const struct repair *repair, struct yaml_node *root);

/* The document of a repaired tree, in repair->arena, its name in `kept`. NULL: out of memory. */
struct document *document_make(const struct repair *repair, const struct fill *fill, struct yaml_node *root,
                               struct arena *kept);

#endif
