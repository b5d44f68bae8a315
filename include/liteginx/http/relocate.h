/* Addresses in a response, as a target behind a rewrite says them, made the ones that the client sees: with `path: /two` and
 * `rewrite: /`, the target's `Location: /x` is the client's `/two/x`. Pure. BEHAVIOUR "Addresses behind a rewrite". */
#ifndef LITEGINX_HTTP_RELOCATE_H
#define LITEGINX_HTTP_RELOCATE_H

#include "liteginx/http/head.h"

/* How one request was rewritten. */
struct relocate {
  struct str shown; /* the beginning of its path that was replaced, as the client said it: "/two"; "" or "/": nothing */
  struct str hidden; /* what stands there for the target: "/v2"; "" or "/": nothing */
  bool exact;        /* there is no path below it */
  struct str host;   /* as the client said it, with its port; empty: it did not */
  struct str target; /* HOST:PORT, or none for a Unix socket */
  struct str sent;   /* the Host that the target was told, where that is not the client's; else empty */
  bool secure;       /* the client came by https, as a trusted proxy says */
};

/* A URI reference (RFC 3986 §4.1), of Location or Content-Location. Returns it as it is where it does not lead to the target or
 * not below `hidden`, or says what the client sees already. What it returns never makes a host of a path: of several slashes
 * at the front of one, one is left. ptr NULL: out of memory. */
struct str relocate_uri(const struct relocate *relocate, struct arena *arena, struct str uri);

/* The same for the value of a field Refresh ("5; url=/x"), and for the attribute Path of a field Set-Cookie (RFC 6265
 * §4.1.2.4). */
struct str relocate_refresh(const struct relocate *relocate, struct arena *arena, struct str value);
struct str relocate_cookie(const struct relocate *relocate, struct arena *arena, struct str value);

/* Does a field of this name hold an address? */
bool relocate_holds(struct str name);

/* Whichever of these a field of this name needs. */
struct str relocate_field(const struct relocate *relocate, struct arena *arena, struct str name, struct str value);

#endif
