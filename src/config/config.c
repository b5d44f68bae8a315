/* From texts to one checked configuration. Three passes: each file to documents, then the settings (a bare port needs
 * `bind`, and `hold` is every spec's default), then the specs in order. A wrong value never ends a pass: the load goes
 * on to find the other errors, and fails at its end. */
#include "liteginx/config/config.h"

#include <stdio.h>
#include <stdlib.h>

#include "liteginx/base/utf8.h"
#include "liteginx/config/foreign.h"
#include "liteginx/config/hint.h"
#include "liteginx/config/merge.h"
#include "liteginx/config/path_hint.h"
#include "liteginx/config/rewrite_hint.h"
#include "liteginx/config/scalar.h"
#include "liteginx/config/schema.h"

enum { ARENA_BYTES = 1 << 30, DEFAULT_CONNECT_MS = 3000 };

static const struct config_settings default_settings = {
    .workers = 0,
    .bind = BIND_LOOPBACK,
    .header_timeout_ms = 30 * 1000,
    .keep_alive_ms = 75 * 1000,
    .upstream_keep_alive_ms = 30 * 1000,
    .drain_ms = 8 * 1000, /* below the 10 s that containers are given */
    .drain_tunnels_ms = 1000,
    .half_close_ms = 5 * 1000,
    .hold_ms = 10 * 1000,
    .upstream_idle = 64,
    .max_header_bytes = 64 * 1024,
    .max_header_fields = 200,
    .access_log = ACCESS_LOG_TEXT,
    .not_found_message = STR_INIT("not found"),
};

struct document {
  struct document *next;
  struct str file;
  const struct yaml_node *root;
  struct schema_document *content;
  struct str name; /* in the config's arena */
};

struct loading {
  struct config *config;
  struct config_report *report;
  config_getenv *env;
  void *env_owner;
  size_t expanded_bytes;
  struct schema_stray *strays;
  struct arena trees;   /* documents */
  struct arena scratch; /* of the merge */
  struct document *first, *last;
  struct merge merge;
};

/* A value and where it stands. */
struct field {
  const char *key;
  struct str text;
  struct str file;
  struct yaml_node *node;
};

static bool load_all(struct loading *loading, const struct config_text *texts, unsigned count);
static bool read_file(struct loading *loading, const struct config_text *text);
static void warn_of_strays(struct loading *loading);
static void forget_documents(struct loading *loading);
static bool read_document(struct loading *loading, struct str file, struct yaml_node *root);
static bool read_all_settings(struct loading *loading);
static bool read_settings(struct loading *loading, const struct document *document);
static bool read_trusted_proxies(struct loading *loading, const struct document *document,
                                 const struct yaml_node *mapping);
static void read_bind_variable(struct loading *loading);
static void warn(struct loading *loading, const struct field *field, struct config_place place, const char *what,
                 struct str hint);
static bool read_ingress(struct loading *loading, const struct document *document);
static bool read_spec(struct loading *loading, const struct document *document, const struct schema_spec *spec,
                      const struct yaml_node *node);

struct config *config_load(const struct config_text *texts, unsigned count, config_getenv *env, void *env_owner,
                           struct config_report *report) {
  struct loading loading = {.report = report, .env = env, .env_owner = env_owner};
  arena_init(&loading.trees, NULL, ARENA_BYTES);
  arena_init(&loading.scratch, NULL, ARENA_BYTES);
  loading.config = calloc(1, sizeof *loading.config);
  if (loading.config) arena_init(&loading.config->arena, NULL, ARENA_BYTES);
  if (!loading.config || !load_all(&loading, texts, count)) config_report_no_memory(report);
  forget_documents(&loading);
  arena_reset(&loading.scratch);
  config_report_sort(report);
  config_report_add_sources(report, texts, count);
  if (report->errors == 0) return loading.config;
  config_free(loading.config);
  return NULL;
}

void config_free(struct config *config) {
  if (!config) return;
  arena_reset(&config->arena);
  free(config);
}

