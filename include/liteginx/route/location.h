/* Where a redirect leads, as its `to:` is written: a path or an http URL, with the parameters of the route's path. */
#ifndef LITEGINX_ROUTE_LOCATION_H
#define LITEGINX_ROUTE_LOCATION_H

#include "liteginx/route/pattern.h"

/* One piece: literal text, or the parameter with index `param`. */
struct location_piece {
  struct str literal;
  int param; /* -1: literal */
};

/* Its pieces stand in one row: of the path up to `query`, of the query with its '?' up to `fragment`, of the fragment. */
struct location {
  struct str origin; /* "https://a.example:8443"; empty: where the request came to */
  struct location_piece *pieces;
  unsigned query, fragment, count;
  bool has_params;
};

/* Compiles `text` for `pattern`; as pattern_parse. What no URI may hold is percent-encoded. */
ENSURE_CHECKED bool location_parse(struct arena *arena, struct str text, const struct pattern *pattern,
                                   struct location *location, struct template_fault *fault);

enum location_status { LOCATION_OK, LOCATION_DOT_SEGMENT, LOCATION_NO_MEMORY };

/* The URI in `arena`. `query` is the request's with its '?', or empty; it is kept where the location has none of its own. A
 * parameter never becomes more than a part of the path, or a part of one value of the query; and a location without origin
 * stays one. */
enum location_status location_apply(struct arena *arena, const struct location *location, const struct str *params,
                                    struct str query, struct str *uri);

/* `scheme` ("https://"), host and path as they are, and the query behind them with what no URI may hold encoded. In the arena; ptr
 * NULL: out of memory. */
struct str location_of(struct arena *arena, struct str scheme, struct str host, struct str path, struct str query);

#endif
