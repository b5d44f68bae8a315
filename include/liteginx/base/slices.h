/* A bounded list of slices that leave in one write, with a little room for text of its own (chunk sizes). */
#ifndef LITEGINX_BASE_SLICES_H
#define LITEGINX_BASE_SLICES_H

#include <stdbool.h>

#include "liteginx/base/str.h"

enum { SLICES_MAX = 64, SLICES_TEXT_BYTES = 1024 };

struct slices {
  struct str at[SLICES_MAX];
  unsigned count;
  size_t bytes; /* sum of the lengths */
  size_t text_used;
  char text[SLICES_TEXT_BYTES];
};

static inline void slices_clear(struct slices *slices) {
  slices->count = 0;
  slices->bytes = 0;
  slices->text_used = 0;
}

/* Room for `count` more slices and `text_bytes` more text? */
static inline bool slices_room(const struct slices *slices, unsigned count, size_t text_bytes) {
  return slices->count + count <= SLICES_MAX && slices->text_used + text_bytes <= SLICES_TEXT_BYTES;
}

/* Adds a slice that its owner keeps valid until the write returns. Empty ones are left out. Needs room. */
void slices_add(struct slices *slices, struct str s);

/* Adds a copy of a short text, kept in the list itself. Empty ones are left out. Needs room. */
void slices_add_text(struct slices *slices, struct str s);

#endif
