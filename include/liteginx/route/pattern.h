/* A route's `path:` and `rewrite:`, compiled. Syntax: BEHAVIOUR "Routing". */
#ifndef LITEGINX_ROUTE_PATTERN_H
#define LITEGINX_ROUTE_PATTERN_H

#include "liteginx/base/arena.h"
#include "liteginx/base/ensure.h"

enum { PATTERN_MAX_PARAMS = 32 };

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

/* Why a text is no pattern or no rewrite: what is wrong, at which byte of the text, in words for the user. */
struct pattern_fault {
  size_t offset;
  const char *what; /* constant text: "a parameter must be the only one of its segment" … */
};

/* Compiles `text` into `arena`; literals are normalised (path_normalise). False: *fault says why; what NULL: out of
 * memory. */
ENSURE_CHECKED bool pattern_parse(struct arena *arena, struct str text, enum pattern_match match,
                                  struct pattern *pattern, struct pattern_fault *fault);

/* The pattern with its names left out, so that two that match the same paths are equal texts: `/a/{}/x-{}.png`. In
 * `arena`; ptr NULL: out of memory. */
struct str pattern_shape(struct arena *arena, const struct pattern *pattern);

#endif
