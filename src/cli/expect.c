/* Each mismatch is an error at the place of the value that was expected, in the form of a configuration's errors: so an editor
 * finds it, and the caret shows it. */
#include "liteginx/cli/expect.h"

#include <stdlib.h>

#include "liteginx/cli/explained.h"
#include "liteginx/cli/files.h"
#include "liteginx/cli/output.h"
#include "liteginx/config/scalar.h"
#include "liteginx/config/yaml.h"

enum { ARENA_BYTES = 1 << 30 };

struct expecting {
  const struct snapshot *snapshot;
  struct config_report *report;
  struct arena arena; /* of the file's nodes */
  struct str file;
  unsigned count, wrong;
};

static const char *const keys[] = {"url",    "method", "headers", "from",     "route",
                                   "target", "path",   "status",  "location", NULL};

static void read_list(struct expecting *expecting, const struct config_text *text);
static bool check_item(struct expecting *expecting, const struct yaml_node *item);
static bool check_kind(struct expecting *expecting, const struct yaml_node *child, bool list);
static void report(struct expecting *expecting, const struct yaml_node *node, const char *what, struct str got);
static void plan_item(struct expecting *expecting, const struct yaml_node *item);
static struct str text_at(const struct yaml_node *item, const char *key);
static bool compare(struct expecting *expecting, const struct yaml_node *item, const struct explained *explained);
static bool expect_text(struct expecting *expecting, const struct yaml_node *node, struct str got);
static bool expect_target(struct expecting *expecting, const struct yaml_node *node, const struct explained *explained);

int expect_run(const struct snapshot *snapshot, const char *path, FILE *out, FILE *err, bool color) {
  struct config_report found;
  struct files files;
  config_report_init(&found);
  struct expecting expecting = {.snapshot = snapshot, .report = &found};
  arena_init(&expecting.arena, NULL, ARENA_BYTES);
  if (files_read(&files, &path, 1, NULL, NULL, &found)) {
    for (unsigned i = 0; i < files.count; i++) read_list(&expecting, &files.texts[i]);
  }
  config_report_sort(&found);
  config_report_add_sources(&found, files.texts, files.count);
  files_print(&files, &found, err, color);
  bool good = found.errors == 0;
  if (good) {
    fprintf(out, "%u request%s: each goes where it should\n", expecting.count, expecting.count == 1 ? "" : "s");
  } else if (expecting.wrong) {
    fprintf(out, "%u of %u requests do not go where they should\n", expecting.wrong, expecting.count);
  }
  arena_reset(&expecting.arena);
  files_free(&files);
  config_report_free(&found);
  int written = output_end(out, "", err);
  return good ? written : 1;
}

static struct config_place place_of(const struct expecting *expecting, const struct yaml_node *node) {
  return (struct config_place){expecting->file, node->line, node->column};
}

static void read_list(struct expecting *expecting, const struct config_text *text) {
  expecting->file = text->name;
  const struct yaml_node *document = yaml_read(&expecting->arena, text->name, text->text, expecting->report);
  if (!document && expecting->report->errors == 0) {
    config_report_add(expecting->report, true, (struct config_place){.file = text->name},
                      "there is nothing in it (write a list: '- {url: http://localhost:5000/one, path: /one}')");
  }
  for (; document; document = document->next) {
    if (document->kind != NODE_LIST) {
      report(expecting, document, "a list of requests was expected, each a mapping with 'url'", STR(""));
      continue;
    }
    for (const struct yaml_node *item = document->first; item; item = item->next) {
      if (check_item(expecting, item)) plan_item(expecting, item);
    }
  }
}

/* Are its keys known, and of the right kind, and is something expected? */
static bool check_item(struct expecting *expecting, const struct yaml_node *item) {
  unsigned before = expecting->report->errors, expected = 0;
  if (item->kind != NODE_MAPPING) {
    report(expecting, item, "a mapping with 'url' was expected", STR(""));
    return false;
  }
  for (const struct yaml_node *child = item->first; child; child = child->next) {
    bool known = false;
    for (size_t i = 0; keys[i]; i++) {
      known = known || str_eq(child->key, str_of(keys[i]));
      expected += i >= 4 && str_eq(child->key, str_of(keys[i]));
    }
    const char *closest = known ? NULL : config_nearest(child->key, keys);
    struct config_place place = {expecting->file, child->key_line, child->key_column};
    if (!known) {
      config_report_add(expecting->report, true, place,
                        "unknown key '%s'%s%s%s (known: url, method, headers, from; and "
                        "what is expected: route, target, path, status, location)",
                        config_quote(child->key).text, closest ? ", did you mean '" : "", closest ? closest : "",
                        closest ? "'?" : "");
    } else if (!check_kind(expecting, child, str_eq(child->key, STR("headers")))) {
      return false;
    }
  }
  if (!yaml_find(item, "url")) report(expecting, item, "missing key 'url'", STR(""));
  if (expected == 0)
    report(expecting, item, "nothing is expected (add route, target, path, status or location)", STR(""));
  return expecting->report->errors == before;
}

