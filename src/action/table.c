/* Its rows, each where its key stands. */
#include "liteginx/action/table.h"

#include "liteginx/action/proxy.h"
#include "liteginx/action/redirect.h"
#include "liteginx/action/respond.h"

const struct action action_table[SPEC_COUNT] = {
#define ACTION_ROW(action, key, counted, decides) \
  [SPEC_##key] = {.name = #action, .counted_as = (counted), .decide = (decides), .words = action##_words},
    ACTION_TABLE(ACTION_ROW)
#undef ACTION_ROW
};
