/* cmocka with what it wants included before it, and comparison of slices. */
#ifndef LITEGINX_TESTS_UNIT_UNIT_H
#define LITEGINX_TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "liteginx/base/str.h"

#define UNIT_COUNT(table) (sizeof(table) / sizeof(table)[0])

/* Fails with both texts. */
#define assert_str(actual, expected) unit_assert_str(actual, expected, __FILE__, __LINE__)

static inline void unit_assert_str(struct str actual, struct str expected, const char *file, int line) {
  if (str_eq(actual, expected)) return;
  print_error("\"%.*s\" is not \"%.*s\"\n", STR_ARG(actual), STR_ARG(expected));
  _fail(file, line);
}

/* Ends a test function that cannot do here what it is for, and says why: tests/house/count_results.py counts it as skipped. For
 * cmocka it has passed; its own skip() writes "not ok", which meson takes for a failure. */
#define unit_skip(why)                               \
  do {                                               \
    print_message("# SKIP %s: %s\n", __func__, why); \
    return;                                          \
  } while (0)

/* Numbers that look random and are the same in every run (xorshift64). `*seed` is not 0. */
static inline uint32_t unit_random(uint64_t *seed, uint32_t below) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 7;
  *seed ^= *seed << 17;
  return (uint32_t)(*seed >> 32) % below;
}

#endif
