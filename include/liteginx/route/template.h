/* A path with parameters in it, as `path:` and `rewrite:` are written: text in normal form, `{name}`, `{*name}`; `{{`
 * and `}}` are literal braces. What the two have in common; what they allow beyond that is pattern's and rewrite's. */
#ifndef LITEGINX_ROUTE_TEMPLATE_H
#define LITEGINX_ROUTE_TEMPLATE_H

#include "liteginx/base/arena.h"
#include "liteginx/base/ensure.h"

/* Why a text is no template, pattern or rewrite: what is wrong, at which byte of the text, in words for the user. */
struct template_fault {
  size_t offset;
  const char *what; /* constant text: "a parameter must be the only one of its segment" … */
};

/* Literal text, which may hold any number of '/', or a parameter (name.len > 0). */
struct template_piece {
  struct str literal;
  struct str name;
  bool tail;     /* {*name} */
  size_t offset; /* of the parameter's '{' in the text */
};

struct template {
  struct template_piece *pieces; /* never two literals in a row, none of them empty */
  unsigned count;
};

/* Compiles `text` into `arena`, which then owns all slices; dot segments are gone from the whole. False: *fault says
 * why; what NULL: out of memory. */
ENSURE_CHECKED bool template_parse(struct arena *arena, struct str text, struct template *parsed,
                                   struct template_fault *fault);

/* The same for what stands behind a path in a URL: it may begin with anything, dots and '?' are like any other text in it. */
ENSURE_CHECKED bool template_parse_behind(struct arena *arena, struct str text, struct template *parsed,
                                          struct template_fault *fault);

/* Notes `what` at `offset` and returns false. */
bool template_refuse(struct template_fault *fault, size_t offset, const char *what);

#endif
