/* The pattern of some ranges, as json_range writes it. */
#ifndef LITEGINX_TESTS_UNIT_RANGE_PATTERN_H
#define LITEGINX_TESTS_UNIT_RANGE_PATTERN_H

#include "liteginx/config/json_range.h"
#include "unit.h"

static inline const char *pattern_of(const struct json_range *ranges, unsigned count) {
  static char text[4096];
  struct page page = PAGE_EMPTY;
  struct json_page json = {.page = &page};
  json_range_write(&json, NULL, ranges, count);
  assert_false(page.failed);
  struct str view = buf_view(&page.text);
  assert_true(view.len > 2 && view.len < sizeof text);
  memcpy(text, view.ptr + 1, view.len - 2); /* without the quotes */
  text[view.len - 2] = '\0';
  page_free(&page);
  return text;
}

#endif
