/* A path in its one normal form (RFC 3986 §6.2.2), so that two spellings of one path meet the same route and upstream. */
#ifndef LITEGINX_ROUTE_PATH_H
#define LITEGINX_ROUTE_PATH_H

#include "liteginx/base/arena.h"

enum path_status { PATH_OK, PATH_MALFORMED, PATH_ABOVE_ROOT, PATH_NO_MEMORY };

/* Percent-encoded unreserved characters decoded, hex digits upper-cased, dot segments removed (encoded ones too),
 * characters that no path may hold percent-encoded. `%2F` stays, `//` stays. `path` begins with '/' and holds neither
 * '?' nor '#' nor control characters (PATH_MALFORMED otherwise); PATH_MALFORMED for `%00` and broken sequences. Where
 * nothing changes, *normal is `path` itself and nothing is allocated. */
enum path_status path_normalise(struct arena *arena, struct str path, struct str *normal);

#endif
