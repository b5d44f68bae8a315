/* Paths → what was read of them, in a folder of the test's own. */
#ifndef LITEGINX_TESTS_UNIT_READ_PATHS_H
#define LITEGINX_TESTS_UNIT_READ_PATHS_H

#include "folder.h"
#include "liteginx/cli/inputs.h"

struct fixture {
  struct inputs inputs;
  struct config_report report;
  struct config_text *texts;
};

/* False: at least one error. */
static inline bool read_paths(struct fixture *fixture, const char *const *paths, unsigned count) {
  config_report_init(&fixture->report);
  inputs_init(&fixture->inputs, &fixture->report);
  for (unsigned i = 0; i < count; i++) {
    int code = inputs_add(&fixture->inputs, str_of(paths[i]));
    if (code != 0) inputs_report(&fixture->inputs, str_of(paths[i]), code);
  }
  fixture->texts = inputs_texts(&fixture->inputs);
  assert_non_null(fixture->texts);
  config_report_sort(&fixture->report);
  return fixture->report.errors == 0;
}

static inline void forget(struct fixture *fixture) {
  inputs_free(&fixture->inputs);
  config_report_free(&fixture->report);
}

static inline void assert_texts(const struct fixture *fixture, const char *const *names, unsigned count) {
  assert_int_equal(fixture->inputs.count, count);
  for (unsigned i = 0; i < count; i++) assert_str(fixture->texts[i].name, str_of(names[i]));
}

#endif
