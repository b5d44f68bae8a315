/* What to write instead. */
#include "liteginx/config/hint.h"

#include "advice.h"
#include "unit.h"

struct row {
  const char *text, *hint;
};

/* `under` and `key`: where each hint says to write something, it has to be taken there. */
static void assert_hints(struct str (*hint)(struct arena *arena, struct str text), const char *under, const char *key,
                         const struct row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct arena arena;
    arena_init(&arena, NULL, 1 << 20);
    struct str got = hint(&arena, str_of(rows[i].text));
    assert_non_null(got.ptr);
    if (!str_eq(got, str_of(rows[i].hint))) fail_msg("%s: %.*s", rows[i].text, STR_ARG(got));
    if (key) assert_advice(under, key, NULL, got);
    arena_reset(&arena);
  }
}

static void test_durations(void **state) {
  (void)state;
  static const struct row rows[] = {
      {"500", "(did you mean '500ms' or '500s'?)"},
      {"1", "(did you mean '1ms' or '1s'?)"},
      {"0", "(did you mean '0s'?)"},
      {"00", "(did you mean '0s'?)"},
      {"3 s", "(did you mean '3s'?)"},
      {"30sec", "(did you mean '30s'?)"},
      {"5 Minutes", "(did you mean '5m'?)"},
      {"1.5s", "(did you mean '1500ms'?)"},
      {"0,5 h", "(did you mean '30m'?)"},
      {"1.5", "(did you mean '1500ms'?)"},
      {"2d", "(did you mean '48h'?)"},
      {"100 MS", "(did you mean '100ms'?)"},
      {"120 sec", "(did you mean '2m'?)"},
      {"1.0001s", ""},
      {"1.5ms", ""},
      {"123456", ""},
      {"s", ""},
      {"", ""},
      {"-1s", ""},
      {"5 fortnights", ""},
      {"1m 30s", ""},
      {"99999d", ""},
  };
  assert_hints(hint_duration, "spec", "hold", rows, UNIT_COUNT(rows));
}

static struct str size_hint(struct arena *arena, struct str text) {
  return hint_size(arena, text, 1024, 16 * 1024 * 1024);
}

static void test_sizes(void **state) {
  (void)state;
  static const struct row rows[] = {
      {"64k", "(did you mean '64KiB'?)"},
      {"10MB", "(did you mean '10MiB'?)"},
      {"10 mb", "(did you mean '10MiB'?)"},
      {"1 MiB", "(did you mean '1MiB'?)"},
      {"64", "(did you mean '64KiB'?)"},
      {"0", ""},
      {"100000", ""},
      {"1G", ""},
      {"5 bananas", ""},
      {"5 kilos", ""},
      {"k", ""},
      {"", ""},
      {"99999999999999999999k", ""},
  };
  assert_hints(size_hint, "settings", "max_header_bytes", rows, UNIT_COUNT(rows));
}

static void test_listens(void **state) {
  (void)state;
  static const struct row rows[] = {
      {"localhost:5000", "(did you mean '5000'? it listens on localhost)"},
      {":5000", "(did you mean '\"*:5000\"'?)"},
      {"a:5000", ""},
      {"70000", ""},
      {"", ""},
  };
  assert_hints(hint_listen, "spec", "listen", rows, UNIT_COUNT(rows));
}

static void test_route_hosts(void **state) {
  (void)state;
  static const struct row rows[] = {
      {"*", "(leave 'host' out to match every host)"},
      {"", "(leave 'host' out to match every host)"},
      {"https://x", "(write 'host: x')"},
      {"https://x:443", "(write 'host: x')"},
      {"https://x/", "(write 'host: x')"},
      {"//x", "(write 'host: x')"},
      {"https://u:p@x", "(write 'host: x')"},
      {"http://shop.localhost:5000/a", "(write 'host: shop.localhost'; what stands behind it belongs under 'path')"},
      {"shop.localhost/a", "(write 'host: shop.localhost'; what stands behind it belongs under 'path')"},
      {"x:", "(write 'host: x')"},
      {"x:70000", "(write 'host: x')"},
      {"http://[::1]:80", "(write 'host: \"[::1]\"')"},
      {"::1", "(write '\"[::1]\"')"},
      {"http://_", "(leave 'host' out to match every host)"},
      {"a:b:c", ""},
      {"http://a:b:c/d", ""},
      {"[::1", ""},
      {"bücher.example", "(write 'xn--bcher-kva.example', its form on the wire)"},
      {"*.Bücher.example:80", "(write '\"*.xn--bcher-kva.example\"', its form on the wire)"},
      {"https://bücher.example/", "(write 'xn--bcher-kva.example', its form on the wire)"},
      {"😀.example", "(only its form on the wire can stand here, which begins with 'xn--')"},
      {"ü b", "(write a spec of its own for each host)"},
      {".example.com", "(write '\"*.example.com\"'; 'example.com' alone takes a spec of its own)"},
      {"*example.com", "(write '\"*.example.com\"')"},
      {"**.example.com", "(write '\"*.example.com\"')"},
      {"www.*", "('*' can only stand for the first labels, as in '*.example.com')"},
      {"*.*.com", "('*' can only stand for the first labels, as in '*.example.com')"},
      {"example.com www.example.com", "(write a spec of its own for each host)"},
      {"a.b,c.d", "(write a spec of its own for each host)"},
      {"~^(.*)\\.a$", "(regular expressions are not known here: write a name, or '\"*.example.com\"')"},
      {"Host(`x`) && PathPrefix(`/y`)", "(write 'host: x' and 'path: /y')"},
      {"a!b", ""},
      {"a!b/c", ""},
  };
  static const struct row taken[] = {
      {"_", "(leave 'host' out to match every host)"},
      {"0.0.0.0", "(leave it out, and write 'listen: \"*:5000\"' to listen on every interface)"},
      {"shop.localhost", ""},
  };
  assert_hints(hint_route_host, "spec", "host", rows, UNIT_COUNT(rows));
  assert_hints(hint_taken_host, "spec", "host", taken, UNIT_COUNT(taken));
}

