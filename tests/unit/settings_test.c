/* The settings: their defaults, all of them set, and what the environment says. */
#include "liteginx/config/settings.h"

#include "loaded.h"

static void test_settings(void **state) {
  (void)state;
  struct fixture fixture = {.bind = NULL};
  load_text(&fixture, GOOD);
  const struct config_settings *got = &assert_loaded(&fixture)->settings;
  assert_int_equal(got->workers, 0);
  assert_int_equal(got->bind, BIND_LOOPBACK);
  assert_int_equal(got->header_timeout_ms, 30000);
  assert_int_equal(got->keep_alive_ms, 75000);
  assert_int_equal(got->upstream_keep_alive_ms, 30000);
  assert_int_equal(got->upstream_idle, 512);
  assert_true(got->http2);
  assert_int_equal(got->max_header_bytes, 65536);
  assert_int_equal(got->max_header_fields, 200);
  assert_int_equal(got->max_body_bytes, 0);
  assert_int_equal(got->max_connections, 0);
  assert_int_equal(got->drain_ms, 8000);
  assert_int_equal(got->drain_tunnels_ms, 1000);
  assert_int_equal(got->half_close_ms, 5000);
  assert_int_equal(got->access_log, ACCESS_LOG_TEXT);
  assert_str(got->not_found_message, STR("not found"));
  assert_int_equal(got->trusted_count, 0);
  unload(&fixture);

  load_text(
      &fixture, GOOD
      "---\nsettings:\n  workers: 1024\n  bind: all\n  header_timeout: 1s\n  keep_alive: 2s\n"
      "  upstream_keep_alive: 3s\n  upstream_idle: 0\n  max_header_bytes: 1KiB\n  max_header_fields: 10000\n"
      "  max_body_bytes: 1GiB\n  max_connections: 9\n  drain: 0s\n  drain_tunnels: 2m\n  half_close: 0s\n  hold: 1m\n"
      "  access_log: off\n"
      "  not_found_message: 'no: \"é\"'\n  trusted_proxies: [10.0.0.0/8, '::1']\n");
  const struct config *config = assert_loaded(&fixture);
  got = &config->settings;
  assert_int_equal(got->workers, 1024);
  assert_int_equal(got->bind, BIND_ALL);
  assert_int_equal(config->listeners[0].address.scope, SCOPE_ALL);
  assert_int_equal(got->header_timeout_ms, 1000);
  assert_int_equal(got->keep_alive_ms, 2000);
  assert_int_equal(got->upstream_keep_alive_ms, 3000);
  assert_int_equal(got->upstream_idle, 0);
  assert_int_equal(got->max_header_bytes, 1024);
  assert_int_equal(got->max_header_fields, 10000);
  assert_int_equal(got->max_body_bytes, 1 << 30);
  assert_int_equal(got->max_connections, 9);
  assert_int_equal(got->drain_ms, 0);
  assert_int_equal(got->drain_tunnels_ms, 120000);
  assert_int_equal(got->half_close_ms, 0);
  assert_int_equal(got->hold_ms, 60000);
  assert_int_equal(config->listeners[0].routes[0].hold_ms, 60000);
  assert_int_equal(got->access_log, ACCESS_LOG_OFF);
  assert_str(got->not_found_message, STR("no: \"é\""));
  assert_int_equal(got->trusted_count, 2);
  assert_int_equal(got->trusted_proxies[0].bits, 8);
  assert_int_equal(got->trusted_proxies[1].family, 6);
  unload(&fixture);

  load_text(&fixture, "settings:\n  workers: auto\n  trusted_proxies: []\n  max_header_bytes: 16MiB\n---\n" GOOD);
  assert_int_equal(assert_loaded(&fixture)->settings.workers, 0);
  unload(&fixture);
  load_text(&fixture, "settings:\n  trusted_proxies: [10.1.0.0/8]\n---\n" GOOD);
  assert_int_equal(assert_loaded(&fixture)->settings.trusted_proxies[0].bytes[1], 0);
  assert_str(fixture.report.first->text,
             STR("f.yaml:2:21: warning: '10.1.0.0/8' has bits behind its mask, which are ignored"));
  unload(&fixture);
}

static void test_settings_twice_over_files(void **state) {
  (void)state;
  static const struct config_text texts[] = {{STR_INIT("a"), STR_INIT("settings: {}\n")},
                                             {STR_INIT("b"), STR_INIT(GOOD "---\nsettings: {}\n")}};
  struct fixture fixture = {.bind = NULL};
  load_files(&fixture, texts, 2);
  assert_null(fixture.config);
  assert_str(fixture.report.first->text, STR("b:10:1: error: 'settings' are here a second time (first at a:1:1)"));
  unload(&fixture);
}

static void test_bind_variable(void **state) {
  (void)state;
  struct fixture fixture = {.bind = "all"};
  load_text(&fixture, GOOD "---\nsettings: {bind: loopback}\n");
  assert_int_equal(assert_loaded(&fixture)->listeners[0].address.scope, SCOPE_ALL);
  unload(&fixture);
  fixture.bind = "loopback";
  load_text(&fixture, GOOD "---\nsettings: {bind: all}\n");
  assert_int_equal(assert_loaded(&fixture)->listeners[0].address.scope, SCOPE_LOOPBACK);
  unload(&fixture);
  fixture.bind = "0.0.0.0";
  load_text(&fixture, GOOD);
  assert_null(fixture.config);
  assert_str(fixture.report.first->text,
             STR("error: the environment variable LITEGINX_BIND must be loopback or all, got '0.0.0.0'"));
  unload(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_settings),
      cmocka_unit_test(test_settings_twice_over_files),
      cmocka_unit_test(test_bind_variable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
