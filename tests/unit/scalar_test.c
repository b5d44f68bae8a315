/* The small languages of single values. */
#include "liteginx/config/scalar.h"

#include "with_arena.h"

static void test_durations(void **state) {
  (void)state;
  static const struct {
    const char *text;
    uint64_t milliseconds;
  } good[] = {
      {"0s", 0},        {"10s", 10000},           {"500ms", 500},         {"1m30s", 90000},
      {"1h", 3600000},  {"1m5ms", 60005},         {"1ms1ms1ms1ms", 4},    {"00001s", 1000},
      {"5s3m", 185000}, {"99999h", 359996400000}, {"1h2m3s4ms", 3723004},
  };
  static const char *const bad[] = {"",       "10",   "s",    "10 s", "1.5s",  "-1s",        "+1s",
                                    "10S",    "1sec", "1d",   "ms",   "s1",    "1s1s1s1s1s", "100000s",
                                    "1m 30s", "10s ", " 10s", "10s1", "never", "∞",          "000001s"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    uint64_t value = 1;
    assert_true(scalar_duration(str_of(good[i].text), &value));
    assert_int_equal(value, good[i].milliseconds);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    uint64_t value = 77;
    if (scalar_duration(str_of(bad[i]), &value)) fail_msg("accepted: %s", bad[i]);
    assert_int_equal(value, 77);
  }
}

static void test_sizes(void **state) {
  (void)state;
  static const struct {
    const char *text;
    uint64_t bytes;
  } good[] = {
      {"0", 0},           {"1", 1},    {"64KiB", 65536},
      {"16MiB", 1 << 24}, {"7B", 7},   {"2GiB", UINT64_C(2) << 30},
      {"0007", 7},        {"0GiB", 0}, {"9223372036854775807", INT64_MAX},
  };
  static const char *const bad[] = {"",
                                    "KiB",
                                    "64K",
                                    "64KB",
                                    "64kib",
                                    "-1",
                                    "1.5MiB",
                                    "1 KiB",
                                    "0x10",
                                    "1TiB",
                                    "9223372036854775808",
                                    "8589934592GiB"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    uint64_t value = 1;
    assert_true(scalar_size(str_of(good[i].text), &value));
    assert_int_equal(value, good[i].bytes);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    uint64_t value;
    if (scalar_size(str_of(bad[i]), &value)) fail_msg("accepted: %s", bad[i]);
  }
}

static void test_numbers_and_bools(void **state) {
  (void)state;
  unsigned number = 7;
  bool value = false;
  assert_true(scalar_number(STR("65535"), 1, 65535, &number) && number == 65535);
  assert_true(scalar_number(STR("1"), 1, 65535, &number) && number == 1);
  assert_false(scalar_number(STR("0"), 1, 65535, &number));
  assert_false(scalar_number(STR("65536"), 1, 65535, &number));
  assert_false(scalar_number(STR("80x"), 1, 65535, &number));
  assert_false(scalar_number(STR("80.5"), 1, 65535, &number));
  assert_false(scalar_number(STR("99999999999999999999"), 0, 65535, &number));
  assert_int_equal(number, 1);
  assert_true(scalar_bool(STR("True"), &value) && value);
  assert_true(scalar_bool(STR("false"), &value) && !value);
  assert_false(scalar_bool(STR("yes"), &value));
}

