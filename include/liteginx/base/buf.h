/* Bytes that wait: filled at the end, drained at the front, bounded from birth, and without memory while empty.
 *
 *   block ── start ▒▒▒▒▒▒▒▒ end ── cap        0 <= start <= end <= cap <= max */
#ifndef LITEGINX_BASE_BUF_H
#define LITEGINX_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "liteginx/base/str.h"

struct buf {
  char *block;
  size_t start, end, cap;
};

/* An empty buffer is all zeroes; that is all there is to its birth. */
#define BUF_EMPTY ((struct buf){0})

static inline size_t buf_len(const struct buf *buf) {
  return buf->end - buf->start;
}

/* What is in it; valid until the next append, consume or free. */
static inline struct str buf_view(const struct buf *buf) {
  return str_make(buf->block ? buf->block + buf->start : NULL, buf->end - buf->start);
}

/* Adds a copy of `s` at the end. False, and nothing added, when it would hold more than `max` or memory is out. */
bool buf_append(struct buf *buf, struct str s, size_t max);

/* Drops the first `len` bytes; the block is freed with the last of them. */
void buf_consume(struct buf *buf, size_t len);

void buf_free(struct buf *buf);

#endif
