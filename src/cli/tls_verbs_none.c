/* Without TLS there is no CA to trust. */
#include "liteginx/cli/tls_verbs.h"

int tls_verbs_run(const struct options *options, FILE *out, FILE *err) {
  (void)options, (void)out;
  fputs("liteginx: this liteginx was built without TLS, so it has no local CA (build it with -Dtls=enabled)\n", err);
  return 1;
}