static void test_addresses(void **state) {
  (void)state;
  static const struct {
    const char *text;
    unsigned family;
    unsigned char bytes[16];
  } good[] = {
      {"127.0.0.1", 4, {127, 0, 0, 1}},
      {"0.0.0.0", 4, {0}},
      {"255.255.255.255", 4, {255, 255, 255, 255}},
      {"::", 6, {0}},
      {"::1", 6, {[15] = 1}},
      {"1::", 6, {0, 1}},
      {"fe80::A:b", 6, {0xfe, 0x80, [13] = 0xa, [15] = 0xb}},
      {"1:2:3:4:5:6:7:8", 6, {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}},
      {"1:2:3:4:5:6:7::", 6, {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7}},
      {"::2:3:4:5:6:7:8", 6, {0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}},
      {"64:ff9b::1.2.3.4", 6, {0, 0x64, 0xff, 0x9b, [12] = 1, 2, 3, 4}},
      {"::ffff:1.2.3.4", 4, {1, 2, 3, 4}},
      {"1:2:3:4:5:6:7.8.9.1", 6, {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 7, 8, 9, 1}},
  };
  static const char *const bad[] = {"",
                                    "1",
                                    "1.2.3",
                                    "1.2.3.4.5",
                                    "1.2.3.256",
                                    "01.2.3.4",
                                    "1.2.3.",
                                    "1..2.3",
                                    ".1.2.3",
                                    "1.2.3.4 ",
                                    "a.b.c.d",
                                    ":",
                                    ":::",
                                    "1:2",
                                    "1::2::3",
                                    "12345::",
                                    "::g",
                                    "1:2:3:4:5:6:7:8:9",
                                    "1:2:3:4:5:6:7:8::",
                                    "1:2:3:4::5:6:7:8",
                                    "1.2.3.4::",
                                    "::1.2.3",
                                    "::1.2.3.4:5",
                                    "[::1]",
                                    "::1%lo",
                                    ":1:2:3:4:5:6:7",
                                    "1:2:3:4:5:6:7:",
                                    "::1.2.3.4.5"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    struct config_network got;
    if (!scalar_address(str_of(good[i].text), &got)) fail_msg("refused: %s", good[i].text);
    assert_int_equal(got.family, good[i].family);
    assert_int_equal(got.bits, got.family == 4 ? 32 : 128);
    assert_memory_equal(got.bytes, good[i].bytes, 16);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct config_network got;
    if (scalar_address(str_of(bad[i]), &got)) fail_msg("accepted: %s", bad[i]);
  }
}

static void test_networks(void **state) {
  (void)state;
  struct config_network got;
  assert_true(scalar_network(STR("10.0.0.0/8"), &got));
  assert_int_equal(got.bits, 8);
  assert_false(scalar_network_mask(&got));
  assert_true(scalar_network(STR("10.1.2.3/20"), &got));
  assert_true(scalar_network_mask(&got));
  assert_memory_equal(got.bytes, ((unsigned char[16]){10, 1, 0, 0}), 16);
  assert_true(scalar_network(STR("fd00::/7"), &got) && got.family == 6 && got.bits == 7);
  assert_true(scalar_network_mask(&got));
  assert_int_equal(got.bytes[0], 0xfc);
  assert_true(scalar_network(STR("::1"), &got) && got.bits == 128);
  assert_true(scalar_network(STR("unix:"), &got) && got.family == 1 && got.bits == 0 && !scalar_network_mask(&got));
  assert_true(scalar_network(STR("0.0.0.0/0"), &got) && got.bits == 0);
  assert_true(scalar_network(STR("::ffff:10.0.0.0/104"), &got) && got.family == 4 && got.bits == 8);
  static const char *const bad[] = {"10.0.0.0/33", "10.0.0.0/",         "/8",  "10.0.0.0/8/8", "::/129", "10.0.0.0/-1",
                                    "localhost",   "::ffff:10.0.0.0/8", "10/8"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (scalar_network(str_of(bad[i]), &got)) fail_msg("accepted: %s", bad[i]);
  }
}

