/* The keys of an answer of our own → what it says. */
#ifndef LITEGINX_CONFIG_RESPOND_KEYS_H
#define LITEGINX_CONFIG_RESPOND_KEYS_H

#include "liteginx/config/config.h"
#include "liteginx/config/take.h"

/* Takes `from`, as redirect_keys_take; a file is read by taking->world. */
ENSURE_CHECKED bool respond_keys_take(const struct taking *taking, const struct take_from *from,
                                      struct config_route *route, bool *whole);

/* The type of a file by the ending of its name. Constant. */
struct str respond_keys_type(struct str name);

#endif