static void test_target_hosts(void **state) {
  (void)state;
  static const struct row rows[] = {
      {"localhost:3000", "(write 'host: localhost' and 'port: 3000')"},
      {"http://localhost", "(write 'host: localhost')"},
      {"http://localhost:3000/a", "(write 'host: localhost' and 'port: 3000')"},
      {"https://localhost", "(TLS to targets does not work yet: write the name alone)"},
      {"3000", "(write 'host: localhost' and 'port: 3000')"},
      {"bücher.example", "(write 'xn--bcher-kva.example', its form on the wire)"},
      {"", ""},
      {"a b", ""},
      {"1.2.3.4.5", ""},
      {"unix:/a", ""},
  };
  assert_hints(hint_target_host, "targets", "host", rows, UNIT_COUNT(rows));
}

static void test_lists(void **state) {
  (void)state;
  static const struct row targets[] = {
      {"localhost:3000", "(write 'targets: [localhost:3000]')"},
      {"3000", "(write 'targets: [3000]')"},
      {"a:1, [::1]:2", "(write 'targets: [a:1, \"[::1]:2\"]')"},
      {"localhost", "(write 'targets: [localhost:3000]', with your own)"},
      {"a!:1", "(write 'targets: [localhost:3000]', with your own)"},
      {"${T}", "(write 'targets: [localhost:3000]', with your own)"},
      {"", "(write 'targets: [localhost:3000]', with your own)"},
  };
  static const struct row networks[] = {
      {"10.0.0.0/8,::1", "(write 'trusted_proxies: [10.0.0.0/8, \"::1\"]')"},
      {"all", "(write 'trusted_proxies: [127.0.0.1]', with your own)"},
  };
  assert_hints(hint_targets, "spec", "targets", targets, UNIT_COUNT(targets));
  assert_hints(hint_networks, "settings", "trusted_proxies", networks, UNIT_COUNT(networks));
}

static void test_dollars(void **state) {
  (void)state;
  static const struct row rows[] = {
      {"$PORT", "(write '${PORT}' for the variable, or '$$PORT' for the text)"},
      {"${X-y}", "(write '${X:-y}' for the variable)"},
      {"${X-}", "(write '${X:-}' for the variable)"},
      {"${X:?no}", "(only '${NAME}' and '${NAME:-default}' are known; for the text itself write '$${')"},
      {"${1-y}", "(only '${NAME}' and '${NAME:-default}' are known; for the text itself write '$${')"},
      {"${}", "(only '${NAME}' and '${NAME:-default}' are known; for the text itself write '$${')"},
      {"${X", "(a '}' is missing; for the text itself write '$${')"},
      {"${", "(a '}' is missing; for the text itself write '$${')"},
  };
  assert_hints(hint_dollar, "settings", "not_found_message", rows, UNIT_COUNT(rows));
}

static void test_dollars_in_what_is_refused(void **state) {
  (void)state;
  static const struct row rows[] = {
      {"$PORT", "(write '${PORT}' for the variable)"},
      {"a$port_2-", "(write '${port_2}' for the variable)"},
      {"$1 $b", "(write '${b}' for the variable)"},
      {"${X-y}", "(write '${X:-y}' for the variable)"},
      {"${X:?no}", "(only '${NAME}' and '${NAME:-default}' are known)"},
      {"${X", "(a '}' is missing)"},
      {"$1", ""},
      {"$", ""},
  };
  assert_hints(hint_refused_dollar, NULL, NULL, rows, UNIT_COUNT(rows));
}

static void test_single_values_for_mappings(void **state) {
  (void)state;
  static const struct row timeouts[] = {{"3s", "(write 'timeouts: {response: 3s}', or connect, or idle)"},
                                        {"30", "(write 'timeouts: {response: 30s}', or connect, or idle)"}};
  static const struct row tls[] = {{"Off", "(write 'tls: {enabled: false}', or leave 'tls' out)"},
                                   {"true", "(write 'tls: {enabled: true}')"}};
  assert_hints(hint_timeouts, "spec", "timeouts", timeouts, UNIT_COUNT(timeouts));
  assert_hints(hint_tls, NULL, NULL, tls, UNIT_COUNT(tls));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_durations),
      cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_listens),
      cmocka_unit_test(test_route_hosts),
      cmocka_unit_test(test_target_hosts),
      cmocka_unit_test(test_lists),
      cmocka_unit_test(test_dollars),
      cmocka_unit_test(test_dollars_in_what_is_refused),
      cmocka_unit_test(test_single_values_for_mappings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
