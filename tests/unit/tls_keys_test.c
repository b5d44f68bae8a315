/* The keys of a document's TLS: what they are read as, and what is said about wrong ones. Certificates are not looked into here:
 * who does says what the test has it say. */
#include "liteginx/config/tls_keys.h"

#include "loaded.h"

#define SPEC "spec:\n  - {kind: http, listen: 1, path: /, host: a.test, targets: [2]}\n"

static struct {
  unsigned looks;
  char hosts[256];
  unsigned host_count;
  bool is_error;
  const char *words; /* NULL: nothing is wrong */
} judge;

static struct str read_pem(void *owner, struct arena *arena, struct str path, const char **problem) {
  (void)owner;
  *problem = "there is no such file";
  if (str_eq(path, STR("empty.pem"))) return arena_dup(arena, STR(""));
  return str_ends_with(path, STR(".pem")) ? arena_dup(arena, path) : (struct str){NULL, 0};
}

static bool read_by_others(void *owner, struct str path) {
  (void)owner;
  return str_eq(path, STR("open.pem"));
}

static unsigned look(void *owner, struct arena *arena, const struct config_tls *tls,
                     struct config_finding findings[CONFIG_FINDINGS_MAX]) {
  (void)owner;
  (void)arena;
  judge.looks++;
  judge.host_count = tls->host_count;
  judge.hosts[0] = '\0';
  for (unsigned i = 0; i < tls->host_count; i++) {
    size_t len = strlen(judge.hosts);
    snprintf(judge.hosts + len, sizeof judge.hosts - len, "%.*s ", STR_ARG(tls->hosts[i]));
  }
  if (!judge.words) return 0;
  findings[0] = (struct config_finding){judge.is_error, TLS_certificate, str_of(judge.words)};
  return 1;
}

static struct config *load(const char *text, bool with_tls, struct config_report *report) {
  struct config_text file = {STR_INIT("f.yaml"), str_of(text)};
  struct config_world world = {.env = table_env,
                               .read = read_pem,
                               .exposed = read_by_others,
                               .look = with_tls ? look : NULL,
                               .owner = &(struct fixture){.bind = NULL}};
  config_report_init(report);
  judge.looks = 0;
  return config_load_in(&world, &file, 1, report);
}

static void test_what_is_read(void **state) {
  (void)state;
  struct config_report report;
  struct config *config =
      load("name: a\n" SPEC "tls: {enabled: true, certificate: c.pem, key: ./k.pem, min_version: \"1.3\", client_ca: "
           "/ca.pem, ca: mkcert}\n",
           true, &report);
  assert_null(report.first);
  const struct config_tls *tls = config->tls;
  assert_str(tls->certificate, STR("c.pem"));
  assert_str(tls->client_ca, STR("/ca.pem"));
  assert_int_equal(tls->min_version, TLS_VERSION_13);
  assert_int_equal(tls->ca, TLS_CA_MKCERT);
  assert_ptr_equal(config->listeners[0].routes[0].tls, tls);
  assert_int_equal(config->listeners[0].tls_count, 1);
  assert_ptr_equal(config->listeners[0].tls[0], tls);
  assert_int_equal(judge.looks, 1);
  assert_string_equal(judge.hosts, "a.test ");
  config_free(config);
  config_report_free(&report);
}

static void test_what_is_off(void **state) {
  (void)state;
  static const char *const texts[] = {"", "tls: {enabled: false}\n", "tls: {enabled: false, certificate: none}\n",
                                      "tls: {}\n"};
  for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
    for (int with_tls = 0; with_tls <= 1; with_tls++) {
      struct config_report report;
      char text[512];
      snprintf(text, sizeof text, "name: a\n" SPEC "%s", texts[i]);
      struct config *config = load(text, with_tls, &report);
      assert_non_null(config);
      assert_null(config->tls);
      assert_null(config->listeners[0].routes[0].tls);
      assert_int_equal(config->listeners[0].tls_count, 0);
      config_free(config);
      config_report_free(&report);
    }
  }
}

