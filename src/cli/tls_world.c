/* What tls_look finds, as the configuration's findings. */
#include "liteginx/cli/tls_world.h"

#include <openssl/crypto.h>
#include <stdio.h>

#include "liteginx/base/clock.h"
#include "liteginx/cli/local_ca.h"
#include "liteginx/tls/look.h"

enum { TEXT_BYTES = 64 };

static unsigned look(void *owner, struct arena *arena, const struct config_tls *tls,
                     struct config_finding findings[CONFIG_FINDINGS_MAX]);

config_look *tls_world_look(void) {
  return look;
}

bool tls_world_is_strange(const struct config *config) {
  bool local = false;
  for (const struct config_tls *tls = config->tls; tls; tls = tls->next) {
    local |= tls->certificate.len == 0 && tls->ca == TLS_CA_LOCAL;
  }
  return local && !local_ca_noted_trusted();
}

const char *tls_world_version(void) {
  static char text[TEXT_BYTES];
  (void)snprintf(text, sizeof text, ", OpenSSL %s", OpenSSL_version(OPENSSL_VERSION_STRING));
  return text;
}

const struct certificates_source *tls_world_source(void) {
  static const struct certificates_source source = {local_ca_open, local_ca_open_mkcert};
  return &source;
}

static unsigned look(void *owner, struct arena *arena, const struct config_tls *tls,
                     struct config_finding findings[CONFIG_FINDINGS_MAX]) {
  static const enum schema_tls_row rows[] = {
      [TLS_LOOK_CERTIFICATE] = TLS_certificate, [TLS_LOOK_KEY] = TLS_key, [TLS_LOOK_CLIENT_CA] = TLS_client_ca};
  struct tls_finding found[TLS_FINDINGS_MAX];
  unsigned count = tls_look(tls->certificate, tls->key, tls->client_ca, tls->hosts, tls->host_count,
                            (int64_t)clock_now().tv_sec, found);
  (void)owner;
  for (unsigned i = 0; i < count; i++) {
    struct str words = arena_dup(arena, str_of(found[i].words.text));
    findings[i] =
        (struct config_finding){found[i].is_error, rows[found[i].part], words.ptr ? words : STR("out of memory")};
  }
  return count;
}
