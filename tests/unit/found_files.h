/* What is read where the command line names nothing, in a folder and with variables of the test's own. */
#ifndef LITEGINX_TESTS_UNIT_FOUND_FILES_H
#define LITEGINX_TESTS_UNIT_FOUND_FILES_H

#include "folder.h"
#include "liteginx/cli/files.h"

struct fixture {
  struct files files;
  struct config_report report;
};

static inline int set_up(void **state) {
  static struct fixture fixture;
  *state = &fixture;
  return folder_make(state);
}

static inline const char *home_env(void *owner, const char *name) {
  const char *const *table = owner;
  for (; table && *table; table += 2) {
    if (strcmp(table[0], name) == 0) return table[1];
  }
  return NULL;
}

static inline bool read_paths(struct fixture *fixture, const char *const *paths, unsigned count,
                              const char *const *env) {
  config_report_init(&fixture->report);
  return files_read(&fixture->files, paths, count, home_env, (void *)(uintptr_t)env, &fixture->report);
}

static inline void forget(struct fixture *fixture) {
  files_free(&fixture->files);
  config_report_free(&fixture->report);
}

static inline void assert_texts(const struct fixture *fixture, const char *const *names, unsigned count) {
  assert_int_equal(fixture->files.count, count);
  for (unsigned i = 0; i < count; i++) assert_str(fixture->files.texts[i].name, str_of(names[i]));
}

#endif
