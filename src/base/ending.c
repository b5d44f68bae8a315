/* The rows of ENDING_TABLE, by column. */
#include "liteginx/base/ending.h"

#include "liteginx/base/ensure.h"

struct row {
  const char *label, *sentence;
  unsigned status;
};

static const struct row rows[ENDING_COUNT] = {
#define ENDING_ROW(name, label, status, sentence) [name] = {label, sentence, status},
    ENDING_TABLE(ENDING_ROW)
#undef ENDING_ROW
};

static const struct row *row_of(enum ending_reason reason) {
  ENSURE((unsigned)reason < ENDING_COUNT);
  return &rows[reason];
}

const char *ending_label(enum ending_reason reason) {
  return row_of(reason)->label;
}

const char *ending_sentence(enum ending_reason reason) {
  return row_of(reason)->sentence;
}

unsigned ending_status(enum ending_reason reason) {
  return row_of(reason)->status;
}

bool ending_has_cause(enum ending_reason reason) {
  return !row_of(reason)->sentence[0];
}

enum ending_reason ending_reason_of(enum cause cause) {
  static const enum ending_reason reasons[CAUSE_COUNT] = {
#define ENDING_OF_CAUSE(name, label, reason, sentence) [name] = reason,
      CAUSE_TABLE(ENDING_OF_CAUSE)
#undef ENDING_OF_CAUSE
  };
  ENSURE((unsigned)cause < CAUSE_COUNT);
  return reasons[cause];
}
