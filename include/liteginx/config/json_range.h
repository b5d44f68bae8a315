/* A pattern for the numbers of a range, for editors that see a text. */
#ifndef LITEGINX_CONFIG_JSON_RANGE_H
#define LITEGINX_CONFIG_JSON_RANGE_H

#include "liteginx/config/json_page.h"

struct json_range {
  uint64_t least, most; /* none where `most` is less */
  const char *unit;     /* the pattern of what stands behind the number */
};

/* A member, as in json_page.h: the pattern (ECMA 262) for decimal numbers of any of the ranges, zeros in front or not. */
void json_range_write(struct json_page *json, const char *name, const struct json_range *ranges, unsigned count);

#endif
