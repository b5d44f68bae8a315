/* A repaired tree → values, by libcyaml. The n-th value of a mapping is that of its table's n-th row, the n-th item of a list
 * belongs to the n-th child in the tree, which knows its place. Cannot fail but for memory. */
#ifndef LITEGINX_CONFIG_FILL_H
#define LITEGINX_CONFIG_FILL_H

#include <cyaml/cyaml.h>

#include "liteginx/config/key.h"
#include "liteginx/config/yaml.h"

/* What one key has: nothing at all (NULL), or as its kind is. Single values are strings as written, variables filled in. */
struct fill_value {
  union {
    char *text; /* of a single value */
    struct fill_value
        *values;  /* of a mapping; of a list of mappings all values of the first item, then of the second … */
    char **texts; /* of a list of single values */
    struct fill_pair *pairs; /* of free names */
  };
  unsigned count; /* items of a list, or names */
};

struct fill_pair {
  struct fill_value name, value;
};

/* Made once for a table, used for each document. */
struct fill {
  struct key root;
  cyaml_schema_value_t schema;
};

/* libcyaml's schema of `table`, in `arena`. A list of lists cannot be told, nor one of free names. False: out of memory. */
ENSURE_CHECKED bool fill_init(struct fill *fill, struct arena *arena, const struct key_table *table);

/* The values of a document that repair_mapping has repaired, in `arena`. NULL: out of memory. */
const struct fill_value *fill_document(const struct fill *fill, struct arena *arena, const struct yaml_node *document);

#endif
