/* A build without TLS. */
#include "liteginx/cli/tls_world.h"

config_look *tls_world_look(void) {
  return NULL;
}

bool tls_world_is_strange(const struct config *config) {
  (void)config;
  return false;
}

const char *tls_world_version(void) {
  return "";
}

const struct certificates_source *tls_world_source(void) {
  return NULL;
}
