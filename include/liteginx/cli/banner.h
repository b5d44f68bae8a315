/* What is said once everything listens: each listener's URL, below it its routes. Pure: text from a configuration and
 * what was bound. Everything from the configuration is shown with control characters escaped. */
#ifndef LITEGINX_CLI_BANNER_H
#define LITEGINX_CLI_BANNER_H

#include "liteginx/base/buf.h"
#include "liteginx/config/config.h"

/* Bounds: of the whole text; routes shown of a listener. */
enum { BANNER_MAX_BYTES = 1024 * 1024, BANNER_ROUTES = 20 };

/* What became of a listen address. */
struct banner_bound {
  bool ipv4, ipv6; /* neither: it is a Unix socket */
  uint16_t port;
  const char *outward; /* the machine's address for other devices; NULL: not known */
};

/* Appends the lines of one listener. Where memory or the bound is exhausted, what is left is left out. */
void banner_listener(struct buf *out, const struct config_listener *listener, struct banner_bound bound, bool color);

/* Appends commands that try out the listener's first `count` routes, one a line. */
void banner_tries(struct buf *out, const struct config_listener *listener, struct banner_bound bound, unsigned count);

/* Appends printf's output, at most 512 bytes of it. */
void banner_printf(struct buf *out, const char *format, ...) ENSURE_PRINTF(2, 3);

#endif