static bool check_kind(struct expecting *expecting, const struct yaml_node *child, bool list) {
  bool good = child->kind == (list ? NODE_LIST : NODE_SCALAR) && !child->is_null;
  for (const struct yaml_node *item = good && list ? child->first : NULL; item; item = item->next) {
    good = good && item->kind == NODE_SCALAR;
  }
  if (!good) {
    report(expecting, child, list ? "a list of 'Name: value' was expected" : "a single value was expected", STR(""));
  }
  return good;
}

static void report(struct expecting *expecting, const struct yaml_node *node, const char *what, struct str got) {
  config_report_add(expecting->report, true, place_of(expecting, node), "%s%s%s%s", what, got.len ? " '" : "",
                    config_quote(got).text, got.len ? "'" : "");
}

static void plan_item(struct expecting *expecting, const struct yaml_node *item) {
  struct explained explained;
  struct explained_request request = {.method = text_at(item, "method"),
                                      .url = text_at(item, "url"),
                                      .from = text_at(item, "from")};
  const struct yaml_node *headers = yaml_find(item, "headers");
  unsigned count = 0;
  for (const struct yaml_node *field = headers ? headers->first : NULL; field; field = field->next) count++;
  struct str *fields = arena_alloc(&expecting->arena, (count + 1) * sizeof *fields);
  for (const struct yaml_node *field = headers ? headers->first : NULL; fields && field; field = field->next) {
    fields[request.field_count++] = field->text;
  }
  request.fields = fields;
  expecting->count++;
  explained_make(&explained, expecting->snapshot, &request);
  if (!fields || explained.no_memory) {
    config_report_no_memory(expecting->report);
  } else if (explained.problem.len) {
    report(expecting, yaml_find(item, "url"), "this cannot be asked for:", explained.problem);
    expecting->wrong++;
  } else {
    expecting->wrong += !compare(expecting, item, &explained);
  }
  explained_free(&explained);
}

static struct str text_at(const struct yaml_node *item, const char *key) {
  const struct yaml_node *node = yaml_find(item, key);
  return node ? node->text : STR("");
}

static bool compare(struct expecting *expecting, const struct yaml_node *item, const struct explained *explained) {
  const struct snapshot_route *route = explained_route(explained);
  const struct yaml_node *node;
  char status[16];
  bool good = true;
  struct str path = STR(""), place;
  if (!explained->answered && !explained_is_tcp(explained)) {
    path = arena_printf(&expecting->arena, "%.*s%.*s", STR_ARG(explained->plan.path),
                        STR_ARG(explained->plan.parts.query));
  }
  snprintf(status, sizeof status, "%u", explained_status(explained));
  place = explained->answered ? str_of(status) : STR("");
  if ((node = yaml_find(item, "route"))) {
    good = expect_text(expecting, node, route ? route->config->name : STR("")) && good;
  }
  if ((node = yaml_find(item, "path"))) good = expect_text(expecting, node, path) && good;
  if ((node = yaml_find(item, "status"))) good = expect_text(expecting, node, place) && good;
  if ((node = yaml_find(item, "location"))) {
    const struct plan_answer *answer = &explained->plan.answer;
    good = expect_text(expecting, node, answer->status ? answer->location : STR("")) && good;
  }
  if ((node = yaml_find(item, "target"))) good = expect_target(expecting, node, explained) && good;
  return good;
}

static bool expect_text(struct expecting *expecting, const struct yaml_node *node, struct str got) {
  if (str_eq(node->text, got)) return true;
  config_report_add(expecting->report, true, place_of(expecting, node), "%.*s: expected '%s', got %s%s%s",
                    STR_ARG(node->key), config_quote(node->text).text, got.len ? "'" : "none", config_quote(got).text,
                    got.len ? "'" : "");
  return false;
}

/* One of the route's is enough: which one is a matter of turns. */
static bool expect_target(struct expecting *expecting, const struct yaml_node *node,
                          const struct explained *explained) {
  const struct snapshot_route *route = explained->answered ? NULL : explained_route(explained);
  for (unsigned i = 0; route && i < route->target_count; i++) {
    if (str_eq(route->targets[i]->text, node->text)) return true;
  }
  return expect_text(expecting, node, route ? route->targets[0]->text : STR(""));
}
