/* What a listener shows to clients: OpenSSL as the client, both in memory. */
#include "liteginx/tls/tls_server.h"

#include <openssl/err.h>

#include "liteginx/tls/authority.h"
#include "local_ca.h"
#include "made_certificates.h"

struct shown {
  bool shaken;
  unsigned chosen;
  char alpn[16];
  const char *version;
  bool covers;
};

/* Shakes hands until neither side moves. */
static struct shown shake(struct tls_server *server, const char *name, const char *alpn, int version) {
  struct shown shown = {.shaken = false};
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (version) SSL_CTX_set_max_proto_version(context, version);
  SSL *client = SSL_new(context);
  BIO *near, *far;
  assert_int_equal(BIO_new_bio_pair(&near, 65536, &far, 65536), 1);
  SSL_set_bio(client, near, near);
  SSL_set_connect_state(client);
  if (name) SSL_set_tlsext_host_name(client, name);
  if (alpn) SSL_set_alpn_protos(client, (const unsigned char *)alpn, (unsigned)strlen(alpn));
  SSL *served = tls_server_accept(server, far);
  assert_non_null(served);
  int one = 0, other = 0;
  for (int i = 0; i < 10 && (one != 1 || other != 1); i++) {
    one = SSL_do_handshake(client);
    other = SSL_do_handshake(served);
  }
  shown.shaken = one == 1 && other == 1;
  if (shown.shaken) {
    const unsigned char *protocol;
    unsigned len;
    SSL_get0_alpn_selected(client, &protocol, &len);
    if (len) memcpy(shown.alpn, protocol, len);
    shown.chosen = tls_server_chosen(served);
    shown.version = SSL_get_version(served);
    X509 *leaf = SSL_get0_peer_certificate(client);
    shown.covers = !name || X509_check_host(leaf, name, 0, 0, NULL) == 1;
    char *subject = tls_server_client(served);
    assert_string_equal(subject, "");
    free(subject);
  }
  SSL_free(client);
  SSL_free(served);
  SSL_CTX_free(context);
  ERR_clear_error();
  return shown;
}

static struct tls_server *serve(const struct tls_identity *identities, unsigned count, bool http2) {
  static struct tls_ticket_keys keys;
  struct tls_problem problem;
  struct tls_server_plan plan = {
      .identities = identities, .count = count, .tickets = &keys, .http = true, .http2 = http2};
  assert_true(tls_ticket_keys_make(&keys));
  struct tls_server *server = tls_server_new(&plan, &problem);
  if (!server) fail_msg("%s", problem.text);
  return server;
}

static void test_names_choose(void **state) {
  (void)state;
  static const char *const a[] = {"a.test", "x.b.test", NULL}, *const b[] = {"*.b.test", "*.a.test", NULL};
  static const struct {
    const char *name;
    unsigned chosen;
  } rows[] = {{"a.test", 0},   {"A.TEST", 0},    {"x.b.test", 0},   {"y.b.test", 1},
              {"y.a.test", 1}, {"none.test", 0}, {"x.y.b.test", 0}, {NULL, 0}};
  struct made_certificate made[2];
  int64_t now_s = (int64_t)clock_now().tv_sec;
  make_certificate(&made[0], a, false, now_s - MADE_DAY_S, now_s + MADE_DAY_S);
  make_certificate(&made[1], b, false, now_s - MADE_DAY_S, now_s + MADE_DAY_S);
  struct tls_identity identities[2];
  for (size_t i = 0; i < 2; i++) {
    identities[i] =
        (struct tls_identity){.certificate = str_of(made[i].certificate_text), .key = str_of(made[i].key_text)};
  }
  struct tls_server *server = serve(identities, 2, false);
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct shown shown = shake(server, rows[i].name, NULL, 0);
    assert_true(shown.shaken);
    if (shown.chosen != rows[i].chosen) fail_msg("%s", rows[i].name);
    assert_string_equal(shown.version, "TLSv1.3");
  }
  tls_server_free(server);
  forget_certificate(&made[0]);
  forget_certificate(&made[1]);
}

/* What one document demands holds for its own names alone. */
static void test_version_is_of_a_name(void **state) {
  (void)state;
  static const char *const a[] = {"a.test", NULL}, *const b[] = {"b.test", NULL};
  struct made_certificate made[2];
  int64_t now_s = (int64_t)clock_now().tv_sec;
  make_certificate(&made[0], a, false, now_s - MADE_DAY_S, now_s + MADE_DAY_S);
  make_certificate(&made[1], b, false, now_s - MADE_DAY_S, now_s + MADE_DAY_S);
  struct tls_identity identities[] = {
      {.certificate = str_of(made[0].certificate_text), .key = str_of(made[0].key_text)},
      {.certificate = str_of(made[1].certificate_text), .key = str_of(made[1].key_text), .only_13 = true}};
  struct tls_server *server = serve(identities, 2, false);
  assert_string_equal(shake(server, "a.test", NULL, TLS1_2_VERSION).version, "TLSv1.2");
  assert_false(shake(server, "b.test", NULL, TLS1_2_VERSION).shaken);
  assert_true(shake(server, "b.test", NULL, 0).shaken);
  assert_false(shake(server, "a.test", NULL, TLS1_1_VERSION).shaken);
  tls_server_free(server);
  forget_certificate(&made[0]);
  forget_certificate(&made[1]);
}

