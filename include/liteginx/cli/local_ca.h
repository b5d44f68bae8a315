/* The local CA of this user, in its place: what the program opens to serve by, and what the verbs about trust are about. */
#ifndef LITEGINX_CLI_LOCAL_CA_H
#define LITEGINX_CLI_LOCAL_CA_H

#include "liteginx/base/arena.h"
#include "liteginx/config/config.h"
#include "liteginx/tls/authority.h"

/* The folder that is liteginx's own, and in it the CA's. NULL: there is no place for data, or out of memory. They live in `arena`. */
const char *local_ca_data_folder(struct arena *arena);
const char *local_ca_folder(struct arena *arena);

/* mkcert's folder: $CAROOT, else where it puts it. NULL: as above. */
const char *local_ca_mkcert_folder(struct arena *arena);

/* Whose it is: "user@host". Lives in `arena`; what cannot be found out is left out. */
const char *local_ca_owner(struct arena *arena);

/* A note beside the CA's folder that `trust` has put it into a store. What stores really say `doctor` asks, which takes too long
 * for a start. */
void local_ca_note_trusted(bool trusted);
bool local_ca_noted_trusted(void);

/* Opens the CA, or makes it for the hosts of `config` (NULL: for local names alone). False: *problem. Blocks. */
ENSURE_CHECKED bool local_ca_open(const struct config *config, struct authority **authority,
                                  struct tls_problem *problem);

/* The first host of `config` that the CA does not permit, which only a new one could change; *host is its. False: it permits all. */
bool local_ca_lacks(const struct config *config, const struct authority *authority, struct str *host);

/* Opens mkcert's. False: *problem. Blocks. */
ENSURE_CHECKED bool local_ca_open_mkcert(struct authority **authority, struct tls_problem *problem);

#endif
