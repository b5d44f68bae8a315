/* Redirects that lead back to themselves: a browser follows one of them until it gives up. */
#ifndef LITEGINX_CONFIG_CIRCLE_H
#define LITEGINX_CONFIG_CIRCLE_H

#include "liteginx/config/config.h"

/* Warns of each route of an HTTP listener whose redirect, which has no parameter and no host, comes back to it, also by way of
 * others like it. False: out of memory. */
ENSURE_CHECKED bool circle_warn(const struct config_listener *listener, struct config_report *report);

#endif
