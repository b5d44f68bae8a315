/* For who sits at the terminal: tries each target once, in the background, when the server begins, and tells of each whether
 * it answers. Says nothing to the balancers: a target that is started a second later has lost nothing. */
#ifndef LITEGINX_SERVER_SURVEY_H
#define LITEGINX_SERVER_SURVEY_H

#include "liteginx/base/log.h"
#include "liteginx/net/dial.h"
#include "liteginx/upstream/snapshot.h"

/* How many targets are tried, and how long each. */
enum { SURVEY_TARGETS = 20, SURVEY_TRY_MS = 3000 };

struct survey;

struct survey_try {
  struct survey *survey;
  const struct target *target;
  struct resolve_name *name;
  struct dial dial;
};

/* All zeroes is none. */
struct survey {
  struct loop *loop;
  struct resolver *resolver;
  struct log *log;
  bool color;
  struct survey_try *tries;
  unsigned count;
};

/* Begins, on `loop`, with the targets of `snapshot` in their order, each once. `snapshot` must live until survey_end. Where
 * memory is out nothing is told. */
void survey_begin(struct survey *survey, struct loop *loop, struct resolver *resolver, struct log *log, bool color,
                  const struct snapshot *snapshot);

/* Ends what still runs, and frees. Harmless where nothing has begun. */
void survey_end(struct survey *survey);

#endif
