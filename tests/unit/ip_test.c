#include "liteginx/base/ip.h"

#include "unit.h"

static void four_numbers(void **state) {
  (void)state;
  static const struct {
    const char *text;
    unsigned char bytes[4];
  } good[] = {
      {"0.0.0.0", {0, 0, 0, 0}},
      {"127.0.0.1", {127, 0, 0, 1}},
      {"255.255.255.255", {255, 255, 255, 255}},
  };
  static const char *const bad[] = {
      "",          "1",        "1.2.3",    "1.2.3.",   "1.2.3.4.", ".1.2.3",    "1..2.3",    "1.2.3.4.5",
      "256.0.0.1", "01.2.3.4", "1.2.3.00", "1.2.3.4 ", "+1.2.3.4", "0x1.2.3.4", "1.2.3.4/8", "::1",
  };
  unsigned char bytes[4];
  for (size_t i = 0; i < UNIT_COUNT(good); i++) {
    assert_true(ip_read_v4(str_of(good[i].text), bytes));
    assert_memory_equal(bytes, good[i].bytes, sizeof bytes);
  }
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
    if (ip_read_v4(str_of(bad[i]), bytes)) fail_msg("accepted: %s", bad[i]);
  }
  assert_false(ip_read_v4(str_make(NULL, 0), bytes));
}

static void eight_groups(void **state) {
  (void)state;
  static const struct {
    const char *text;
    unsigned char bytes[16];
  } good[] = {
      {"::", {0}},
      {"::1", {[15] = 1}},
      {"1::", {[1] = 1}},
      {"0:0:0:0:0:0:0:1", {[15] = 1}},
      {"2001:DB8::ff:a", {0x20, 0x01, 0x0d, 0xb8, [13] = 0xff, [15] = 0x0a}},
      {"1:2:3:4:5:6:7::", {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0}},
      {"::2:3:4:5:6:7:8", {0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}},
      {"::ffff:1.2.3.4", {[10] = 0xff, 0xff, 1, 2, 3, 4}},
      {"1:2:3:4:5:6:1.2.3.4", {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4}},
  };
  static const char *const bad[] = {
      "",
      ":",
      ":::",
      "1",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::",
      "::1::",
      "1:::2",
      ":1::",
      "::1:",
      "12345::",
      "g::",
      "::1%lo",
      "[::1]",
      "::1/128",
      "::1.2.3",
      "1.2.3.4",
      "1.2.3.4::",
      "::1.2.3.4:5",
      "::01.2.3.4",
      "::-1",
      "1::2::3",
      "::1.2.3.256",
      "1:2:3:4:5:6:7:1.2.3.4",
      "1::2:3:4:5:6:7:8",
  };
  unsigned char bytes[16];
  for (size_t i = 0; i < UNIT_COUNT(good); i++) {
    if (!ip_read_v6(str_of(good[i].text), bytes)) fail_msg("refused: %s", good[i].text);
    assert_memory_equal(bytes, good[i].bytes, sizeof bytes);
  }
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
    if (ip_read_v6(str_of(bad[i]), bytes)) fail_msg("accepted: %s", bad[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(four_numbers),
      cmocka_unit_test(eight_groups),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
