#include "liteginx/http/request_target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>

struct row {
  const char *method, *target, *host, *second_host; /* NULL: no such field */
  unsigned minor;
  enum request_target_form form;
  const char *want_host, *want_path, *want_query;
};

static const struct row good[] = {
    {"GET", "/", "a", NULL, 1, FORM_ORIGIN, "a", "/", ""},
    {"GET", "/x/y?q=1", "a:80", NULL, 1, FORM_ORIGIN, "a:80", "/x/y", "?q=1"},
    {"GET", "/?", "a", NULL, 1, FORM_ORIGIN, "a", "/", "?"},
    {"GET", "//x?a?b", "a", NULL, 1, FORM_ORIGIN, "a", "//x", "?a?b"},
    {"GET", "/a[]\"<>\\^{|}`\xc3\xa4", "a", NULL, 1, FORM_ORIGIN, "a", "/a[]\"<>\\^{|}`\xc3\xa4", ""},
    {"GET", "/%zz", "a", NULL, 1, FORM_ORIGIN, "a", "/%zz", ""},
    {"GET", "/", "a:", NULL, 1, FORM_ORIGIN, "a", "/", ""},
    {"GET", "/", "[::1]:", NULL, 0, FORM_ORIGIN, "[::1]", "/", ""},
    {"GET", "/", NULL, NULL, 0, FORM_ORIGIN, NULL, "/", ""},
    {"GET", "/", "a", NULL, 0, FORM_ORIGIN, "a", "/", ""},
    {"GET", "http://b/x?y", "a", NULL, 1, FORM_ABSOLUTE, "b", "/x", "?y"},
    {"GET", "HTTP://b:81", "a", NULL, 1, FORM_ABSOLUTE, "b:81", "/", ""},
    {"GET", "http://b:/x", "a", NULL, 1, FORM_ABSOLUTE, "b", "/x", ""},
    {"GET", "http://[::1]:?y", "a:", NULL, 1, FORM_ABSOLUTE, "[::1]", "/", "?y"},
    {"OPTIONS", "http://b:", "a", NULL, 1, FORM_ASTERISK, "b", "*", ""},
    {"GET", "http://b?x/y", "a", NULL, 1, FORM_ABSOLUTE, "b", "/", "?x/y"},
    {"GET", "http://[::1]:5000/", "a", NULL, 1, FORM_ABSOLUTE, "[::1]:5000", "/", ""},
    {"GET", "http://b/x@y", NULL, NULL, 0, FORM_ABSOLUTE, "b", "/x@y", ""},
    {"OPTIONS", "*", "a", NULL, 1, FORM_ASTERISK, "a", "*", ""},
    {"OPTIONS", "http://b", "a", NULL, 1, FORM_ASTERISK, "b", "*", ""},
    {"OPTIONS", "http://b/", "a", NULL, 1, FORM_ABSOLUTE, "b", "/", ""},
    {"OPTIONS", "http://b?x", "a", NULL, 1, FORM_ABSOLUTE, "b", "/", "?x"},
    {"OPTIONS", "/x", "a", NULL, 1, FORM_ORIGIN, "a", "/x", ""},
};

