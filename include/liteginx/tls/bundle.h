/* Roots that a program trusts, as one text of PEM: a system's store, an exported one, or ours. */
#ifndef LITEGINX_TLS_BUNDLE_H
#define LITEGINX_TLS_BUNDLE_H

#include "liteginx/tls/authority.h"

/* Would a client that trusts these roots alone take a server that stands for https://localhost with a leaf of this CA? Tried by
 * issuing one, and verifying it as a client does. What else than certificates is in the text is passed over. False: *problem says
 * why not. */
ENSURE_CHECKED bool bundle_trusts(struct str roots, const struct authority *authority, struct tls_problem *problem);

/* The common name of the first certificate in `text`, in `name`. False: there is none, or it has none. */
ENSURE_CHECKED bool bundle_first_name(struct str text, char *name, size_t room);

#endif
