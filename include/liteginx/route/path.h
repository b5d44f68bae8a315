/* A path in its one normal form (RFC 3986 §6.2.2), so that two spellings of one path meet one route and upstream. */
#ifndef LITEGINX_ROUTE_PATH_H
#define LITEGINX_ROUTE_PATH_H

#include "liteginx/base/arena.h"
#include "liteginx/base/ensure.h"

enum path_status { PATH_OK, PATH_MALFORMED, PATH_ABOVE_ROOT, PATH_NO_MEMORY };

/* Percent-encoded unreserved characters decoded, hex digits upper-cased, dot segments removed (encoded ones too),
 * characters that no path may hold percent-encoded. `%2F` stays, `//` stays. `path` begins with '/' and holds neither
 * '?' nor '#' nor control characters (PATH_MALFORMED otherwise); PATH_MALFORMED for `%00` and broken sequences. Where
 * nothing changes, *normal is `path` itself and nothing is allocated. */
ENSURE_CHECKED enum path_status path_normalise(struct arena *arena, struct str path, struct str *normal);

/* The two halves of path_normalise, for texts that are paths only in part (template.h). */

/* Bytes that path_encode may write for each one that it reads. */
enum { PATH_GROWTH = 3 };

/* Index of the first byte that makes `text` malformed: '?', '#', a control character, the '%' of `%00` or of a broken
 * sequence. text.len: none. */
size_t path_fault(struct str text);

/* Writes `text`, in which path_fault finds nothing, with each character in its normal form; returns the bytes
 * written, at most PATH_GROWTH for each one of `text`. Dot segments stay. */
size_t path_encode(struct str text, char *out);

/* Removes the dot segments of the path in `bytes`, in place (RFC 3986 §5.2.4; an empty segment is one that `..` takes
 * back). False: `..` climbs above the root; the bytes are then spoilt. */
ENSURE_CHECKED bool path_remove_dots(char *bytes, size_t *len);

/* Is one of the segments of `path`, which begins with '/', "." or ".."? */
bool path_has_dots(struct str path);

#endif
