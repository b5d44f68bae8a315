/* Texts → a configuration, for the tests that look at what was loaded. */
#ifndef LITEGINX_TESTS_UNIT_LOADED_H
#define LITEGINX_TESTS_UNIT_LOADED_H

#include "liteginx/config/load.h"
#include "unit.h"

#define HEAD    "name: a\nspec:\n  - kind: http\n    listen: 5000\n"
#define TARGETS "    targets:\n      - host: localhost\n        port: 3000\n"
#define GOOD    HEAD "    path: /one\n" TARGETS

struct fixture {
  struct config_report report;
  struct config *config;
  const char *bind; /* $LITEGINX_BIND */
};

static inline const char *table_env(void *owner, const char *name) {
  const struct fixture *fixture = owner;
  if (strcmp(name, "WORD") == 0) return "words";
  if (strcmp(name, "PORT") == 0) return "6000";
  if (strcmp(name, "TRICK") == 0) return "x\"]: {y: *z}\n\\é${PORT}";
  return strcmp(name, "LITEGINX_BIND") == 0 ? fixture->bind : NULL;
}

/* Files that an answer may be made of. */
static inline struct str table_read(void *owner, struct arena *arena, struct str path, const char **problem) {
  (void)owner;
  *problem = str_eq(path, STR("a/bad.txt")) ? "this is a folder, and one file is needed" : "there is no such file";
  if (str_eq(path, STR("/abs.html"))) return arena_dup(arena, STR("<p>"));
  if (str_eq(path, STR("./hello.txt")) || str_eq(path, STR("hello.txt"))) return arena_dup(arena, STR("hello\n"));
  return str_ends_with(path, STR(".bin")) ? arena_dup(arena, STR("\0\1")) : (struct str){NULL, 0};
}

/* Adds a line to the file that $LITEGINX_EXAMPLES names: tests/e2e/cli_schema.py holds the schema for editors against what
 * the program says to each example. Texts are in hexadecimal: whether it is good, its first error, itself. */
static inline void keep_example(const struct fixture *fixture, struct str text) {
  const char *path = getenv("LITEGINX_EXAMPLES");
  FILE *file = path ? fopen(path, "a") : NULL;
  if (!file) return;
  const struct config_message *message = fixture->report.first;
  while (message && !message->is_error) message = message->next;
  struct str said = message ? message->text : STR("");
  fprintf(file, "%d ", fixture->config != NULL);
  for (size_t i = 0; i < said.len; i++) fprintf(file, "%02x", (unsigned char)said.ptr[i]);
  fprintf(file, "- ");
  for (size_t i = 0; i < text.len; i++) fprintf(file, "%02x", (unsigned char)text.ptr[i]);
  fprintf(file, "-\n");
  fclose(file);
}

static inline void load_files(struct fixture *fixture, const struct config_text *texts, unsigned count) {
  config_report_init(&fixture->report);
  const struct config_world world = {.env = table_env, .read = table_read, .owner = fixture};
  fixture->config = config_load_in(&world, texts, count, &fixture->report);
  if (count == 1) keep_example(fixture, texts[0].text);
}

static inline void load_text(struct fixture *fixture, const char *text) {
  struct config_text file = {STR_INIT("f.yaml"), str_of(text)};
  load_files(fixture, &file, 1);
}

static inline void unload(struct fixture *fixture) {
  config_free(fixture->config);
  config_report_free(&fixture->report);
}

static inline const struct config *assert_loaded(const struct fixture *fixture) {
  if (!fixture->config) fail_msg("refused: %.*s", STR_ARG(fixture->report.first->text));
  return fixture->config;
}

/* All messages of a text, one a line, as they are in the report. */
static inline void assert_messages(const char *text, const char *expected) {
  struct fixture fixture = {.bind = NULL};
  char all[8192];
  size_t len = 0;
  load_text(&fixture, text);
  for (const struct config_message *message = fixture.report.first; message; message = message->next) {
    len += (size_t)snprintf(all + len, sizeof all - len, "%.*s\n", STR_ARG(message->text));
    assert_true(len < sizeof all);
  }
  all[len] = '\0';
  assert_string_equal(all, expected);
  assert_int_equal(fixture.config != NULL, fixture.report.errors == 0);
  unload(&fixture);
}

#endif