static void test_what_is_said(void **state) {
  (void)state;
  static const struct {
    const char *tls, *message;
    bool with_tls;
  } rows[] = {
      {"{enabled: true}",
       "f.yaml:4:16: error: this liteginx was built without TLS (set 'enabled: false', or take another build)", false},
      {"{enabled: true, certificate: c.pem}", "f.yaml:4:22: error: 'certificate' needs 'key' beside it", true},
      {"{enabled: true, key: c.pem}", "f.yaml:4:22: error: 'key' needs 'certificate' beside it", true},
      {"{enabled: true, certificate: c.txt, key: k.pem}",
       "f.yaml:4:35: error: in 'certificate: c.txt': there is no such file", true},
      {"{enabled: true, client_ca: empty.pem}", "f.yaml:4:33: error: in 'client_ca: empty.pem': the file is empty",
       true},
      {"{enabled: true, client_ca: ./}",
       "f.yaml:4:33: error: 'client_ca' must be the path of a file in PEM, such as ./site.pem, got './'", true},
      {"{enabled: true, certificate: c.pem, key: open.pem}",
       "f.yaml:4:47: warning: others on this machine can read this private key (chmod 600 open.pem)", true},
      {"{enabled: true, min_version: \"1.1\"}",
       "f.yaml:4:35: error: 'min_version' must be 1.2 or 1.3, got '1.1' (did you mean '1.2'?)", true},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct config_report report;
    char text[512];
    snprintf(text, sizeof text, "name: a\n" SPEC "tls: %s\n", rows[i].tls);
    struct config *config = load(text, rows[i].with_tls, &report);
    assert_non_null(report.first);
    assert_str(report.first->text, str_of(rows[i].message));
    config_free(config);
    config_report_free(&report);
  }
}

static void test_what_a_look_finds_stands_at_its_key(void **state) {
  (void)state;
  for (int is_error = 0; is_error <= 1; is_error++) {
    struct config_report report;
    judge.words = "it is not good";
    judge.is_error = is_error;
    struct config *config =
        load("name: a\n" SPEC "tls: {enabled: true, certificate: c.pem, key: k.pem}\n", true, &report);
    assert_str(report.first->text,
               is_error ? STR("f.yaml:4:35: error: it is not good") : STR("f.yaml:4:35: warning: it is not good"));
    assert_int_equal(config == NULL, is_error);
    config_free(config);
    config_report_free(&report);
  }
  judge.words = NULL;
}

/* One host that takes any makes all of them one. */
static void test_hosts(void **state) {
  (void)state;
  static const struct {
    const char *hosts, *seen;
  } rows[] = {
      {"a.test b.test a.test *.c.test", "a.test b.test *.c.test "},
      {"a.test -", ""},
      {"- a.test", ""},
      {"a b c d e f g h i", "a b c d e f g h i "},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct config_report report;
    char text[2048], names[64], *rest = names;
    snprintf(names, sizeof names, "%s", rows[i].hosts);
    size_t len = (size_t)snprintf(text, sizeof text, "name: a\ntls: {enabled: true}\nspec:\n");
    for (unsigned number = 0; rest; number++) {
      char *host = rest, *space = strchr(rest, ' ');
      rest = space ? space + 1 : NULL;
      if (space) *space = '\0';
      len += (size_t)snprintf(text + len, sizeof text - len, "  - {kind: http, listen: 1, path: /%u, targets: [2]",
                              number);
      if (*host != '-') len += (size_t)snprintf(text + len, sizeof text - len, ", host: '%s'", host);
      len += (size_t)snprintf(text + len, sizeof text - len, "}\n");
    }
    struct config *config = load(text, true, &report);
    assert_null(report.first);
    assert_string_equal(judge.hosts, rows[i].seen);
    config_free(config);
    config_report_free(&report);
  }
}

static void test_key_is_wiped(void **state) {
  (void)state;
  char text[] = "secret";
  struct config_tls tls = {.key = {text, strlen(text)}};
  tls_keys_wipe(&tls);
  for (size_t i = 0; i < sizeof text - 1; i++) assert_int_equal(text[i], 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_is_read), cmocka_unit_test(test_what_is_off),
      cmocka_unit_test(test_what_is_said), cmocka_unit_test(test_what_a_look_finds_stands_at_its_key),
      cmocka_unit_test(test_hosts),        cmocka_unit_test(test_key_is_wiped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