static const struct {
  const char *method, *target, *host, *second_host;
  unsigned minor;
  const char *cause;
} bad[] = {
    {.method = "GET", .target = "/", .minor = 1, .cause = "no-host"},
    {.method = "GET", .target = "/", .host = "a", .second_host = "a", .minor = 1, .cause = "two-hosts"},
    {.method = "GET", .target = "/", .host = "a", .second_host = "b", .minor = 0, .cause = "two-hosts"},
    {.method = "GET", .target = "/", .host = "", .minor = 1, .cause = "bad-host"},
    {.method = "GET", .target = "/", .host = "", .minor = 0, .cause = "bad-host"},
    {.method = "GET", .target = "/", .host = "a b", .minor = 1, .cause = "bad-host"},
    {.method = "GET", .target = "/", .host = "a/", .minor = 0, .cause = "bad-host"},
    {.method = "GET", .target = "http://b/", .minor = 1, .cause = "no-host"},
    {.method = "GET", .target = "http://b/", .host = "a/b", .minor = 1, .cause = "bad-host"},
    {.method = "GET", .target = "x", .host = "a", .minor = 1, .cause = "bad-target"},
    {.method = "GET", .target = "?x", .host = "a", .minor = 1, .cause = "bad-target"},
    {.method = "GET", .target = "*", .host = "a", .minor = 1, .cause = "asterisk"},
    {.method = "options", .target = "*", .host = "a", .minor = 1, .cause = "asterisk"},
    {.method = "OPTIONS", .target = "*?x", .host = "a", .minor = 1, .cause = "bad-target"},
    {.method = "GET", .target = "/#x", .host = "a", .minor = 1, .cause = "fragment"},
    {.method = "GET", .target = "/?#", .host = "a", .minor = 1, .cause = "fragment"},
    {.method = "GET", .target = "http://b#", .host = "a", .minor = 1, .cause = "fragment"},
    {.method = "GET", .target = "ftp://b/", .host = "a", .minor = 1, .cause = "bad-target"},
    {.method = "GET", .target = "ftp://b/", .host = "a", .minor = 1, .cause = "bad-target"},
    {.method = "GET", .target = "http:/b/", .host = "a", .minor = 1, .cause = "bad-target"},
    {.method = "GET", .target = "http://", .host = "a", .minor = 1, .cause = "bad-target-host"},
    {.method = "GET", .target = "http:///x", .host = "a", .minor = 1, .cause = "bad-target-host"},
    {.method = "GET", .target = "http://:80/", .host = "a", .minor = 1, .cause = "bad-target-host"},
    {.method = "GET", .target = "http://:/", .host = "a", .minor = 1, .cause = "bad-target-host"},
    {.method = "GET", .target = "http://b::/", .host = "a", .minor = 1, .cause = "bad-target-host"},
    {.method = "GET", .target = "http://u@b/", .host = "a", .minor = 1, .cause = "user-info"},
    {.method = "GET", .target = "http://u:p@b/", .host = "a", .minor = 1, .cause = "user-info"},
    {.method = "GET", .target = "http://b:x/", .host = "a", .minor = 1, .cause = "bad-target-host"},
    {.method = "GET", .target = "b:443", .host = "a", .minor = 1, .cause = "bad-target"},
};

static enum cause parse(const struct row *row, struct arena *arena, struct request_target *parts) {
  struct head head;
  head_init(&head, arena);
  head.method = str_of(row->method);
  head.request_target = str_of(row->target);
  head.minor = row->minor;
  assert_true(head_add(&head, STR("Accept"), STR("*/*")));
  if (row->host) assert_true(head_add(&head, STR("Host"), str_of(row->host)));
  assert_true(head_add(&head, STR("X"), STR("y")));
  if (row->second_host) assert_true(head_add(&head, STR("hOST"), str_of(row->second_host)));
  struct str what;
  return request_target_parse(&head, parts, &what);
}

static void forms_are_split(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, 1 << 20);
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    const struct row *row = &good[i];
    struct request_target parts;
    if (parse(row, &arena, &parts) != CAUSE_NONE) fail_msg("refused: %s %s", row->method, row->target);
    if (parts.form != row->form) fail_msg("form of %s %s: %d", row->method, row->target, parts.form);
    if (!str_eq(parts.host, str_of(row->want_host))) fail_msg("host of %s: %.*s", row->target, STR_ARG(parts.host));
    assert_int_equal(parts.host.ptr == NULL, row->want_host == NULL);
    if (!str_eq(parts.path, str_of(row->want_path))) fail_msg("path of %s: %.*s", row->target, STR_ARG(parts.path));
    if (!str_eq(parts.query, str_of(row->want_query))) fail_msg("query of %s: %.*s", row->target, STR_ARG(parts.query));
  }
  arena_reset(&arena);
}

