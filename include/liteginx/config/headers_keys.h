/* The keys of changed fields → what plan makes rules of; and `host_header`. */
#ifndef LITEGINX_CONFIG_HEADERS_KEYS_H
#define LITEGINX_CONFIG_HEADERS_KEYS_H

#include "liteginx/config/config.h"
#include "liteginx/config/take.h"

/* Takes them from the spec `from`, whose path is taken already. What is wrong is reported, and *whole false then.
 * False: out of memory. */
ENSURE_CHECKED bool headers_keys_take(const struct taking *taking, const struct take_from *from,
                                      struct config_route *route, bool *whole);

#endif
