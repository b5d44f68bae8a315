#include "liteginx/http/relocate.h"

#include "with_arena.h"

/* path: /two, rewrite: / ; path: /api, rewrite: /v2 ; path: /, rewrite: /app ; path: /v2/api, rewrite: /v2 */
static const struct relocate two = {.shown = STR_INIT("/two"),
                                    .hidden = STR_INIT("/"),
                                    .host = STR_INIT("shop.localhost:5000"),
                                    .target = STR_INIT("localhost:3000")};
static const struct relocate api = {.shown = STR_INIT("/api"),
                                    .hidden = STR_INIT("/v2"),
                                    .host = STR_INIT("a"),
                                    .target = STR_INIT("10.0.0.7:80")};
static const struct relocate root = {.shown = STR_INIT("/"),
                                     .hidden = STR_INIT("/app"),
                                     .host = STR_INIT("[::1]:5000"),
                                     .target = STR_INIT("[::1]:3000")};
static const struct relocate deep = {.shown = STR_INIT("/v2/api"),
                                     .hidden = STR_INIT("/v2"),
                                     .host = STR_INIT("a"),
                                     .target = STR_INIT("b:1")};
static const struct relocate longer = {.shown = STR_INIT("/api"),
                                       .hidden = STR_INIT("/api/v2"),
                                       .host = STR_INIT("a"),
                                       .target = STR_INIT("b:1")};
static const struct relocate exact = {.shown = STR_INIT("/one"),
                                      .hidden = STR_INIT("/x"),
                                      .exact = true,
                                      .host = STR_INIT("a"),
                                      .target = STR_INIT("b:1")};
static const struct relocate nameless = {.shown = STR_INIT("/two"), .hidden = STR_INIT("/"), .target = STR_INIT("b:1")};
static const struct relocate std = {.shown = STR_INIT("/two"),
                                    .hidden = STR_INIT("/"),
                                    .host = STR_INIT("a"),
                                    .target = STR_INIT("b:80")};
static const struct relocate told = {.shown = STR_INIT("/two"),
                                     .hidden = STR_INIT("/"),
                                     .host = STR_INIT("a:5000"),
                                     .target = STR_INIT("b:1"),
                                     .sent = STR_INIT("api.example.com")};
static const struct relocate secure = {.shown = STR_INIT("/two"),
                                       .hidden = STR_INIT("/"),
                                       .host = STR_INIT("a"),
                                       .target = STR_INIT("b:1"),
                                       .secure = true};
static const struct relocate plain = {.host = STR_INIT("a:5000"),
                                      .target = STR_INIT("localhost:3000"),
                                      .sent = STR_INIT("localhost:3000")};
static const struct relocate local = {.shown = STR_INIT("/two"), .hidden = STR_INIT("/"), .host = STR_INIT("a:5000")};