static void what_is_none_of_them_is_refused(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, 1 << 20);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct request_target parts;
    const struct row row = {.method = bad[i].method,
                            .target = bad[i].target,
                            .host = bad[i].host,
                            .second_host = bad[i].second_host,
                            .minor = bad[i].minor};
    enum cause cause = parse(&row, &arena, &parts);
    if (strcmp(cause_label(cause), bad[i].cause) != 0) {
      fail_msg("%s: %s %s, Host %s", cause_label(cause), bad[i].method, bad[i].target,
               bad[i].host ? bad[i].host : "(none)");
    }
  }
  arena_reset(&arena);
}

static const char *const good_hosts[] = {"a",
                                         "A.example",
                                         "a-b_c.localhost",
                                         "127.0.0.1",
                                         "127.0.0.1:80",
                                         "1",
                                         "a:0",
                                         "a:65535",
                                         "a:00080",
                                         "a:",
                                         "[::1]:",
                                         "%41b",
                                         "a!$&'()*+,;=~",
                                         "[::]",
                                         "[::1]",
                                         "[::1]:80",
                                         "[1::]",
                                         "[2001:db8::1]",
                                         "[1:2:3:4:5:6:7:8]",
                                         "[1:2:3:4:5:6:7::]",
                                         "[::ffff:1.2.3.4]",
                                         "[1:2:3:4:5:6:1.2.3.4]",
                                         "[FE80::aBcD]",
                                         "a."};

static const char *const bad_hosts[] = {"",
                                        ":",
                                        ":80",
                                        "a::",
                                        "a:80:",
                                        "a:x",
                                        "a:-1",
                                        "a:+1",
                                        "a:65536",
                                        "a:000080",
                                        "a:1:2",
                                        "a b",
                                        "a/b",
                                        "a?b",
                                        "a#b",
                                        "a@b",
                                        "a\\b",
                                        "a\"b",
                                        "a<b",
                                        "\xc3\xa4",
                                        "%4",
                                        "%",
                                        "%4g",
                                        "a%",
                                        "[",
                                        "]",
                                        "[]",
                                        "[:]",
                                        "[:::]",
                                        "[1]",
                                        "[::1",
                                        "::1",
                                        "[::1]x",
                                        "[::1]::",
                                        "[::1]:x",
                                        "[::1]80",
                                        "[1::2::3]",
                                        "[1:2:3:4:5:6:7]",
                                        "[1:2:3:4:5:6:7:8:9]",
                                        "[1:2:3:4:5:6:7:8::]",
                                        "[12345::]",
                                        "[g::]",
                                        "[:1::]",
                                        "[1:]",
                                        "[::1.2.3]",
                                        "[::1.2.3.256]",
                                        "[::1.2.3.4.5]",
                                        "[::01.2.3.4]",
                                        "[1.2.3.4]",
                                        "[::1.2.3.4:5]",
                                        "[fe80::1%25eth0]",
                                        "[fe80::1%eth0]",
                                        "[v1.x]",
                                        "[[::1]]",
                                        "a[::1]",
                                        "a\x7f",
                                        "a\x01",
                                        "a\t"};

static void hosts_are_checked(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof good_hosts / sizeof *good_hosts; i++) {
    if (!request_target_valid_host(str_of(good_hosts[i]))) fail_msg("refused: %s", good_hosts[i]);
  }
  for (size_t i = 0; i < sizeof bad_hosts / sizeof *bad_hosts; i++) {
    if (request_target_valid_host(str_of(bad_hosts[i]))) fail_msg("passed: %s", bad_hosts[i]);
  }
  assert_false(request_target_valid_host(str_make("a\0b", 3)));
}

static void the_port_is_cut_off(void **state) {
  (void)state;
  static const struct {
    const char *host, *name;
  } rows[] = {{"a", "a"}, {"a:80", "a"}, {"[::1]", "[::1]"}, {"[::1]:80", "[::1]"}, {"", ""}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_true(str_eq(request_target_host_name(str_of(rows[i].host)), str_of(rows[i].name)));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(forms_are_split),
      cmocka_unit_test(what_is_none_of_them_is_refused),
      cmocka_unit_test(hosts_are_checked),
      cmocka_unit_test(the_port_is_cut_off),
  };
  return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
