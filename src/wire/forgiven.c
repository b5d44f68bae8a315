/* The rows of FORGIVEN_TABLE. */
#include "liteginx/wire/forgiven.h"

#include "liteginx/base/ensure.h"

static const char *const sentences[FORGIVEN_COUNT] = {
#define FORGIVEN_ROW(name, sentence) [name] = sentence,
    FORGIVEN_TABLE(FORGIVEN_ROW)
#undef FORGIVEN_ROW
};

const char *forgiven_sentence(enum forgiven forgiven) {
  ENSURE((unsigned)forgiven < FORGIVEN_COUNT);
  return sentences[forgiven];
}
