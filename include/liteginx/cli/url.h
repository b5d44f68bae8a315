/* The words of a command line that say where a request would go: a URL of which the user may leave out much. Which listener
 * and which route it reaches is not known here. */
#ifndef LITEGINX_CLI_URL_H
#define LITEGINX_CLI_URL_H

#include "liteginx/base/arena.h"

struct url {
  struct str authority, host; /* with the port, and without; an IPv6 literal keeps its brackets */
  unsigned port;              /* 0: none, as there is no host */
  bool secure;                /* its scheme is one of TLS */
  struct str target;          /* path and query from '/' on, or "*": as a client sends it, so not checked */
};

/* Reads [SCHEME://][HOST][:PORT][/PATH][?QUERY], or in place of path and query a "*", the asterisk form of RFC 9112
 * §3.2.4; schemes are http, https, ws, wss and tcp. What is made anew lives in `arena`, the rest is of `text`. Empty: it is one.
 * Else a sentence that says why not, in which what the user wrote stands unescaped; its ptr is NULL where there is no
 * memory. */
struct str url_read(struct arena *arena, struct str text, struct url *url);

/* The target of what stands behind an authority. Its ptr is NULL where there is no memory. */
struct str url_target(struct arena *arena, struct str text);

#endif
