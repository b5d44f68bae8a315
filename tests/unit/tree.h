/* A text → a repaired tree, for the tests of rooms that work on one. */
#ifndef LITEGINX_TESTS_UNIT_TREE_H
#define LITEGINX_TESTS_UNIT_TREE_H

#include "liteginx/config/document.h"
#include "liteginx/config/tables.h"
#include "unit.h"

struct tree {
  struct arena arena;
  struct config_report report;
  struct repair repair;
  size_t expanded_bytes;
  struct repair_stray *strays;
  struct yaml_node *root;
};

static inline const char *tree_env(void *owner, const char *name) {
  (void)owner;
  static char long_text[60001];
  memset(long_text, 'x', sizeof long_text - 1);
  if (strcmp(name, "LONG") == 0) return long_text;
  return strcmp(name, "TRICK") == 0 ? "\\\", \"spec\": {\n\xf0\x9f\x98\x80" : NULL;
}

/* Reads the text, and no more. */
static inline void tree_read(struct tree *tree, const struct key_table *table, const char *text) {
  arena_init(&tree->arena, NULL, 1 << 28);
  config_report_init(&tree->report);
  tree->expanded_bytes = 0;
  tree->strays = NULL;
  tree->repair = (struct repair){.arena = &tree->arena,
                                 .file = STR_INIT("f"),
                                 .env = tree_env,
                                 .expanded_bytes = &tree->expanded_bytes,
                                 .strays = &tree->strays,
                                 .report = &tree->report,
                                 .root = table};
  tree->root = yaml_read(&tree->arena, STR("f"), str_of(text), &tree->report);
  assert_non_null(tree->root);
}

/* Whether the document of ours could be repaired. */
static inline bool tree_document(struct tree *tree, const char *text) {
  tree_read(tree, &schema_document, text);
  return document_repair(&tree->repair, tree->root);
}

/* The same of a mapping with a table of the test's own. */
static inline bool tree_mapping(struct tree *tree, const struct key_table *table, const char *text) {
  tree_read(tree, table, text);
  return repair_mapping(&tree->repair, table, "own", tree->root);
}

static inline void tree_forget(struct tree *tree) {
  arena_reset(&tree->arena);
  config_report_free(&tree->report);
}

/* All messages, one a line. */
static inline void tree_assert_messages(const struct tree *tree, const char *expected) {
  char all[4096];
  size_t len = 0;
  all[0] = '\0';
  for (const struct config_message *message = tree->report.first; message; message = message->next) {
    len += (size_t)snprintf(all + len, sizeof all - len, "%.*s\n", STR_ARG(message->text));
    assert_true(len < sizeof all);
  }
  assert_string_equal(all, expected);
}

#endif
