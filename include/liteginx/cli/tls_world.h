/* What the program has to do with TLS outside of serving: who looks into the certificates of a configuration, and who opens the
 * CAs that it asks for. */
#ifndef LITEGINX_CLI_TLS_WORLD_H
#define LITEGINX_CLI_TLS_WORLD_H

#include "liteginx/config/world.h"
#include "liteginx/server/certificates.h"

/* A config_look; NULL: this program was built without TLS. */
config_look *tls_world_look(void);

/* Do clients refuse, as far as is noted, what this configuration shows them, since nobody has told them of the local CA? */
bool tls_world_is_strange(const struct config *config);

/* Which library it is, as --version tells: ", OpenSSL 3.0.19"; "" where there is no TLS. Constant. */
const char *tls_world_version(void);

/* NULL where there is no TLS. Constant. */
const struct certificates_source *tls_world_source(void);

#endif