static void test_protocols(void **state) {
  (void)state;
  static const char *const a[] = {"a.test", NULL};
  struct made_certificate made;
  int64_t now_s = (int64_t)clock_now().tv_sec;
  make_certificate(&made, a, false, now_s - MADE_DAY_S, now_s + MADE_DAY_S);
  struct tls_identity identity = {.certificate = str_of(made.certificate_text), .key = str_of(made.key_text)};
  for (int http2 = 0; http2 <= 1; http2++) {
    struct tls_server *server = serve(&identity, 1, http2);
    assert_string_equal(shake(server, "a.test", "\x08http/1.1", 0).alpn, "http/1.1");
    assert_string_equal(shake(server, "a.test", "\x08http/1.1\x02h2", 0).alpn, http2 ? "h2" : "http/1.1");
    assert_int_equal(shake(server, "a.test", "\x02h2", 0).shaken, http2);
    assert_false(shake(server, "a.test", "\x04imap", 0).shaken);
    assert_true(shake(server, "a.test", NULL, 0).shaken);
    tls_server_free(server);
  }
  forget_certificate(&made);
}

static void test_local_ca_signs_what_is_asked_for(void **state) {
  (void)state;
  static const struct str hosts[] = {STR_INIT("app.test"), STR_INIT("*.localhost"), STR_INIT("www.example.com")};
  struct founding_wish wish = {.owner = "me@here"};
  struct authority *authority;
  struct tls_problem problem;
  if (!authority_open("ca", &wish, &authority, &problem)) fail_msg("%s", problem.text);
  struct tls_identity identity = {.authority = authority, .hosts = hosts, .host_count = UNIT_COUNT(hosts)};
  struct tls_server *server = serve(&identity, 1, false);
  assert_true(shake(server, "app.test", NULL, 0).covers);
  assert_true(shake(server, "app.test", NULL, 0).covers);
  assert_true(shake(server, "x.y.localhost", NULL, 0).covers);
  assert_true(shake(server, "localhost", NULL, 0).covers);
  assert_true(shake(server, NULL, NULL, 0).shaken);
  /* What no route has, and what the CA may not sign for: the client says that it does not fit. */
  assert_false(shake(server, "other.test", NULL, 0).covers);
  assert_false(shake(server, "www.example.com", NULL, 0).covers);
  /* More names than are kept, where each does not take a quarter of a second. */
  unsigned count = getenv("LITEGINX_VALGRIND") ? 20 : 300;
  for (unsigned i = 0; i < count; i++) {
    char name[32];
    snprintf(name, sizeof name, "n%u.localhost", i);
    assert_true(shake(server, name, NULL, TLS1_2_VERSION).covers);
  }
  assert_true(shake(server, "app.test", NULL, 0).covers);
  tls_server_free(server);
  authority_free(authority);
}

static void test_what_cannot_be_served(void **state) {
  (void)state;
  static const char *const a[] = {"a.test", NULL};
  struct made_certificate made;
  struct tls_problem problem;
  struct tls_ticket_keys keys;
  int64_t now_s = (int64_t)clock_now().tv_sec;
  assert_true(tls_ticket_keys_make(&keys));
  make_certificate(&made, a, false, now_s - MADE_DAY_S, now_s + MADE_DAY_S);
  struct str good = str_of(made.certificate_text), key = str_of(made.key_text);
  struct tls_identity bad[] = {
      {.certificate = STR("nothing"), .key = key},
      {.certificate = good, .key = STR("nothing")},
      {.certificate = good, .key = key, .client_ca = STR("nothing")},
  };
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
    struct tls_server_plan plan = {.identities = &bad[i], .count = 1, .tickets = &keys, .http = true};
    assert_null(tls_server_new(&plan, &problem));
    assert_true(problem.text[0] != '\0');
  }
  tls_ticket_keys_wipe(&keys);
  for (size_t i = 0; i < sizeof keys.bytes; i++) assert_int_equal(keys.bytes[i], 0);
  forget_certificate(&made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names_choose),
      cmocka_unit_test(test_version_is_of_a_name),
      cmocka_unit_test(test_protocols),
      cmocka_unit_test_setup(test_local_ca_signs_what_is_asked_for, local_ca_folder),
      cmocka_unit_test(test_what_cannot_be_served),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