static void test_listen(void **state) {
  (void)state;
  struct config_address got;
  assert_true(scalar_listen(STR("5000"), SCOPE_LOOPBACK, &got));
  assert_int_equal(got.scope, SCOPE_LOOPBACK);
  assert_int_equal(got.port, 5000);
  assert_str(got.text, STR("5000"));
  assert_true(scalar_listen(STR("0"), SCOPE_ALL, &got) && got.scope == SCOPE_ALL && got.port == 0);
  assert_true(scalar_listen(STR("*:80"), SCOPE_LOOPBACK, &got) && got.scope == SCOPE_ALL && got.port == 80);
  assert_true(scalar_listen(STR("1.2.3.4:65535"), SCOPE_ALL, &got) && got.scope == SCOPE_IPV4 && got.port == 65535);
  assert_memory_equal(got.bytes, ((unsigned char[16]){1, 2, 3, 4}), 16);
  assert_true(scalar_listen(STR("[::1]:443"), SCOPE_ALL, &got) && got.scope == SCOPE_IPV6 && got.port == 443);
  assert_int_equal(got.bytes[15], 1);
  assert_true(scalar_listen(STR("[::ffff:1.2.3.4]:1"), SCOPE_ALL, &got) && got.scope == SCOPE_IPV4);
  assert_true(scalar_listen(STR("unix:./x y.sock"), SCOPE_ALL, &got) && got.scope == SCOPE_LOCAL && got.port == 0);
  assert_str(got.path, STR("./x y.sock"));
  assert_str(got.text, STR("unix:./x y.sock"));
  static const char *const bad[] = {"",        "65536",         "-1",           "80x",     ":80",      "*:",
                                    "*",       "[*]:80",        "[1.2.3.4]:80", "::1:80",  "::1",      "[::1]",
                                    "[::1]80", "[::1:80",       "localhost:80", "1.2.3.4", "1.2.3:80", "[]:80",
                                    "*:80:80", "1.2.3.4:80:80", "http://*:80",  " 80",     "80 "};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (scalar_listen(str_of(bad[i]), SCOPE_ALL, &got)) fail_msg("accepted: %s", bad[i]);
  }
}

static void test_socket_paths(void **state) {
  (void)state;
  static const struct {
    const char *file, *text, *path;
  } all[] = {
      {"a.yaml", "x.sock", "x.sock"},
      {"a.yaml", "./x.sock", "x.sock"},
      {"<stdin>", "./x.sock", "x.sock"},
      {"", "x.sock", "x.sock"},
      {"./conf.d/a.yaml", "./x.sock", "conf.d/x.sock"},
      {"/etc/liteginx/a.yaml", "./x.sock", "/etc/liteginx/x.sock"},
      {"/a.yaml", "x.sock", "/x.sock"},
      {"/etc/a.yaml", "/run/x.sock", "/run/x.sock"},
      {"/etc/a.yaml", "///run//./x.sock", "/run/x.sock"},
      {"conf/a.yaml", "../run/x.sock", "conf/../run/x.sock"},
      {"a/a.yaml", "x y/é.sock", "a/x y/é.sock"},
      {"a/a.yaml", "@x", "a/@x"},
      {"a:/a.yaml", "x", "a:/x"},
      {"a.yaml", "b:/./c:/x", "b:/c:/x"},
      {"/a:/a.yaml", "x", "/a:/x"},
      /* no file */
      {"a/a.yaml", "", ""},
      {"a/a.yaml", "/", "/"},
      {"a/a.yaml", "./", "a/"},
      {"a/a.yaml", ".", "a/"},
      {"a/a.yaml", "..", "a/../"},
      {"a/a.yaml", "x/", "a/x/"},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    struct str path = scalar_path(&arena, str_of(all[i].file), str_of(all[i].text));
    assert_str(path, str_of(all[i].path));
  }
}

static void test_socket_paths_to_compare(void **state) {
  (void)state;
  static const char *const all[][2] = {
      {"x.sock", "x.sock"},
      {"a/../x.sock", "x.sock"},
      {"a/b/../../x.sock", "x.sock"},
      {"a/../../x.sock", "../x.sock"},
      {"../x", "../x"},
      {"../../x", "../../x"},
      {"../a/../../x", "../../x"},
      {"/a/../x", "/x"},
      {"/../x", "/x"},
      {"/a/../../../x", "/x"},
      {"/a/b/../c", "/a/c"},
      {"a/..x", "a/..x"},
      {"a/b../x", "a/b../x"},
      {"a/b../../x", "a/x"},
      {".../../x", "x"},
      {"./a//x", "a/x"},
      {"", ""},
      {"/", "/"},
      {"a/..", ""},
      {"/a/..", "/"},
      {"..", ".."},
      {"a/./../b", "b"},
      {"é/../ü x", "ü x"},
      {"a/", "a"},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    assert_str(scalar_socket_normal(&arena, str_of(all[i][0])), str_of(all[i][1]));
  }
}

