/* From a configuration's documents to identities. */
#include "liteginx/server/certificates.h"

#include <stdlib.h>

#include "liteginx/session/reception.h"
#include "liteginx/tls/authority.h"
#include "liteginx/tls/tls_server.h"

struct certificates {
  struct authority *local, *mkcert; /* NULL: nobody asks for it */
  struct tls_ticket_keys tickets;
};

static bool open_authorities(struct certificates *certificates, const struct config *config,
                             const struct certificates_source *source, struct config_report *report);
static struct tls_server *serve(const struct certificates *certificates, const struct config *config,
                                const struct config_listener *listener, struct tls_problem *problem);
static void report_problem(struct config_report *report, const struct config_tls *tls,
                           const struct tls_problem *problem);

bool certificates_open(const struct config *config, const struct certificates_source *source,
                       struct config_report *report, struct certificates **certificates) {
  *certificates = NULL;
  if (!config->tls) return true;
  struct certificates *opened = calloc(1, sizeof *opened);
  if (!opened || !tls_ticket_keys_make(&opened->tickets)) {
    free(opened);
    config_report_no_memory(report);
    return false;
  }
  if (!open_authorities(opened, config, source, report)) {
    certificates_close(opened);
    return false;
  }
  *certificates = opened;
  return true;
}

/* The first document that asks for one is to blame where it cannot be had. */
static bool open_authorities(struct certificates *certificates, const struct config *config,
                             const struct certificates_source *source, struct config_report *report) {
  struct tls_problem problem;
  for (const struct config_tls *tls = config->tls; tls; tls = tls->next) {
    bool mkcert = tls->ca == TLS_CA_MKCERT;
    struct authority **authority = mkcert ? &certificates->mkcert : &certificates->local;
    if (tls->certificate.len > 0 || *authority) continue;
    bool good = mkcert ? source->open_mkcert(authority, &problem) : source->open_local(config, authority, &problem);
    if (good) continue;
    report_problem(report, tls, &problem);
    return false;
  }
  return true;
}

void certificates_close(struct certificates *certificates) {
  if (!certificates) return;
  authority_free(certificates->local);
  authority_free(certificates->mkcert);
  tls_ticket_keys_wipe(&certificates->tickets);
  free(certificates);
}

struct tls_server **certificates_serve(const struct certificates *certificates, const struct config *config,
                                       struct config_report *report) {
  struct tls_server **servers = calloc(config->listener_count + 1u, sizeof(struct tls_server *));
  struct tls_problem problem;
  if (!servers) {
    config_report_no_memory(report);
    return NULL;
  }
  for (unsigned i = 0; i < config->listener_count; i++) {
    const struct config_listener *listener = &config->listeners[i];
    if (listener->tls_count == 0) continue;
    servers[i] = serve(certificates, config, listener, &problem);
    if (servers[i]) continue;
    report_problem(report, listener->tls[0], &problem);
    certificates_forget(servers, i);
    return NULL;
  }
  return servers;
}

void certificates_forget(struct tls_server **servers, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    if (servers[i]) tls_server_free(servers[i]);
  }
  free(servers);
}

static struct tls_server *serve(const struct certificates *certificates, const struct config *config,
                                const struct config_listener *listener, struct tls_problem *problem) {
  struct tls_identity *identities = calloc(listener->tls_count, sizeof *identities);
  struct tls_server *server = NULL;
  if (!identities) {
    (void)tls_problem_no_memory(problem);
    return NULL;
  }
  for (unsigned i = 0; i < listener->tls_count; i++) {
    const struct config_tls *tls = listener->tls[i];
    identities[i] =
        (struct tls_identity){.certificate = tls->certificate,
                              .key = tls->key,
                              .client_ca = tls->client_ca,
                              .only_13 = tls->min_version == TLS_VERSION_13,
                              .authority = tls->ca == TLS_CA_MKCERT ? certificates->mkcert : certificates->local,
                              .hosts = tls->hosts,
                              .host_count = tls->host_count};
  }
  struct tls_server_plan plan = {.identities = identities,
                                 .count = listener->tls_count,
                                 .number = (unsigned)(listener - config->listeners),
                                 .tickets = &certificates->tickets,
                                 .http = listener->kind == KIND_HTTP,
                                 .http2 = config->settings.http2 && reception_speaks_http2()};
  server = tls_server_new(&plan, problem);
  free(identities);
  return server;
}

static void report_problem(struct config_report *report, const struct config_tls *tls,
                           const struct tls_problem *problem) {
  config_report_add(report, true, tls->place, "TLS cannot be served: %s", problem->text);
}
