/* What a document's `tls` says, and what the files that it names hold. */
#ifndef LITEGINX_CONFIG_TLS_KEYS_H
#define LITEGINX_CONFIG_TLS_KEYS_H

#include "liteginx/config/config.h"
#include "liteginx/config/take.h"

/* *tls: NULL where it is not there, not enabled, or wrong, which is reported. False: out of memory. */
ENSURE_CHECKED bool tls_keys_take(const struct taking *taking, const struct take_from *from, struct str name,
                                  struct config_tls **tls);

/* One of its specs is for this host; empty: for any. False: out of memory. */
ENSURE_CHECKED bool tls_keys_add_host(const struct taking *taking, struct config_tls *tls, struct str host);

/* All its hosts are known: reports what certificate, key and authorities are, where something is to be said. */
void tls_keys_look(const struct taking *taking, const struct take_from *from, const struct config_tls *tls);

/* Before its memory goes: the private key is not left in it. */
void tls_keys_wipe(struct config_tls *tls);

#endif
