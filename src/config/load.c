/* From texts to one checked configuration. Three passes: each file to documents, then the settings (a bare port needs
 * `bind`, and `hold` is every spec's default), then the specs in order. A wrong value never ends a pass: the load goes
 * on to find the other errors, and fails at its end. */
#include "liteginx/config/load.h"

#include <stdlib.h>

#include "liteginx/config/circle.h"
#include "liteginx/config/document.h"
#include "liteginx/config/foreign.h"
#include "liteginx/config/hint.h"
#include "liteginx/config/merge.h"
#include "liteginx/config/settings.h"
#include "liteginx/config/spec.h"
#include "liteginx/config/tables.h"
#include "liteginx/config/tls_keys.h"

enum { ARENA_BYTES = 1 << 30 };

struct loading {
  struct config *config;
  struct config_report *report;
  const struct config_world *world;
  size_t expanded_bytes;
  struct repair_stray *strays;
  struct arena trees;   /* documents */
  struct arena scratch; /* of the merge, and of words for the report */
  struct fill fill;
  struct taking taking;
  struct document *first, *last;
  struct spec_start start; /* with the settings' defaults, once these were read */
  struct merge merge;
  struct config_tls **last_tls; /* where the next one goes */
};

static bool load_all(struct loading *loading, const struct config_text *texts, unsigned count);
static bool read_file(struct loading *loading, const struct config_text *text);
static bool warn_of_circles(struct loading *loading);
static void warn_of_strays(struct loading *loading);
static void forget_documents(struct loading *loading);
static bool read_document(struct loading *loading, struct str file, struct yaml_node *root);
static bool read_all_settings(struct loading *loading);
static bool read_ingress(struct loading *loading, const struct document *document);
static void check_name(struct loading *loading, const struct document *document);

struct config *config_load(const struct config_text *texts, unsigned count, config_getenv *env, void *env_owner,
                           struct config_report *report) {
  const struct config_world world = {.env = env, .owner = env_owner};
  return config_load_in(&world, texts, count, report);
}

struct config *config_load_in(const struct config_world *world, const struct config_text *texts, unsigned count,
                              struct config_report *report) {
  struct loading loading = {.report = report, .world = world};
  arena_init(&loading.trees, NULL, ARENA_BYTES);
  arena_init(&loading.scratch, NULL, ARENA_BYTES);
  loading.config = calloc(1, sizeof *loading.config);
  if (loading.config) {
    arena_init(&loading.config->arena, NULL, ARENA_BYTES);
    loading.taking = (struct taking){&loading.config->arena, &loading.scratch, report, world};
  }
  if (!loading.config || !load_all(&loading, texts, count)) config_report_no_memory(report);
  forget_documents(&loading);
  arena_reset(&loading.scratch);
  config_report_sort(report);
  config_report_add_sources(report, texts, count);
  if (report->errors == 0) return loading.config;
  config_free(loading.config);
  return NULL;
}

void config_forget_keys(struct config *config) {
  for (struct config_tls *tls = config->tls; tls; tls = tls->next) tls_keys_wipe(tls);
}

void config_free(struct config *config) {
  if (!config) return;
  config_forget_keys(config);
  arena_reset(&config->arena);
  free(config);
}

/* False: out of memory. The same holds for all that return bool below. */
static bool load_all(struct loading *loading, const struct config_text *texts, unsigned count) {
  settings_init(&loading->config->settings);
  if (!fill_init(&loading->fill, &loading->scratch, &schema_document)) return false;
  merge_init(&loading->merge, &loading->scratch, &loading->config->arena, loading->report);
  for (unsigned i = 0; i < count; i++) {
    if (!read_file(loading, &texts[i])) return false;
  }
  if (!read_all_settings(loading)) return false;
  spec_start_init(&loading->start, &loading->config->settings);
  loading->last_tls = &loading->config->tls;
  bool ingress = false;
  for (const struct document *document = loading->first; document; document = document->next) {
    ingress |= take_count(&document->content, DOCUMENT_spec) > 0;
    if (!read_ingress(loading, document)) return false;
  }
  if (!ingress && loading->report->errors == 0) {
    struct config_place place = {.file = count ? texts[0].name : STR(""), .line = 1, .column = 1};
    config_report_add(loading->report, true, place,
                      "nothing to listen on (a document with 'name' and 'spec' is needed)");
  }
  warn_of_strays(loading);
  forget_documents(loading); /* so that the listeners take over their memory */
  return loading->report->errors > 0 || (merge_finish(&loading->merge, loading->config) && warn_of_circles(loading));
}

static bool warn_of_circles(struct loading *loading) {
  const struct config *config = loading->config;
  for (unsigned i = 0; i < config->listener_count; i++) {
    if (!circle_warn(&config->listeners[i], loading->report)) return false;
  }
  return true;
}

