/* A build without TLS: no configuration that asks for it is taken. */
#include "liteginx/base/ensure.h"
#include "liteginx/server/certificates.h"

bool certificates_open(const struct config *config, const struct certificates_source *source,
                       struct config_report *report, struct certificates **certificates) {
  (void)source;
  (void)report;
  ENSURE(!config->tls);
  *certificates = NULL;
  return true;
}

void certificates_close(struct certificates *certificates) {
  ENSURE(!certificates);
}

struct tls_server **certificates_serve(const struct certificates *certificates, const struct config *config,
                                       struct config_report *report) {
  (void)certificates;
  (void)config;
  (void)report;
  ENSURE_UNREACHABLE();
}

void certificates_forget(struct tls_server **servers, unsigned count) {
  (void)servers;
  (void)count;
  ENSURE_UNREACHABLE();
}
