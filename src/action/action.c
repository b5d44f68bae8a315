/* What the words of several actions need. */
#include "liteginx/action/action.h"

#include "liteginx/base/log.h"

struct str action_shown(struct arena *arena, struct str s) {
  enum { ESCAPED_BYTES = 4 };
  char text[ESCAPED_BYTES * ACTION_SHOWN_BYTES];
  size_t len = log_escape(text, sizeof text, str_upto(s, ACTION_SHOWN_BYTES));
  return arena_printf(arena, "%.*s%s", (int)len, text, s.len > ACTION_SHOWN_BYTES ? "…" : "");
}
