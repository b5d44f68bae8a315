/* Names of files, and what they begin with and stand in. */
#ifndef LITEGINX_TESTS_UNIT_NAMES_H
#define LITEGINX_TESTS_UNIT_NAMES_H

#include "liteginx/base/filename.h"
#include "unit.h"

struct name {
  const char *text, *root, *folder;
};

static inline void check_names(const struct name *names, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct str name = str_of(names[i].text);
    assert_str(str_upto(name, filename_root(name)), str_of(names[i].root));
    assert_str(filename_folder(name), str_of(names[i].folder));
  }
}

#endif