/* False: out of memory. The same holds for all that return bool below, but for the take_… functions. */
static bool load_all(struct loading *loading, const struct config_text *texts, unsigned count) {
  loading->config->settings = default_settings;
  merge_init(&loading->merge, &loading->scratch, &loading->config->arena, loading->report);
  for (unsigned i = 0; i < count; i++) {
    if (!read_file(loading, &texts[i])) return false;
  }
  if (!read_all_settings(loading)) return false;
  bool ingress = false;
  for (const struct document *document = loading->first; document; document = document->next) {
    ingress |= document->content->spec_count > 0;
    if (!read_ingress(loading, document)) return false;
  }
  if (!ingress && loading->report->errors == 0) {
    struct config_place place = {.file = count ? texts[0].name : STR(""), .line = 1, .column = 1};
    config_report_add(loading->report, true, place,
                      "nothing to listen on (a document with 'name' and 'spec' is needed)");
  }
  warn_of_strays(loading);
  forget_documents(loading); /* so that the listeners take over their memory */
  return loading->report->errors > 0 || merge_finish(&loading->merge, loading->config);
}

/* Last of all, since a value that cannot be used is told about the '$' in its error. */
static void warn_of_strays(struct loading *loading) {
  for (const struct schema_stray *stray = loading->strays; stray; stray = stray->next) {
    /* No host or port can hold one: a target in one word, which is a mapping by now, was told in them. */
    if (stray->node->reported || stray->node->kind != NODE_SCALAR) continue;
    struct field field = {stray->key, stray->text, stray->place.file, stray->node};
    warn(loading, &field, stray->place, "this '$' stands for itself", hint_dollar(&loading->scratch, stray->dollar));
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
  struct schema_check check = {.arena = &loading->trees,
                               .file = file,
                               .env = loading->env,
                               .env_owner = loading->env_owner,
                               .expanded_bytes = &loading->expanded_bytes,
                               .strays = &loading->strays,
                               .report = loading->report};
  const char *whose = foreign_tree(root);
  if (whose) {
    report_foreign(loading, (struct config_place){file, root->line, root->column}, whose);
    return true;
  }
  if (root->kind != NODE_MAPPING) loading->report->show_start = true;
  if (!schema_repair(&check, root)) return true;
  struct document *document = arena_alloc(&loading->trees, sizeof *document);
  struct schema_document *content = document ? schema_load(&loading->trees, root) : NULL;
  if (!content) return false;
  *document = (struct document){.file = file, .root = root, .content = content};
  document->name = arena_dup(&loading->config->arena, content->name ? str_of(content->name) : STR(""));
  if (loading->last) {
    loading->last->next = document;
  } else {
    loading->first = document;
  }
  loading->last = document;
  return document->name.ptr != NULL;
}

static struct config_place node_place(struct str file, const struct yaml_node *node) {
  ENSURE(node != NULL);
  return (struct config_place){file, node->line, node->column};
}

static struct config_place key_place(struct str file, const struct yaml_node *node) {
  return (struct config_place){file, node->key_line, node->key_column};
}

/* The field of a mapping's `key`, which the struct says to be `text`. */
static struct field field_at(const struct document *document, const struct yaml_node *mapping, const char *key,
                             const char *text) {
  return (struct field){key, str_of(text), document->file, text ? yaml_find(mapping, key) : NULL};
}

/* What to do about a field, before its text is looked at. */
enum field_state { FIELD_ABSENT, FIELD_REPORTED, FIELD_THERE };

static enum field_state field_state(const struct field *field) {
  if (!field->node) return FIELD_ABSENT;
  return field->node->reported ? FIELD_REPORTED : FIELD_THERE;
}

/* Empty where no '$' of the field looks like a variable and is none. */
static struct str stray_hint(struct loading *loading, const struct field *field) {
  struct str stray;
  if (!field->node->has_stray || !scalar_stray_dollar(field->text, &stray)) return STR("");
  return hint_dollar(&loading->scratch, stray);
}

/* Always false: the take_… function's result. `hint`: a whole parenthesis, or empty. Where `expected` or `hint` found no
 * memory, that is reported. */
static bool refuse(struct loading *loading, const struct field *field, struct str expected, struct str hint) {
  bool dollar = hint.ptr && hint.len == 0 && field->node->plain_dollar;
  if (dollar) hint = hint_refused_dollar(&loading->scratch, field->text);
  field->node->reported = true;
  if (!expected.ptr || !hint.ptr) config_report_no_memory(loading->report);
  config_report_add(loading->report, true, node_place(field->file, field->node), "'%s' must be %.*s, got '%s'%s%.*s",
                    field->key, STR_ARG(expected), config_quote(field->text).text, hint.len ? " " : "", STR_ARG(hint));
  return false;
}

/* All take_… functions: true where the field is good, or absent and *value stays as it is. */
static bool take_duration(struct loading *loading, struct field field, uint64_t *milliseconds) {
  enum field_state state = field_state(&field);
  if (state != FIELD_THERE) return state == FIELD_ABSENT;
  if (scalar_duration(field.text, milliseconds)) return true;
  return refuse(loading, &field, STR("a duration such as 10s, 500ms or 1m30s"),
                hint_duration(&loading->scratch, field.text));
}

static bool take_size(struct loading *loading, struct field field, uint64_t least, uint64_t most, struct str expected,
                      uint64_t *bytes) {
  enum field_state state = field_state(&field);
  uint64_t value;
  if (state != FIELD_THERE) return state == FIELD_ABSENT;
  if (scalar_size(field.text, &value) && value >= least && value <= most) {
    *bytes = value;
    return true;
  }
  return refuse(loading, &field, expected, hint_size(&loading->scratch, field.text, least, most));
}

static bool take_number(struct loading *loading, struct field field, unsigned least, unsigned most, unsigned *number) {
  enum field_state state = field_state(&field);
  if (state != FIELD_THERE) return state == FIELD_ABSENT;
  if (scalar_number(field.text, least, most, number)) return true;
  return refuse(loading, &field, arena_printf(&loading->scratch, "%u..%u", least, most), STR(""));
}

/* "text, json or off". ptr NULL: out of memory. */
static struct str list_words(struct arena *arena, const char *const *words) {
  struct str list = str_of(words[0]);
  for (size_t i = 1; words[i] && list.ptr; i++) {
    list = arena_printf(arena, "%.*s%s%s", STR_ARG(list), words[i + 1] ? ", " : " or ", words[i]);
  }
  return list;
}

/* One of a few words, whose list ends in NULL; *choice is its index. */
static bool take_word(struct loading *loading, struct field field, const char *const *words, bool any_case,
                      unsigned *choice) {
  enum field_state state = field_state(&field);
  struct str hint = STR("");
  if (state != FIELD_THERE) return state == FIELD_ABSENT;
  for (unsigned i = 0; words[i]; i++) {
    struct str word = str_of(words[i]);
    if (any_case ? str_eq_nocase(field.text, word) : str_eq(field.text, word)) {
      *choice = i;
      return true;
    }
  }
  const char *near = config_nearest(field.text, words);
  if (near) hint = arena_printf(&loading->scratch, "(did you mean '%s'?)", near);
  return refuse(loading, &field, list_words(&loading->scratch, words), hint);
}

static const char *const bind_words[] = {"loopback", "all", NULL};

static bool read_all_settings(struct loading *loading) {
  const struct document *earlier = NULL;
  for (const struct document *document = loading->first; document; document = document->next) {
    if (!document->content->settings) continue;
    if (earlier) {
      const struct yaml_node *first = yaml_find(earlier->root, "settings");
      config_report_add(loading->report, true, key_place(document->file, yaml_find(document->root, "settings")),
                        "'settings' are here a second time (first at %.*s:%u:%u)", STR_ARG(earlier->file),
                        first->key_line, first->key_column);
    } else {
      earlier = document;
    }
    if (!read_settings(loading, document)) return false;
  }
  read_bind_variable(loading);
  return true;
}

static void take_workers(struct loading *loading, struct field field, unsigned *workers) {
  if (field_state(&field) != FIELD_THERE || str_eq(field.text, STR("auto"))) return;
  if (scalar_number(field.text, 1, CONFIG_MAX_WORKERS, workers)) return;
  refuse(loading, &field, arena_printf(&loading->scratch, "auto or 1..%d", CONFIG_MAX_WORKERS), STR(""));
}

static bool read_settings(struct loading *loading, const struct document *document) {
  static const char *const log_words[] = {"text", "json", "off", NULL};
  const struct schema_settings *content = document->content->settings;
  const struct yaml_node *mapping = yaml_find(document->root, "settings");
  struct config_settings *settings = &loading->config->settings;
  unsigned bind = settings->bind, access_log = settings->access_log;
  uint64_t max_header_bytes = settings->max_header_bytes;
#define FIELD(name) field_at(document, mapping, #name, content->name)
  take_workers(loading, FIELD(workers), &settings->workers);
  take_word(loading, FIELD(bind), bind_words, false, &bind);
  take_duration(loading, FIELD(header_timeout), &settings->header_timeout_ms);
  take_duration(loading, FIELD(keep_alive), &settings->keep_alive_ms);
  take_duration(loading, FIELD(upstream_keep_alive), &settings->upstream_keep_alive_ms);
  take_number(loading, FIELD(upstream_idle), 0, 65536, &settings->upstream_idle);
  take_size(loading, FIELD(max_header_bytes), 1024, 16 * 1024 * 1024, STR("a size from 1KiB to 16MiB"),
            &max_header_bytes);
  take_number(loading, FIELD(max_header_fields), 1, 10000, &settings->max_header_fields);
  take_size(loading, FIELD(max_body_bytes), 0, INT64_MAX, STR("a size such as 10MiB (0: no limit)"),
            &settings->max_body_bytes);
  take_number(loading, FIELD(max_connections), 0, UINT32_MAX, &settings->max_connections);
  take_duration(loading, FIELD(drain), &settings->drain_ms);
  take_duration(loading, FIELD(drain_tunnels), &settings->drain_tunnels_ms);
  take_duration(loading, FIELD(half_close), &settings->half_close_ms);
  take_duration(loading, FIELD(hold), &settings->hold_ms);
  take_word(loading, FIELD(access_log), log_words, false, &access_log);
  struct field message = FIELD(not_found_message);
#undef FIELD
  settings->bind = (enum config_bind)bind;
  settings->access_log = (enum config_access_log)access_log;
  settings->max_header_bytes = (size_t)max_header_bytes;
  if (field_state(&message) == FIELD_THERE) {
    settings->not_found_message = arena_dup(&loading->config->arena, message.text);
    if (!settings->not_found_message.ptr) return false;
  }
  return read_trusted_proxies(loading, document, mapping);
}

static bool read_trusted_proxies(struct loading *loading, const struct document *document,
                                 const struct yaml_node *mapping) {
  const struct schema_settings *content = document->content->settings;
  struct config_settings *settings = &loading->config->settings;
  struct yaml_node *list = yaml_find(mapping, "trusted_proxies"), *item = list ? list->first : NULL;
  if (!item) return true;
  settings->trusted_proxies =
      arena_alloc(&loading->config->arena, content->trusted_proxies_count * sizeof *settings->trusted_proxies);
  settings->trusted_count = 0;
  if (!settings->trusted_proxies) return false;
  for (unsigned i = 0; i < content->trusted_proxies_count; i++, item = item->next) {
    struct field field = {"trusted_proxies", str_of(content->trusted_proxies[i]), document->file, item};
    struct config_network *network = &settings->trusted_proxies[settings->trusted_count];
    if (field_state(&field) != FIELD_THERE) continue;
    if (!scalar_network(field.text, network)) {
      refuse(loading, &field, STR("addresses or networks such as 127.0.0.1 or 10.0.0.0/8"), STR(""));
      continue;
    }
    settings->trusted_count++;
    if (scalar_network_mask(network)) {
      config_report_add(loading->report, false, node_place(field.file, item),
                        "'%s' has bits behind its mask, which are ignored", config_quote(field.text).text);
    }
  }
  return true;
}

static void read_bind_variable(struct loading *loading) {
  const char *text = loading->env(loading->env_owner, "LITEGINX_BIND");
  if (!text) return;
  for (unsigned i = 0; bind_words[i]; i++) {
    if (strcmp(text, bind_words[i]) == 0) {
      loading->config->settings.bind = (enum config_bind)i;
      return;
    }
  }
  config_report_add(loading->report, true, (struct config_place){.line = 0},
                    "the environment variable LITEGINX_BIND must be loopback or all, got '%s'",
                    config_quote(str_of(text)).text);
}

static void check_tls(struct loading *loading, const struct document *document) {
  const struct yaml_node *mapping = yaml_find(document->root, "tls");
  if (!document->content->tls) return;
  struct field field = field_at(document, mapping, "enabled", document->content->tls->enabled);
  bool enabled = false;
  if (field_state(&field) != FIELD_THERE) return;
  if (!scalar_bool(field.text, &enabled)) {
    refuse(loading, &field, STR("true or false"), STR(""));
  } else if (enabled) {
    config_report_add(loading->report, true, node_place(field.file, field.node),
                      "TLS does not work yet (set 'enabled: false', or leave 'tls' out)");
  }
}

static bool read_ingress(struct loading *loading, const struct document *document) {
  const struct schema_document *content = document->content;
  struct field name = field_at(document, document->root, "name", content->name);
  if (field_state(&name) == FIELD_THERE && name.text.len == 0) {
    config_report_add(loading->report, true, node_place(name.file, name.node), "'name' is empty");
  }
  check_tls(loading, document);
  const struct yaml_node *list = yaml_find(document->root, "spec"), *node = list ? list->first : NULL;
  for (unsigned i = 0; i < content->spec_count; i++, node = node->next) {
    if (!node->reported && !read_spec(loading, document, &content->spec[i], node)) return false;
  }
  return true;
}

static bool take_listen(struct loading *loading, struct field field, struct config_address *address) {
  enum config_scope bare = loading->config->settings.bind == BIND_ALL ? SCOPE_ALL : SCOPE_LOOPBACK;
  if (field_state(&field) != FIELD_THERE) return false;
  if (scalar_listen(field.text, bare, address)) return true;
  size_t colon = str_find(field.text, ':');
  bool digits = field.text.len && colon == field.text.len && str_find(field.text, '.') == colon;
  return refuse(loading, &field,
                digits ? STR("a port 0..65535, or ADDRESS:PORT") : STR("PORT, *:PORT, 1.2.3.4:PORT or [::1]:PORT"),
                hint_listen(&loading->scratch, field.text));
}

/* *host stays empty where the field is absent or wrong. */
static bool read_host(struct loading *loading, struct field field, struct str *host, bool *whole) {
  struct str found = STR("");
  enum field_state state = field_state(&field);
  if (state == FIELD_REPORTED) *whole = false;
  if (state != FIELD_THERE) return true;
  if (scalar_route_host(&loading->config->arena, field.text, &found)) {
    *host = found;
    warn(loading, &field, node_place(field.file, field.node), "only a request for this very name matches it",
         hint_taken_host(&loading->scratch, found));
    return true;
  }
  if (!found.ptr) return false;
  *whole = refuse(loading, &field, STR("a name such as shop.localhost or *.localhost"),
                  hint_route_host(&loading->scratch, field.text));
  return true;
}

/* Where byte `offset` of the field's text stands. */
static struct config_place place_in(const struct field *field, size_t offset) {
  struct config_place place = node_place(field->file, field->node);
  if (field->node->text_column) {
    place.column = field->node->text_column + utf8_count(str_upto(field->text, offset));
  }
  return place;
}

/* Says nothing where there is no `hint`. */
static void warn(struct loading *loading, const struct field *field, struct config_place place, const char *what,
                 struct str hint) {
  if (!hint.ptr) config_report_no_memory(loading->report);
  if (hint.len == 0) return;
  config_report_add(loading->report, false, place, "in '%s: %s': %s %.*s", field->key, config_quote(field->text).text,
                    what, STR_ARG(hint));
}

static void report_fault(struct loading *loading, const struct field *field, const struct template_fault *fault,
                         struct str hint) {
  if (hint.ptr && hint.len == 0) hint = stray_hint(loading, field);
  if (!hint.ptr) config_report_no_memory(loading->report);
  field->node->reported = true;
  config_report_add(loading->report, true, place_in(field, fault->offset), "in '%s: %s': %s%s%.*s", field->key,
                    config_quote(field->text).text, fault->what, hint.len ? " " : "", STR_ARG(hint));
}

static struct str hint_rewrite(struct loading *loading, const struct field *rewrite, const struct config_route *route,
                               unsigned match, size_t *offset) {
  struct rewrite_hint_path path = {route->path, (enum pattern_match)match};
  return rewrite_hint(&loading->scratch, rewrite->text, &path, rewrite->node->plain_dollar, offset);
}

/* Without a pattern to hold it against, a rewrite's own mistakes can still be told. False: out of memory. */
static bool check_lone_rewrite(struct loading *loading, const struct field *rewrite, const struct config_route *route,
                               unsigned match) {
  size_t offset;
  struct template_fault fault = {.what = NULL};
  struct template parsed;
  if (field_state(rewrite) != FIELD_THERE) return true;
  if (template_parse(&loading->config->arena, rewrite->text, &parsed, &fault)) return true;
  if (fault.what) report_fault(loading, rewrite, &fault, hint_rewrite(loading, rewrite, route, match, &offset));
  return fault.what != NULL;
}

/* Everything that makes an http spec's path. */
static bool read_path(struct loading *loading, const struct document *document, const struct schema_spec *spec,
                      const struct yaml_node *node, struct config_route *route, bool *whole) {
  static const char *const match_words[] = {[PATTERN_PREFIX] = "prefix", [PATTERN_EXACT] = "exact", NULL};
  struct arena *arena = &loading->config->arena;
  struct field path = field_at(document, node, "path", spec->path);
  struct field rewrite = field_at(document, node, "rewrite", spec->rewrite);
  struct template_fault fault = {.what = NULL};
  unsigned match = PATTERN_PREFIX;
  if (!take_word(loading, field_at(document, node, "match", spec->match), match_words, false, &match)) *whole = false;
  if (field_state(&path) != FIELD_THERE || field_state(&rewrite) == FIELD_REPORTED) *whole = false;
  if (field_state(&path) == FIELD_ABSENT && !node->merged) {
    config_report_add(loading->report, true, node_place(document->file, node), "missing key 'path'");
  }
  if (field_state(&path) != FIELD_THERE) return true;
  route->path = arena_dup(arena, path.text);
  if (!route->path.ptr) return false;
  size_t offset;
  struct str hint = path_hint(&loading->scratch, path.text, &offset);
  if (!pattern_parse(arena, route->path, (enum pattern_match)match, &route->pattern, &fault)) {
    if (fault.what) report_fault(loading, &path, &fault, hint);
    *whole = false;
    return fault.what != NULL && check_lone_rewrite(loading, &rewrite, route, match);
  }
  warn(loading, &path, place_in(&path, offset), "this is matched letter by letter", hint);
  if (field_state(&rewrite) != FIELD_THERE) return true;
  route->has_rewrite = true;
  route->rewrite_text = arena_dup(arena, rewrite.text);
  if (!route->rewrite_text.ptr) return false;
  hint = hint_rewrite(loading, &rewrite, route, match, &offset);
  if (!rewrite_parse(arena, route->rewrite_text, &route->pattern, &route->rewrite, &fault)) {
    if (fault.what) report_fault(loading, &rewrite, &fault, hint);
    *whole = false;
    return fault.what != NULL;
  }
  warn(loading, &rewrite, place_in(&rewrite, offset), "this is sent letter by letter", hint);
  return true;
}

static void refuse_http_keys(struct loading *loading, const struct document *document, const struct yaml_node *node,
                             bool *whole) {
  static const char *const keys[] = {"host", "path", "match", "rewrite"};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    const struct yaml_node *found = yaml_find(node, keys[i]);
    if (!found) continue;
    *whole = false;
    if (found->reported) continue;
    config_report_add(loading->report, true, key_place(document->file, found),
                      "'%s' is for kind http (tcp has no paths and hosts)", keys[i]);
  }
}

