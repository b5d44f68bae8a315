/* What users of nginx, Caddy, HAProxy, Traefik, Express and their like write out of habit, and what it is called here.
 * Pure words: who reads a configuration decides what becomes of them. */
#ifndef LITEGINX_CONFIG_HABIT_H
#define LITEGINX_CONFIG_HABIT_H

#include "liteginx/base/str.h"

/* Keys of other programs' configurations with one meaning. */
struct habit_keys {
  const char *under; /* the key of ours that holds the mapping; "": the top of a document */
  const char *names; /* separated by blanks, in lower case, without '-' and '_' */
  const char *means; /* our key, known under `under`; NULL: none is needed */
  const char *advice;
};

/* The row for `key` in the mapping under `under`, whatever its case, '-' and '_'; NULL: no such habit. */
const struct habit_keys *habit_key(struct str under, struct str key);

/* All rows, one by one; NULL behind the last. */
const struct habit_keys *habit_keys_at(size_t index);

#endif
