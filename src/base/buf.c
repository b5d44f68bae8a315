/* A bounded byte queue. It grows by doubling towards what is needed and never past `max`; it frees its block as soon
 * as it is empty, because thousands of connections have one and few of them use it. */
#include "liteginx/base/buf.h"

#include <stdlib.h>

#include "liteginx/base/ensure.h"

static bool make_room(struct buf *buf, size_t bytes, size_t max);

bool buf_append(struct buf *buf, struct str s, size_t max) {
  ENSURE(buf->start <= buf->end && buf->end <= buf->cap);
  if (s.len == 0) return true;
  if (buf_len(buf) > max || s.len > max - buf_len(buf)) return false;
  if (s.len > buf->cap - buf->end && !make_room(buf, s.len, max)) return false;
  memcpy(buf->block + buf->end, s.ptr, s.len);
  buf->end += s.len;
  return true;
}

void buf_consume(struct buf *buf, size_t len) {
  ENSURE(len <= buf_len(buf));
  buf->start += len;
  if (buf->start == buf->end) buf_free(buf);
}

void buf_free(struct buf *buf) {
  free(buf->block);
  *buf = BUF_EMPTY;
}

static bool make_room(struct buf *buf, size_t bytes, size_t max) {
  size_t len = buf_len(buf);
  size_t cap = len + bytes;
  if (cap <= buf->cap) {
    memmove(buf->block, buf->block + buf->start, len);
  } else {
    if (buf->cap && cap < 2 * buf->cap) cap = 2 * buf->cap < max ? 2 * buf->cap : max;
    char *block = malloc(cap);
    if (!block) return false;
    if (len) memcpy(block, buf->block + buf->start, len);
    free(buf->block);
    buf->block = block;
    buf->cap = cap;
  }
  buf->start = 0;
  buf->end = len;
  return true;
}
