/* A tree of YAML nodes against a table of keys: all errors at once, and repaired on the way: what is wrong goes, what is
 * missing gets a stand-in that is marked as reported. So a repaired tree holds exactly what its table allows, each child
 * knows its row, and whoever reads it further has nothing to fear but for memory. */
#ifndef LITEGINX_CONFIG_REPAIR_H
#define LITEGINX_CONFIG_REPAIR_H

#include "liteginx/config/key.h"
#include "liteginx/config/variable.h"
#include "liteginx/config/yaml.h"

/* All that variables may fill in: a file that repeats a long one must not take all memory. Names of one mapping: that each
 * is there once is found by looking at all. */
enum { REPAIR_MAX_EXPANDED = 16 * 1024 * 1024, REPAIR_MAX_NAMES = 1000 };

/* A scalar with a '$' that looks like a variable and is none. */
struct repair_stray {
  struct repair_stray *next;
  struct yaml_node *node;
  const char *key;
  struct str text, dollar;   /* as written; a part of it */
  struct config_place place; /* of the '$' */
};

/* Where scalars get their variables from, and what is wrong goes to. */
struct repair {
  struct arena *arena; /* of the tree */
  struct str file;
  config_getenv *env;
  void *env_owner;
  size_t *expanded_bytes;       /* what variables have filled in so far, over all documents */
  struct repair_stray **strays; /* the latest first, over all documents */
  struct config_report *report;
  const struct key_table *root; /* of the document: where a key would be right that is wrong where it stands */
};

/* All that return bool here: false where the check is over, for want of memory or since the report is full; one of both is
 * reported. */

/* Checks and repairs the mapping `node`. `name`: the key that it stands under; NULL: the document itself. */
ENSURE_CHECKED bool repair_mapping(const struct repair *repair, const struct key_table *table, const char *name,
                                   struct yaml_node *node);

/* Fills the variables of a scalar in; one that cannot be used is marked as reported. */
ENSURE_CHECKED bool repair_scalar(const struct repair *repair, const char *name, struct yaml_node *node);

/* Makes `node` the least mapping that `table` accepts, and marks it. */
ENSURE_CHECKED bool repair_stand_in(const struct repair *repair, const struct key_table *table, struct yaml_node *node);

struct config_place repair_place(const struct repair *repair, const struct yaml_node *node);
struct config_place repair_key_place(const struct repair *repair, const struct yaml_node *node);

#endif
