/* The rows of CAUSE_TABLE, by column. */
#include "liteginx/base/cause.h"

#include "liteginx/base/ensure.h"

struct row {
  const char *label, *sentence;
};

static const struct row rows[CAUSE_COUNT] = {
#define CAUSE_ROW(name, label, reason, sentence) [name] = {label, sentence},
    CAUSE_TABLE(CAUSE_ROW)
#undef CAUSE_ROW
};

static const struct row *row_of(enum cause cause) {
  ENSURE((unsigned)cause < CAUSE_COUNT);
  return &rows[cause];
}

const char *cause_label(enum cause cause) {
  return row_of(cause)->label;
}

const char *cause_sentence(enum cause cause) {
  return row_of(cause)->sentence;
}