static void uris(void **state) {
  static const struct {
    const struct relocate *how;
    const char *uri, *want; /* NULL: as it is */
  } rows[] = {
      {&two, "/x?q=/y#z", "/two/x?q=/y#z"},
      {&secure, "http://b:1/x", "https://a/two/x"},
      {&secure, "//b:1/x", "//a/two/x"},
      {&secure, "https://a:443/x", "https://a:443/two/x"},
      {&secure, "https://a/x", "https://a/two/x"},
      {&std, "http://a:80/x", "http://a:80/two/x"},
      {&std, "http://a:81/x", NULL},
      {&told, "http://api.example.com:1/x", "http://a:5000/two/x"}, /* as nginx makes it: the told name, its own port */
      {&told, "http://api.example.com:2/x", NULL},
      {&two, "/", "/two/"},
      {&two, "//a", NULL}, /* that is another host */
      {&root, "/app//evil.example", "/evil.example"},
      {&root, "/app/\\evil.example", "/evil.example"},
      {&root, "/app/\t/evil.example", "/evil.example"},
      {&root, "/app///", "/"},
      {&two, "https://localhost:3000/x", "http://shop.localhost:5000/two/x"},
      {&std, "https://b/x", NULL}, /* 443 is not its port */
      {&std, "http://b/x", "http://a/two/x"},
      {&told, "http://api.example.com/x", "http://a:5000/two/x"},
      {&told, "http://api.example.com:80/x", "http://a:5000/two/x"},
      {&told, "http://api.example.com:81/x", NULL},
      {&plain, "http://localhost:3000/x", "http://a:5000/x"},
      {&plain, "http://a:5000/x", NULL},
      {&plain, "/x", NULL},
      {&two, "", NULL},
      {&two, "x", NULL},
      {&two, "../x", NULL},
      {&two, "?q", NULL},
      {&two, "/two", NULL}, /* it knows where it is */
      {&two, "/two/x", NULL},
      {&two, "/two?x", NULL},
      {&two, "/twofold", "/two/twofold"},
      {&two, "http://shop.localhost:5000/x", "http://shop.localhost:5000/two/x"},
      {&two, "HTTPS://SHOP.localhost:5000/x", "HTTPS://SHOP.localhost:5000/two/x"},
      {&two, "//shop.localhost:5000/x", "//shop.localhost:5000/two/x"},
      {&two, "http://localhost:3000/x", "http://shop.localhost:5000/two/x"},
      {&two, "http://127.0.0.1:3000", "http://shop.localhost:5000/two"},
      {&two, "http://0.0.0.0:3000/", "http://shop.localhost:5000/two/"},
      {&two, "http://shop.localhost:3000/dir/", "http://shop.localhost:5000/two/dir/"},
      {&two, "//localhost:3000/x", "//shop.localhost:5000/two/x"},
      {&two, "http://localhost:3000?q", "http://shop.localhost:5000/two?q"},
      {&two, "http://localhost:3001/x", NULL},
      {&two, "http://shop.localhost/x", NULL},
      {&two, "http://localhost.evil:3000/x", NULL},
      {&two, "http://user@localhost:3000/x", NULL},
      {&two, "https://example.com/x", NULL},
      {&two, "mailto:a@b", NULL},
      {&two, "http:/x", NULL},
      {&two, "javascript:/x", NULL},
      {&api, "/v2/x", "/api/x"},
      {&api, "/v2", "/api"},
      {&api, "/v2?q", "/api?q"},
      {&api, "/v22/x", NULL},
      {&api, "/other", NULL}, /* no client gets there by this route */
      {&api, "/api/x", NULL},
      {&api, "http://10.0.0.7/v2/x", "http://a/api/x"},
      {&api, "http://10.0.0.7:80/v2/x", "http://a/api/x"},
      {&api, "http://10.0.0.7/x", NULL},
      {&root, "/app/x", "/x"},
      {&root, "/app", "/"},
      {&root, "/app?q", "/?q"},
      {&root, "/x", NULL},
      {&root, "http://[::1]:3000/app/x", "http://[::1]:5000/x"},
      {&deep, "/v2/x", "/v2/api/x"},
      {&deep, "/v2/api/x", NULL},
      {&longer, "/api/v2/x", "/api/x"},
      {&longer, "/api/x", NULL},
      {&exact, "/x", "/one"},
      {&exact, "/x?q", "/one?q"},
      {&exact, "/x/y", NULL},
      {&exact, "/x/", NULL},
      {&nameless, "/x", "/two/x"},
      {&nameless, "http://b:1/x", NULL},
      {&local, "http://a:5000/x", "http://a:5000/two/x"},
      {&local, "http://localhost/x", NULL},
  };
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct str uri = str_of(rows[i].uri), got = relocate_uri(rows[i].how, &arena, uri);
    if (!rows[i].want) {
      if (got.ptr != uri.ptr) fail_msg("'%s' became '%.*s'", rows[i].uri, STR_ARG(got));
      continue;
    }
    if (!str_eq(got, str_of(rows[i].want))) fail_msg("'%s' became '%.*s'", rows[i].uri, STR_ARG(got));
    /* What a client sees is not changed again. */
    if (rows[i].how == &two) assert_ptr_equal(relocate_uri(rows[i].how, &arena, got).ptr, got.ptr);
  }
}