static bool read_target(struct loading *loading, const struct document *document, const struct schema_target *content,
                        const struct yaml_node *node, struct config_target *target, bool *whole) {
  struct field host = field_at(document, node, "host", content->host);
  struct str found = STR("");
  unsigned port = 0;
  *target = (struct config_target){.weight = 1};
  if (field_state(&host) != FIELD_THERE) {
    *whole = false;
  } else if (!scalar_target_host(&loading->config->arena, host.text, &found)) {
    if (!found.ptr) return false;
    *whole = refuse(loading, &host, STR("a name or an address"), hint_target_host(&loading->scratch, host.text));
  }
  target->host = found;
  if (!take_number(loading, field_at(document, node, "port", content->port), 1, UINT16_MAX, &port)) *whole = false;
  if (!take_number(loading, field_at(document, node, "weight", content->weight), 0, 1000, &target->weight)) {
    *whole = false;
  }
  target->port = (uint16_t)port;
  return true;
}

static bool read_targets(struct loading *loading, const struct document *document, const struct schema_spec *spec,
                         const struct yaml_node *node, struct config_route *route, bool *whole) {
  const struct yaml_node *list = yaml_find(node, "targets"), *item = list->first;
  if (list->reported) *whole = false;
  if (list->reported) return true;
  route->targets = arena_alloc(&loading->config->arena, spec->targets_count * sizeof *route->targets);
  if (!route->targets) return false;
  for (; route->target_count < spec->targets_count; route->target_count++, item = item->next) {
    struct config_target *target = &route->targets[route->target_count];
    if (!read_target(loading, document, &spec->targets[route->target_count], item, target, whole)) return false;
  }
  return true;
}

