/* The first fault of each kind is told: who has mended it looks again. */
#include "liteginx/tls/look.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "liteginx/tls/certificate.h"
#include "liteginx/tls/credential.h"

enum { DAY_S = 24 * 60 * 60, SOON_DAYS = 14, DATE_BYTES = 32, SHOWN_BYTES = 100 };

struct look {
  struct tls_finding *findings;
  unsigned count;
};

static struct tls_problem *add(struct look *look, bool is_error, enum tls_look_part part);
static void look_at_dates(struct look *look, const X509 *leaf, int64_t now_s);
static void look_at_names(struct look *look, X509 *leaf, const struct str *hosts, unsigned host_count);
static bool covers(X509 *leaf, struct str host);
static void look_at_authorities(struct look *look, struct str client_ca);

unsigned tls_look(struct str certificate, struct str key, struct str client_ca, const struct str *hosts,
                  unsigned host_count, int64_t now_s, struct tls_finding findings[TLS_FINDINGS_MAX]) {
  struct look look = {findings, 0};
  struct credential credential = {NULL, NULL, NULL};
  struct tls_problem problem;
  if (certificate.len > 0 && !credential_read(&credential, certificate, key, &problem)) {
    *add(&look, true, TLS_LOOK_CERTIFICATE) = problem;
  } else if (certificate.len > 0) {
    look_at_dates(&look, credential.leaf, now_s);
    look_at_names(&look, credential.leaf, hosts, host_count);
  }
  credential_free(&credential);
  if (client_ca.len > 0) look_at_authorities(&look, client_ca);
  ERR_clear_error();
  return look.count;
}

static struct tls_problem *add(struct look *look, bool is_error, enum tls_look_part part) {
  ENSURE(look->count < TLS_FINDINGS_MAX);
  struct tls_finding *finding = &look->findings[look->count++];
  finding->is_error = is_error;
  finding->part = part;
  return &finding->words;
}

static void write_date(int64_t unix_s, char text[DATE_BYTES]) {
  time_t time = (time_t)unix_s;
  const struct tm *utc = gmtime(&time);
  if (!utc || strftime(text, DATE_BYTES, "%Y-%m-%d", utc) == 0) text[0] = '\0';
}

/* Who serves it nevertheless may be trying just that: a warning. */
static void look_at_dates(struct look *look, const X509 *leaf, int64_t now_s) {
  int64_t from_s = certificate_time(X509_get0_notBefore(leaf)), to_s = certificate_time(X509_get0_notAfter(leaf));
  char date[DATE_BYTES];
  if (now_s < from_s) {
    write_date(from_s, date);
    (void)tls_problem_say(add(look, false, TLS_LOOK_CERTIFICATE),
                          "this certificate begins only on %s: clients refuse it", date);
  } else if (now_s >= to_s) {
    write_date(to_s, date);
    (void)tls_problem_say(add(look, false, TLS_LOOK_CERTIFICATE), "this certificate has ended on %s: clients refuse it",
                          date);
  } else if (to_s - now_s < SOON_DAYS * DAY_S) {
    write_date(to_s, date);
    (void)tls_problem_say(add(look, false, TLS_LOOK_CERTIFICATE), "this certificate ends on %s: have a new one made",
                          date);
  }
}

static void look_at_names(struct look *look, X509 *leaf, const struct str *hosts, unsigned host_count) {
  for (unsigned i = 0; i < host_count; i++) {
    if (covers(leaf, hosts[i])) continue;
    struct str shown = str_upto(hosts[i], SHOWN_BYTES);
    (void)tls_problem_say(add(look, false, TLS_LOOK_CERTIFICATE),
                          "this certificate is not for the host '%.*s': clients refuse it there", STR_ARG(shown));
    return;
  }
}

/* A wildcard of ours stands for several labels, one of a certificate for one: who has the same is covered as well as can be. */
static bool covers(X509 *leaf, struct str host) {
  bool wild = str_starts_with(host, STR("*."));
  if (!wild && X509_check_ip_asc(leaf, host.ptr, 0) == 1) return true;
  if (!wild) return X509_check_host(leaf, host.ptr, host.len, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
  GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
  bool found = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    struct str dns =
        str_make((const char *)ASN1_STRING_get0_data(name->d.dNSName), (size_t)ASN1_STRING_length(name->d.dNSName));
    found = str_eq_nocase(dns, host);
  }
  GENERAL_NAMES_free(names);
  return found;
}

static void look_at_authorities(struct look *look, struct str client_ca) {
  BIO *bio = client_ca.len <= INT32_MAX ? BIO_new_mem_buf(client_ca.ptr, (int)client_ca.len) : NULL;
  unsigned found = 0, lone = 0;
  for (X509 *next; bio && (next = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL; found++) {
    lone += X509_check_ca(next) == 0;
    X509_free(next);
  }
  bool damaged = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
  BIO_free(bio);
  if (found == 0 || damaged) {
    (void)tls_problem_say(add(look, true, TLS_LOOK_CLIENT_CA),
                          found == 0
                              ? "there is no certificate in this file (PEM begins with -----BEGIN CERTIFICATE-----)"
                              : "a certificate in this file is damaged, behind %u good ones",
                          found);
  } else if (lone > 0) {
    (void)tls_problem_say(add(look, false, TLS_LOOK_CLIENT_CA),
                          "a certificate in this file is no authority's: it can vouch for nobody but itself");
  }
}
