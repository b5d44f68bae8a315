/* YAML text → a tree of nodes, each with its place. Bounded in size and depth, no aliases, merge keys and tags: what a
 * tree costs is in proportion to its text. */
#ifndef LITEGINX_CONFIG_YAML_H
#define LITEGINX_CONFIG_YAML_H

#include "liteginx/config/report.h"

enum { YAML_MAX_BYTES = 1024 * 1024, YAML_MAX_DEPTH = 64 };

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAPPING };

struct yaml_node {
  struct yaml_node *next; /* in its list or mapping, or the next document */
  union {
    struct str text; /* of a scalar */
    struct {
      struct yaml_node *first, *last; /* of a list's items or a mapping's values */
    };
  };
  struct str key; /* of a mapping's value, else ptr NULL */
  unsigned key_line, key_column;
  unsigned line, column;
  unsigned text_column; /* where a scalar's text itself begins; 0: it was escaped or broken into lines */
  uint8_t kind;         /* enum node_kind: the nodes are most of a load's memory */
  uint8_t row;          /* of a value in a mapping that was repaired: which row of the mapping's table it is */
  bool is_null;         /* a scalar: nothing at all, or ~ or null without quotes */
  bool reported;        /* something is wrong with it, and an error says so: no second one is needed */
  bool plain_dollar;    /* a scalar with a '$' that fills in no variable, and none that is doubled */
  bool has_stray;       /* a scalar with a '$' that looks like a variable and is none */
  bool merged;          /* a mapping with a merge key, which is an error: what it lacks may have come from there */
};

/* Reads all documents of `text`, which must outlive them, into `arena`; empty ones are left out. What is wrong goes to
 * `report` with `file` in its place; the documents before a syntax error are still returned, chained by `next`. */
struct yaml_node *yaml_read(struct arena *arena, struct str file, struct str text, struct config_report *report);

/* The value at `key` of a mapping; NULL: none. */
struct yaml_node *yaml_find(const struct yaml_node *mapping, const char *key);

/* The same for a key of any bytes, and for a row of the mapping's table. */
struct yaml_node *yaml_find_key(const struct yaml_node *mapping, struct str key);
struct yaml_node *yaml_find_row(const struct yaml_node *mapping, unsigned row);

/* Adds `child` at the end of a list or mapping. */
void yaml_append(struct yaml_node *parent, struct yaml_node *child);

#endif