/* Last of all, since a value that cannot be used is told about the '$' in its error. */
static void warn_of_strays(struct loading *loading) {
  for (const struct repair_stray *stray = loading->strays; stray; stray = stray->next) {
    /* No host or port can hold one: a target in one word, which is a mapping by now, was told in them. */
    if (stray->node->reported || stray->node->kind != NODE_SCALAR) continue;
    struct take_field field = {stray->key, NULL, stray->text, stray->place.file, stray->node};
    take_warn(&loading->taking, &field, stray->place, "this '$' stands for itself",
              hint_dollar(&loading->scratch, stray->dollar));
  }
}

static void forget_documents(struct loading *loading) {
  loading->strays = NULL;
  loading->first = loading->last = NULL;
  arena_reset(&loading->trees);
}

static void report_foreign(struct loading *loading, struct config_place place, const char *whose) {
  loading->report->show_start = true;
  config_report_add(loading->report, true, place, "this is a configuration of %s, not of liteginx (one is shown below)",
                    whose);
}

static bool read_file(struct loading *loading, const struct config_text *text) {
  unsigned errors = loading->report->errors;
  struct str file = arena_dup(&loading->config->arena, text->name);
  const char *whose = foreign_text(text->text);
  if (!file.ptr) return false;
  if (whose) {
    report_foreign(loading, (struct config_place){file, 1, 1}, whose);
    return true;
  }
  struct yaml_node *root = yaml_read(&loading->trees, file, text->text, loading->report);
  if (!root && loading->report->errors == errors) {
    struct config_place place = {file, 1, 1};
    loading->report->show_start = true;
    config_report_add(loading->report, true, place, "the file is empty (a document with 'name' and 'spec' is needed)");
  }
  for (struct yaml_node *next; root; root = next) {
    next = root->next;
    if (!read_document(loading, file, root)) return false;
  }
  return true;
}

static bool read_document(struct loading *loading, struct str file, struct yaml_node *root) {
  struct repair repair = {.arena = &loading->trees,
                          .file = file,
                          .env = loading->world->env,
                          .env_owner = loading->world->owner,
                          .expanded_bytes = &loading->expanded_bytes,
                          .strays = &loading->strays,
                          .report = loading->report,
                          .root = &schema_document};
  const char *whose = foreign_tree(root);
  if (whose) {
    report_foreign(loading, (struct config_place){file, root->line, root->column}, whose);
    return true;
  }
  if (root->kind != NODE_MAPPING) loading->report->show_start = true;
  if (!document_repair(&repair, root)) return true;
  struct document *document = document_make(&repair, &loading->fill, root, &loading->config->arena);
  if (!document) return false;
  if (loading->last) {
    loading->last->next = document;
  } else {
    loading->first = document;
  }
  loading->last = document;
  return true;
}

static bool read_all_settings(struct loading *loading) {
  const struct yaml_node *earlier = NULL;
  struct str earlier_file = STR("");
  for (const struct document *document = loading->first; document; document = document->next) {
    struct take_from from = take_inner(&document->content, DOCUMENT_settings);
    if (!from.node) continue;
    if (earlier) {
      struct config_place place = {from.file, from.node->key_line, from.node->key_column};
      config_report_add(loading->report, true, place, "'settings' are here a second time (first at %.*s:%u:%u)",
                        STR_ARG(earlier_file), earlier->key_line, earlier->key_column);
    } else {
      earlier = from.node;
      earlier_file = from.file;
    }
    if (!settings_take(&loading->taking, &from, &loading->config->settings)) return false;
  }
  settings_take_environment(loading->world->env, loading->world->owner, loading->report, &loading->config->settings);
  return true;
}

static bool read_ingress(struct loading *loading, const struct document *document) {
  struct yaml_node *list = take_node(&document->content, DOCUMENT_spec), *node = list ? list->first : NULL;
  struct take_from tls_from = take_inner(&document->content, DOCUMENT_tls);
  struct config_tls *tls;
  check_name(loading, document);
  if (!tls_keys_take(&loading->taking, &tls_from, document->name, &tls)) return false;
  loading->start.route.tls = tls;
  for (unsigned i = 0; node; i++, node = node->next) {
    struct take_from from = take_item(&document->content, DOCUMENT_spec, i, node);
    struct merge_spec spec;
    bool usable;
    if (node->reported) continue;
    if (!spec_take(&loading->taking, &loading->start, &from, document->name, &spec, &usable)) return false;
    if (usable && !merge_add(&loading->merge, &spec)) return false;
    if (usable && tls && spec.kind == KIND_HTTP && !tls_keys_add_host(&loading->taking, tls, spec.route.host))
      return false;
  }
  if (!tls) return true;
  *loading->last_tls = tls;
  loading->last_tls = &tls->next;
  tls_keys_look(&loading->taking, &tls_from, tls);
  return true;
}

static void check_name(struct loading *loading, const struct document *document) {
  struct take_field name = take_field(&document->content, DOCUMENT_name);
  if (take_state(&name) != TAKE_THERE || name.text.len > 0) return;
  config_report_add(loading->report, true, take_place(&name), "'name' is empty");
}
