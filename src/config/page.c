/* A failure stays: what comes behind a gap would be of no use. */
#include "liteginx/config/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void page_free(struct page *page) {
  buf_free(&page->text);
}

void page_add(struct page *page, const char *format, ...) {
  char piece[4096];
  va_list args;
  va_start(args, format);
  int len = vsnprintf(piece, sizeof piece, format, args);
  va_end(args);
  ENSURE(len >= 0 && (size_t)len < sizeof piece);
  if (!page->failed) page->failed = !buf_append(&page->text, str_make(piece, (size_t)len), PAGE_MAX_BYTES);
}

void page_wrap(struct page *page, const char *margin, unsigned width, struct str words) {
  struct str word;
  size_t used = 0;
  while (str_next(&words, ' ', &word)) {
    if (used && used + 1 + word.len > width) {
      page_add(page, "\n");
      used = 0;
    }
    used += used ? 1 + word.len : strlen(margin) + word.len;
    page_add(page, "%s%.*s", used == strlen(margin) + word.len ? margin : " ", STR_ARG(word));
  }
  page_add(page, "\n");
}
