/* What a user may leave out of a URL, and what is refused. */
#include "liteginx/cli/url.h"

#include "with_arena.h"

static void assert_text(const char *url, struct str got, const char *expected) {
  if (!str_eq(got, str_of(expected))) fail_msg("%s: '%.*s' instead of '%s'", url, STR_ARG(got), expected);
}

static void the_parts_of_a_url(void **state) {
  (void)state;
  static const struct {
    const char *url, *authority, *host;
    unsigned port;
    const char *target;
  } good[] = {
      {"http://a.b:81/c?d", "a.b:81", "a.b", 81, "/c?d"},
      {"HTTP://a", "a", "a", 80, "/"},
      {"Ws://a/b#c", "a", "a", 80, "/b"},
      {"tcp://:4001", ":4001", "", 4001, "/"},
      {":5000/x", ":5000", "", 5000, "/x"},
      {"/x", "", "", 0, "/x"},
      {"?q", "", "", 0, "/?q"},
      {"", "", "", 0, "/"},
      {"a?q", "a", "a", 80, "/?q"},
      {"https://a/b", "a", "a", 443, "/b"},
      {"WSS://a:5443", "a:5443", "a", 5443, "/"},
      {"a#/b", "a", "a", 80, "/"},
      {"[::1]:5000/x", "[::1]:5000", "[::1]", 5000, "/x"},
      {"[::1]", "[::1]", "[::1]", 80, "/"},
      {"a:1/x?u=ftp://b@c", "a:1", "a", 1, "/x?u=ftp://b@c"},
      {"a:/x", "a:", "a", 80, "/x"},
      {"*", "", "", 0, "*"},
      {":5000*", ":5000", "", 5000, "*"},
      {"http://a:81*", "a:81", "a", 81, "*"},
      {"a*#b", "a", "a", 80, "*"},
      {"*?q", "", "", 0, "*?q"},
      {"a*/x", "a", "a", 80, "*/x"},
      {"a/*", "a", "a", 80, "/*"},
      {"?*", "", "", 0, "/?*"},
  };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct url url;
    struct str fault = url_read(&arena, str_of(good[i].url), &url);
    assert_text(good[i].url, fault, "");
    assert_text(good[i].url, url.authority, good[i].authority);
    assert_text(good[i].url, url.host, good[i].host);
    assert_text(good[i].url, url.target, good[i].target);
    assert_int_equal(url.port, good[i].port);
  }
}

static void what_is_no_url_of_ours(void **state) {
  (void)state;
  static const struct {
    const char *url, *fault;
  } bad[] = {
      {"ftp://a", "'ftp://' is not served: ask for http://, https://, ws://, wss:// or tcp://"},
      {"a:0", "'0' is no port"},
      {"a:65536/x", "'65536' is no port"},
      {"a:b:c", "'b:c' is no port"},
      {"u:p@a:80/x", "leave the user out of the URL: a client sends that as -H 'Authorization: …'"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct url url;
    assert_text(bad[i].url, url_read(&arena, str_of(bad[i].url), &url), bad[i].fault);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_parts_of_a_url, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_no_url_of_ours, set_up, tear_down),
  };
  return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
