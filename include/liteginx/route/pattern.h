/* A route's `path:`, compiled. Syntax: BEHAVIOUR "Routing". */
#ifndef LITEGINX_ROUTE_PATTERN_H
#define LITEGINX_ROUTE_PATTERN_H

#include "liteginx/base/arena.h"
#include "liteginx/base/ensure.h"
#include "liteginx/route/template.h"

/* Bounds of one pattern: room for parameters in a match, depth of the router's recursion. */
enum { PATTERN_MAX_PARAMS = 32, PATTERN_MAX_SEGMENTS = 256 };

enum pattern_match { PATTERN_PREFIX, PATTERN_EXACT };

enum segment_kind {
  SEGMENT_STATIC,
  SEGMENT_PARAM,    /* {id}, img-{id}.png */
  SEGMENT_CATCH_ALL /* {*rest}: only last */
};

struct segment {
  enum segment_kind kind;
  struct str literal; /* STATIC: the whole; PARAM: what stands before it */
  struct str suffix;  /* PARAM: what stands behind it */
  struct str name;    /* PARAM, CATCH_ALL */
};

/* "/" has no segment; "/a" one; "/a/" (exact) two, the last one empty. A prefix's trailing slash is dropped. */
struct pattern {
  enum pattern_match match;
  struct segment *segments;
  unsigned count, params;
};

/* Compiles `text` into `arena`; literals are normalised as paths are (path.h). False: *fault says why; what NULL: out
 * of memory. */
ENSURE_CHECKED bool pattern_parse(struct arena *arena, struct str text, enum pattern_match match,
                                  struct pattern *pattern, struct template_fault *fault);

/* Which of a match's parameters has that name; -1: none. */
int pattern_param(const struct pattern *pattern, struct str name);

/* The pattern with its names left out, so that two (of one match) that match the same paths are equal texts:
 * `/a/{}/x-{}.png`. In `arena`; ptr NULL: out of memory. */
struct str pattern_shape(struct arena *arena, const struct pattern *pattern);

#endif