static void test_target_hosts(void **state) {
  (void)state;
  static const char *const good[][2] = {
      {"localhost", "localhost"},
      {"LocalHost", "localhost"},
      {"a-b.c_d.example", "a-b.c_d.example"},
      {"127.0.0.1", "127.0.0.1"},
      {"::1", "::1"},
      {"[::1]", "::1"},
      {"FE80::A", "fe80::a"},
      {"3com.example", "3com.example"},
      {"a1", "a1"},
      {"1.2.3.4a", "1.2.3.4a"},
  };
  static const char *const bad[] = {"",          ".",        "a.",  "a..b",      "-a",    "a-",   "a b",
                                    "host:80",   "http://a", "a/b", "*.a",       "1.2.3", "8080", "1.2.3.4.5",
                                    "é.example", "[::1",     "[a]", "256.0.0.1", "a.1"};
  struct str host;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    if (!scalar_target_host(&arena, str_of(good[i][0]), &host)) fail_msg("refused: %s", good[i][0]);
    assert_str(host, str_of(good[i][1]));
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (scalar_target_host(&arena, str_of(bad[i]), &host)) fail_msg("accepted: %s", bad[i]);
  }
  char longest[300];
  memset(longest, 'a', sizeof longest);
  assert_true(scalar_target_host(&arena, str_make(longest, 63), &host));
  assert_false(scalar_target_host(&arena, str_make(longest, 64), &host));
  for (size_t i = 1; i < sizeof longest; i += 2) longest[i] = '.';
  assert_true(scalar_target_host(&arena, str_make(longest, 253), &host));
  assert_false(scalar_target_host(&arena, str_make(longest, 255), &host));
}

static void test_route_hosts(void **state) {
  (void)state;
  static const char *const good[][2] = {
      {"Shop.localhost", "shop.localhost"},
      {"*.LOCALHOST", "*.localhost"},
      {"shop.localhost:5000", "shop.localhost"},
      {"*.a.b:1", "*.a.b"},
      {"[::1]:5000", "[::1]"},
      {"[::1]", "[::1]"},
      {"127.0.0.1:80", "127.0.0.1"},
  };
  static const char *const bad[] = {"",      "*",         "*.",          "*a.b",          "a.*.b",         "*.*.a",
                                    "a:b",   "a:65536",   "::1",         "http://a",      "*.1.2.3.4",     "a:",
                                    "a:b:c", "a:1:2",     "http://a:80", "http://a:80/b", "https://a:443", "a:80/b",
                                    "a/b",   "[::1]:1:2", "[::1]a",      "[::1",          "u@a:1",         "a:1:"};
  struct str host;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    if (!scalar_route_host(&arena, str_of(good[i][0]), &host)) fail_msg("refused: %s", good[i][0]);
    assert_str(host, str_of(good[i][1]));
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (scalar_route_host(&arena, str_of(bad[i]), &host)) fail_msg("accepted: %s", bad[i]);
  }
}