static void read_times(struct loading *loading, const struct document *document, const struct schema_spec *spec,
                       const struct yaml_node *node, struct merge_spec *merged) {
  struct config_timeouts *timeouts = &merged->route.timeouts;
  struct field hold = field_at(document, node, "hold", spec->hold);
  const struct yaml_node *mapping = spec->timeouts ? yaml_find(node, "timeouts") : NULL;
  bool good = take_duration(loading, hold, &merged->route.hold_ms);
  if (mapping) {
    const struct schema_timeouts *content = spec->timeouts;
    good &= !mapping->reported;
    good &= take_duration(loading, field_at(document, mapping, "connect", content->connect), &timeouts->connect_ms);
    good &= take_duration(loading, field_at(document, mapping, "response", content->response), &timeouts->response_ms);
    good &= take_duration(loading, field_at(document, mapping, "idle", content->idle), &timeouts->idle_ms);
    merged->timeouts_place = key_place(document->file, mapping);
  }
  if (hold.node) merged->hold_place = key_place(document->file, hold.node);
  merged->whole &= good;
}

static bool read_spec(struct loading *loading, const struct document *document, const struct schema_spec *spec,
                      const struct yaml_node *node) {
  static const char *const kind_words[] = {[KIND_HTTP] = "http", [KIND_TCP] = "tcp", NULL};
  struct config_place place = node_place(document->file, node);
  struct merge_spec merged = {.hold_place = place, .timeouts_place = place, .whole = true};
  struct config_route *route = &merged.route;
  struct field kind_field = field_at(document, node, "kind", spec->kind);
  struct field listen_field = field_at(document, node, "listen", spec->listen);
  unsigned kind = KIND_HTTP;
  route->place = place;
  route->host = STR("");
  route->timeouts.connect_ms = DEFAULT_CONNECT_MS;
  route->hold_ms = loading->config->settings.hold_ms;
  route->name = document->name;
  bool known = take_word(loading, kind_field, kind_words, true, &kind);
  bool bound = take_listen(loading, listen_field, &merged.address);
  if (known && kind == KIND_TCP) {
    refuse_http_keys(loading, document, node, &merged.whole);
  } else if (known || spec->path) {
    if (!read_host(loading, field_at(document, node, "host", spec->host), &route->host, &merged.whole)) return false;
    if (!read_path(loading, document, spec, node, route, &merged.whole)) return false;
  }
  if (!read_targets(loading, document, spec, node, route, &merged.whole)) return false;
  read_times(loading, document, spec, node, &merged);
  if (!known || !bound) return true;
  merged.kind = (enum config_kind)kind;
  merged.listen_place = node_place(document->file, listen_field.node);
  return merge_add(&loading->merge, &merged);
}
