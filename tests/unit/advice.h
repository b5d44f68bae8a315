/* What a hint says to write must be taken in the place of what was written: each text between quotes behind its "write" or
 * "did you mean" is put into a configuration, which has to load without a word. */
#ifndef LITEGINX_TESTS_UNIT_ADVICE_H
#define LITEGINX_TESTS_UNIT_ADVICE_H

#include "liteginx/config/load.h"
#include "unit.h"

struct advice_line {
  const char *key;
  char value[256];
};

/* A spec's lines, or a target's; an empty value: the key is left out. */
struct advice_lines {
  struct advice_line rows[16];
};

static inline const char *advice_env(void *owner, const char *name) {
  (void)owner;
  return strcmp(name, "PORT") == 0 || strcmp(name, "X") == 0 ? "6000" : NULL;
}

static inline struct advice_line *advice_find(struct advice_lines *lines, struct str key) {
  for (size_t i = 0; lines->rows[i].key; i++) {
    if (str_eq(str_of(lines->rows[i].key), key)) return &lines->rows[i];
  }
  return NULL;
}

/* False: there is no such line. */
static inline bool advice_set(struct advice_lines *lines, struct str key, struct str value) {
  struct advice_line *line = advice_find(lines, key);
  if (line) snprintf(line->value, sizeof line->value, "%.*s", STR_ARG(value));
  return line != NULL;
}

static inline size_t advice_print(const struct advice_lines *lines, const char *indent, char *text, size_t room) {
  size_t len = 0;
  for (size_t i = 0; lines->rows[i].key; i++) {
    if (!lines->rows[i].value[0]) continue;
    len += (size_t)snprintf(text + len, room - len, "%s%s: %s\n", len ? indent : "", lines->rows[i].key,
                            lines->rows[i].value);
  }
  return len;
}

/* Every file is there. */
static inline struct str advice_read(void *owner, struct arena *arena, struct str path, const char **problem) {
  (void)owner, (void)path, (void)problem;
  return arena_dup(arena, STR("x"));
}

static inline void advice_load(const char *text, struct str hint) {
  static const struct config_world world = {.env = advice_env, .read = advice_read};
  struct config_text file = {STR_INIT("f.yaml"), str_of(text)};
  struct config_report report;
  config_report_init(&report);
  struct config *config = config_load_in(&world, &file, 1, &report);
  if (report.first) {
    fail_msg("advice %.*s leads to %.*s\n%s", STR_ARG(hint), STR_ARG(report.first->text), text);
  }
  config_free(config);
  config_report_free(&report);
}

/* The next text between quotes; "'" in a word is none. False: there is no other one, or a ';' comes first, behind which
 * nothing is to be written. */
static inline bool advice_next(struct str *rest, struct str *quoted) {
  for (size_t i = 0; i < rest->len && rest->ptr[i] != ';'; i++) {
    if (rest->ptr[i] != '\'') continue;
    struct str inner = str_from(*rest, i + 1);
    size_t end = str_find(inner, '\'');
    *quoted = str_upto(inner, end);
    *rest = str_from(inner, end + 1);
    return end < inner.len;
  }
  return false;
}

/* From the first "write '" or "mean '" on, or such words with more between them. */
static inline struct str advice_begin(struct str hint) {
  for (size_t i = 0; i < hint.len; i++) {
    struct str rest = str_from(hint, i);
    if (str_starts_with(rest, STR("write ")) || str_starts_with(rest, STR("you mean "))) return rest;
  }
  return STR("");
}

/* `under`: "spec", "targets" or "settings"; `key`: what the hint is about; `path`: the spec's, NULL: any. */
static inline void assert_advice(const char *under, const char *key, const char *path, struct str hint) {
  struct advice_lines spec = {{{"kind", "http"},
                               {"listen", "5000"},
                               {"host", ""},
                               {"path", "/a"},
                               {"match", ""},
                               {"rewrite", ""},
                               {"hold", ""},
                               {"timeouts", ""},
                               {"redirect", ""},
                               {"respond", ""},
                               {"host_header", ""},
                               {"headers", ""},
                               {"cors", ""},
                               {"rewrite_response", ""},
                               {"targets", "[localhost:3000]"}}};
  struct advice_lines target = {{{"host", "localhost"}, {"port", "3000"}, {"weight", ""}}};
  bool of_target = strcmp(under, "targets") == 0, of_settings = strcmp(under, "settings") == 0;
  struct str others[4], rest = advice_begin(hint), quoted;
  size_t count = 0;
  if (path) advice_set(&spec, STR("path"), str_of(path));
  while (advice_next(&rest, &quoted)) {
    size_t colon = str_find(quoted, ':');
    if (advice_find(&spec, quoted) || advice_find(&target, quoted)) continue; /* names a key */
    struct advice_lines *lines = of_target ? &target : &spec;
    bool named = str_starts_with(str_from(quoted, colon), STR(": ")), keyed = false;
    if (named && of_settings) quoted = str_from(quoted, colon + 2);
    if (named && !of_settings) keyed = advice_set(lines, str_upto(quoted, colon), str_from(quoted, colon + 2));
    if (!keyed && count < UNIT_COUNT(others)) others[count++] = quoted;
  }
  for (size_t i = 0; i == 0 || i < count; i++) {
    char text[2048], inner[1024];
    if (of_settings) {
      if (count == 0) return;
      snprintf(text, sizeof text,
               "settings:\n  %s: %.*s\n---\nname: a\nspec: [{kind: tcp, listen: 1, targets: [localhost:1]}]\n", key,
               STR_ARG(others[i]));
    } else {
      struct advice_lines chosen = spec;
      if (count && strcmp(key, "item") == 0) {
        snprintf(inner, sizeof inner, "\n      - %.*s", STR_ARG(others[i]));
        advice_set(&chosen, STR("targets"), str_of(inner));
      } else if (of_target) {
        char lines[512];
        advice_print(&target, "        ", lines, sizeof lines);
        snprintf(inner, sizeof inner, "\n      - %.*s", (int)strlen(lines) - 1, lines);
        advice_set(&chosen, STR("targets"), str_of(inner));
      } else if (count) {
        assert_true(advice_set(&chosen, str_of(key), others[i]));
      }
      bool instead = advice_find(&chosen, STR("redirect"))->value[0] || advice_find(&chosen, STR("respond"))->value[0];
      if (instead) advice_set(&chosen, STR("targets"), STR(""));
      advice_print(&chosen, "    ", inner, sizeof inner);
      snprintf(text, sizeof text, "name: a\nspec:\n  - %s", inner);
    }
    advice_load(text, hint);
  }
}

#endif
