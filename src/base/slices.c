/* The list that a writev takes its parts from. */
#include "liteginx/base/slices.h"

#include "liteginx/base/ensure.h"

void slices_add(struct slices *slices, struct str s) {
  if (s.len == 0) return;
  ENSURE(slices_room(slices, 1, 0));
  slices->at[slices->count++] = s;
  slices->bytes += s.len;
}

void slices_add_text(struct slices *slices, struct str s) {
  if (s.len == 0) return;
  ENSURE(slices_room(slices, 1, s.len));
  char *copy = slices->text + slices->text_used;
  memcpy(copy, s.ptr, s.len);
  slices->text_used += s.len;
  slices_add(slices, str_make(copy, s.len));
}
