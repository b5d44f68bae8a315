/* The keys of a redirect → where it leads. */
#ifndef LITEGINX_CONFIG_REDIRECT_KEYS_H
#define LITEGINX_CONFIG_REDIRECT_KEYS_H

#include "liteginx/config/config.h"
#include "liteginx/config/take.h"

/* Takes `from` for a route whose pattern was read, or has no segments. What is wrong is reported, and *whole false then.
 * False: out of memory. */
ENSURE_CHECKED bool redirect_keys_take(const struct taking *taking, const struct take_from *from,
                                       struct config_route *route, bool *whole);

#endif
