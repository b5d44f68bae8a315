/* What a document may look like: one table, libcyaml's, in which every scalar is a string. A tree is checked against
 * that table, all errors at once, and repaired on the way: what is wrong goes, what is missing gets a stand-in that is
 * marked as reported. libcyaml then fills the structs from the repaired tree and cannot fail but for memory; the
 * n-th item of a list in the struct is the n-th child in the tree, which knows its place. */
#ifndef LITEGINX_CONFIG_SCHEMA_H
#define LITEGINX_CONFIG_SCHEMA_H

#include "liteginx/config/config.h"
#include "liteginx/config/yaml.h"

/* Strings as written, variables filled in; NULL: the key is not there. */
struct schema_target {
  char *host, *port, *weight;
};

struct schema_timeouts {
  char *connect, *response, *idle;
};

struct schema_spec {
  char *kind, *listen, *host, *path, *match, *rewrite, *hold;
  struct schema_target *targets;
  unsigned targets_count;
  struct schema_timeouts *timeouts;
};

struct schema_tls {
  char *enabled;
};

struct schema_settings {
  char *workers, *bind, *header_timeout, *keep_alive, *upstream_keep_alive, *upstream_idle, *max_header_bytes,
      *max_header_fields, *max_body_bytes, *max_connections, *drain, *drain_tunnels, *half_close, *hold, *access_log,
      *not_found_message;
  char **trusted_proxies;
  unsigned trusted_proxies_count;
};

/* An ingress, or the settings: never both once it is checked. */
struct schema_document {
  char *name;
  struct schema_spec *spec;
  unsigned spec_count;
  struct schema_tls *tls;
  struct schema_settings *settings;
};

/* All that variables may fill in: a file that repeats a long one must not take all memory. */
enum { SCHEMA_MAX_EXPANDED = 16 * 1024 * 1024 };

/* A scalar with a '$' that looks like a variable and is none. */
struct schema_stray {
  struct schema_stray *next;
  struct yaml_node *node;
  const char *key;
  struct str text, dollar;   /* as written; a part of it */
  struct config_place place; /* of the '$' */
};

/* Where scalars get their variables from, and what is wrong goes to. */
struct schema_check {
  struct arena *arena; /* of the tree */
  struct str file;
  config_getenv *env;
  void *env_owner;
  size_t *expanded_bytes;       /* what variables have filled in so far, over all documents */
  struct schema_stray **strays; /* the latest first, over all documents */
  struct config_report *report;
};

/* Checks and repairs one document. False: it is no mapping at all, or memory is out, or the
 * report is full; one of these is reported. */
ENSURE_CHECKED bool schema_repair(const struct schema_check *check, struct yaml_node *document);

/* The structs of a repaired document, in `arena`. NULL: out of memory. */
struct schema_document *schema_load(struct arena *arena, const struct yaml_node *document);

#endif