static void refresh_fields(void **state) {
  static const struct {
    const char *value, *want;
  } rows[] = {
      {"5; url=/x", "5; url=/two/x"},
      {"0;URL='/x'", "0;URL='/two/x'"},
      {"5 ,  url = \"/x\"", "5 ,  url = \"/two/x\""},
      {"5", NULL},
      {"5; url", NULL},
      {"5; url=", NULL},
      {"5; url=https://example.com/", NULL},
      {"5; /x", "5; /two/x"}, /* HTML: what does not begin with url= is the address */
      {"5; 'url/x'", NULL},
      {"5; https://example.com/", NULL},
      {"", NULL},
  };
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct str got = relocate_refresh(&two, &arena, str_of(rows[i].value));
    assert_str(got, str_of(rows[i].want ? rows[i].want : rows[i].value));
  }
}

static void cookie_paths(void **state) {
  static const struct {
    const struct relocate *how;
    const char *value, *want;
  } rows[] = {
      {&two, "a=b; Path=/", "a=b; Path=/two"},
      {&two, "a=b; Path=/x/; HttpOnly", "a=b; Path=/two/x/; HttpOnly"},
      {&two, "a=b;path = /x ;Secure", "a=b;path = /two/x ;Secure"},
      {&two, "a=b", NULL},
      {&two, "path=/x", NULL}, /* that is the cookie */
      {&two, "a=b; Path=", NULL},
      {&two, "a=b; Path=x", NULL},
      {&two, "a=b; Pathology=/x", NULL},
      {&two, "__Host-a=b; Path=/; Secure", NULL},
      {&two, "a=b; Path=/two", NULL},
      {&two, "a=b; path=/x; Path=/y", "a=b; path=/x; Path=/two/y"}, /* the last one counts */
      {&api, "a=b; Path=/", NULL},                                  /* the whole host's, and so it stays */
      {&api, "a=b; Path=/v2", "a=b; Path=/api"},
      {&api, "a=b; Path=/v2/", "a=b; Path=/api"},
      {&root, "a=b; Path=/app/", "a=b; Path=/"},
      {&root, "a=b; Path=/app/x", "a=b; Path=/x"},
  };
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct str got = relocate_cookie(rows[i].how, &arena, str_of(rows[i].value));
    assert_str(got, str_of(rows[i].want ? rows[i].want : rows[i].value));
  }
}

static void which_fields(void **state) {
  (void)state;
  assert_str(relocate_field(&two, &arena, STR("location"), STR("/x")), STR("/two/x"));
  assert_str(relocate_field(&two, &arena, STR("Content-Location"), STR("/x")), STR("/two/x"));
  assert_str(relocate_field(&two, &arena, STR("REFRESH"), STR("0;url=/x")), STR("0;url=/two/x"));
  assert_str(relocate_field(&two, &arena, STR("Set-Cookie"), STR("a=b;path=/")), STR("a=b;path=/two"));
  assert_str(relocate_field(&two, &arena, STR("Link"), STR("/x")), STR("/x"));
}

static void without_memory_nothing_is_said(void **state) {
  (void)state;
  arena.max_bytes = arena.total_bytes;
  assert_null(relocate_uri(&two, &arena, STR("/x")).ptr);
  assert_null(relocate_uri(&two, &arena, STR("http://localhost:3000/x")).ptr);
  assert_null(relocate_refresh(&two, &arena, STR("0;url=/x")).ptr);
  assert_null(relocate_cookie(&two, &arena, STR("a=b;path=/")).ptr);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(uris, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refresh_fields, set_up, tear_down),
      cmocka_unit_test_setup_teardown(cookie_paths, set_up, tear_down),
      cmocka_unit_test_setup_teardown(which_fields, set_up, tear_down),
      cmocka_unit_test_setup_teardown(without_memory_nothing_is_said, set_up, tear_down),
  };
  return cmocka_run_group_tests_name("relocate", tests, NULL, NULL);
}