static void test_targets(void **state) {
  (void)state;
  static const struct {
    const char *text;
    enum scalar_target_form form;
    const char *scheme, *host, *port, *path;
  } all[] = {
      {"a:1", TARGET_PLAIN, "", "a", "1", ""},
      {"a:", TARGET_NO_PORT, "", "a", "", ""},
      {"a", TARGET_NO_PORT, "", "a", "", ""},
      {"tcp://a", TARGET_NO_PORT, "tcp", "a", "", ""},
      {"1", TARGET_PLAIN, "", "localhost", "1", ""},
      {":1", TARGET_PLAIN, "", "localhost", "1", ""},
      {":", TARGET_NO_PORT, "", "", "", ""},
      {"1.2.3.4", TARGET_NO_PORT, "", "1.2.3.4", "", ""},
      {"http://1", TARGET_PLAIN, "http", "1", "80", ""},
      {"http://a/", TARGET_PLAIN, "http", "a", "80", "/"},
      {"a:1/", TARGET_PLAIN, "", "a", "1", "/"},
      {"a:1/b:2", TARGET_PATH, "", "a", "1", "/b:2"},
      {"http://a/b", TARGET_PATH, "http", "a", "80", "/b"},
      {"https://a:1/b", TARGET_SECURE, "https", "a", "1", "/b"},
      {"https://a", TARGET_SECURE, "https", "a", "", ""},
      {"fcgi://a:1", TARGET_SCHEME, "fcgi", "a", "1", ""},
      {"[::1]:1", TARGET_PLAIN, "", "::1", "1", ""},
      {"[::1]", TARGET_NO_PORT, "", "::1", "", ""},
      {"::1", TARGET_BRACKETS, "", "::1", "", ""},
      {"::1:3000", TARGET_BRACKETS, "", "::1:3000", "", ""},
      {"a:b:1", TARGET_COLONS, "", "a", "b:1", ""},
      {"http://a:1:2/b", TARGET_COLONS, "http", "a", "1:2", "/b"},
      {"[::1", TARGET_NO_PORT, "", "[::1", "", ""},
      {"u:p@a:1", TARGET_USER, "", "a", "1", ""},
      {"http://u@a/b", TARGET_USER, "http", "a", "80", "/b"},
      {"https://u@a", TARGET_SECURE, "https", "a", "", ""},
      {"//a:1/b", TARGET_SCHEME, "", "a", "1", "/b"},
      {"://a:1/b", TARGET_SCHEME, "", "a", "1", "/b"},
      {"a:1?", TARGET_PATH, "", "a", "1", "?"},
      {"a:1#", TARGET_PATH, "", "a", "1", "#"},
      {"a:1?b", TARGET_PATH, "", "a", "1", "?b"},
      {"a:1#b", TARGET_PATH, "", "a", "1", "#b"},
      {"a:1$uri", TARGET_PATH, "", "a", "1", "$uri"},
      {"a:$port", TARGET_PLAIN, "", "a", "$port", ""},
      {"a:1,b:2", TARGET_WORDS, "", "", "", ""},
      {"a:1;", TARGET_WORDS, "", "", "", ""},
      {"a:x", TARGET_PLAIN, "", "a", "x", ""},
      {"", TARGET_WORDS, "", "", "", ""},
      {"a b:1", TARGET_WORDS, "", "", "", ""},
      {"unix:/a", TARGET_SOCKET, "", "", "", "/a"},
      {"unix:./a b.sock", TARGET_SOCKET, "", "", "", "./a b.sock"},
      {"unix:", TARGET_SOCKET, "", "", "", ""},
      {"/a", TARGET_BARE_PATH, "", "", "", ""},
      {"./a", TARGET_BARE_PATH, "", "", "", ""},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    struct scalar_target target;
    enum scalar_target_form form = scalar_split_target(str_of(all[i].text), &target);
    if (form != all[i].form) fail_msg("%s is %d", all[i].text, form);
    assert_str(target.scheme, str_of(all[i].scheme));
    assert_str(target.host, str_of(all[i].host));
    assert_str(target.port, str_of(all[i].port));
    assert_str(target.path, str_of(all[i].path));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_durations),
      cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_numbers_and_bools),
      cmocka_unit_test(test_addresses),
      cmocka_unit_test(test_networks),
      cmocka_unit_test(test_listen),
      cmocka_unit_test(test_targets),
      cmocka_unit_test(test_socket_paths),
      cmocka_unit_test(test_socket_paths_to_compare),
      cmocka_unit_test(test_target_hosts),
      cmocka_unit_test(test_route_hosts),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
