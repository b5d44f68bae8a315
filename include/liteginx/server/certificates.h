/* What all workers need to speak TLS with clients: the local CA, where a document asks for one, and the keys of tickets. Each
 * worker makes of it what its own listeners show. */
#ifndef LITEGINX_SERVER_CERTIFICATES_H
#define LITEGINX_SERVER_CERTIFICATES_H

#include "liteginx/config/config.h"

struct certificates;

struct authority;
struct tls_problem;

/* Who opens the CAs that sign where a document has no certificate. Each returns false, and *problem, where it cannot; and blocks. */
struct certificates_source {
  bool (*open_local)(const struct config *config, struct authority **authority, struct tls_problem *problem);
  bool (*open_mkcert)(struct authority **authority, struct tls_problem *problem);
};

struct tls_server;

/* Opens what `config` needs, and makes a local CA where it needs the first one. *certificates: NULL where no listener speaks TLS.
 * False: an error is in *report. Blocks. */
ENSURE_CHECKED bool certificates_open(const struct config *config, const struct certificates_source *source,
                                      struct config_report *report, struct certificates **certificates);

/* NULL is nothing. After the servers that were made of it. */
void certificates_close(struct certificates *certificates);

/* For each listener of `config`, in its order, what one worker shows there: NULL where it speaks no TLS. NULL, and an error in
 * *report, where one fails. Free it by certificates_forget. */
struct tls_server **certificates_serve(const struct certificates *certificates, const struct config *config,
                                       struct config_report *report);

void certificates_forget(struct tls_server **servers, unsigned count);

#endif
