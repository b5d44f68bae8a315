/* What one kind of document needs, beyond the table that both share, is asked here. */
#include "liteginx/config/document.h"

#include "liteginx/config/schema.h"

static void check_sort(const struct repair *repair, const struct yaml_node *root);

bool document_repair(const struct repair *repair, struct yaml_node *root) {
  if (root->reported) return false;
  if (root->kind != NODE_MAPPING) {
    config_report_add(repair->report, true, repair_place(repair, root),
                      "a document must be a mapping with 'name' and 'spec', or with 'settings', got a %s",
                      root->kind == NODE_LIST ? "list" : "single value");
    return false;
  }
  if (!repair_mapping(repair, repair->root, NULL, root)) return false;
  check_sort(repair, root);
  return true;
}

/* Settings stand alone, and an ingress has all that it needs. */
static void check_sort(const struct repair *repair, const struct yaml_node *root) {
  const struct yaml_node *settings = yaml_find(root, "settings");
  if (settings && root->first != root->last) {
    config_report_add(repair->report, true, repair_key_place(repair, settings),
                      "'settings' must be a document of its own (separate it with a line '---')");
  }
  if (settings || root->merged) return;
  for (unsigned i = 0; i < repair->root->count; i++) {
    const struct key *key = &repair->root->rows[i];
    if (!key->required || yaml_find_row(root, i)) continue;
    config_report_add(repair->report, true, repair_place(repair, root), "missing key '%s'", key->name);
  }
}

struct document *document_make(const struct repair *repair, const struct fill *fill, struct yaml_node *root,
                               struct arena *kept) {
  struct document *document = arena_alloc(repair->arena, sizeof *document);
  const struct fill_value *values = document ? fill_document(fill, repair->arena, root) : NULL;
  if (!values) return NULL;
  *document = (struct document){.content = {repair->file, repair->root, values, root}};
  struct str name = take_field(&document->content, DOCUMENT_name).text;
  document->name = arena_dup(kept, name.ptr ? name : STR(""));
  return document->name.ptr ? document : NULL;
}
