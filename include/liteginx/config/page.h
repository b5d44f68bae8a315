/* A text in the making that is written once and read by people or editors. Its maker looks at the end alone whether memory
 * was found for all of it. */
#ifndef LITEGINX_CONFIG_PAGE_H
#define LITEGINX_CONFIG_PAGE_H

#include "liteginx/base/buf.h"
#include "liteginx/base/ensure.h"

enum { PAGE_MAX_BYTES = 1024 * 1024 };

struct page {
  struct buf text;
  bool failed; /* something of it is missing, for want of memory */
};

/* Begin with PAGE_EMPTY, end with page_free. */
#define PAGE_EMPTY ((struct page){.failed = false})
void page_free(struct page *page);

/* printf at the page's end; one call adds less than 4 KiB. */
void page_add(struct page *page, const char *format, ...) ENSURE_PRINTF(2, 3);

/* Words broken into lines of at most `width` bytes, each line behind `margin`. */
void page_wrap(struct page *page, const char *margin, unsigned width, struct str words);

#endif
