#include "liteginx/base/utf8.h"

#include "unit.h"

static void characters_are_read(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t len;
    uint32_t character;
  } good[] = {
      {"a", 1, 'a'},
      {"\x7f", 1, 0x7f},
      {"\xc2\x80", 2, 0x80},
      {"éa", 2, 0xe9},
      {"\xdf\xbf", 2, 0x7ff},
      {"\xe0\xa0\x80", 3, 0x800},
      {"\xed\x9f\xbf", 3, 0xd7ff},
      {"\xee\x80\x80", 3, 0xe000},
      {"\xef\xbf\xbf", 3, 0xffff},
      {"\xf0\x90\x80\x80", 4, 0x10000},
      {"\xf0\x9f\x98\x80", 4, 0x1f600},
      {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
  };
  static const char *const bad[] = {
      "",                 /* nothing */
      "\x80",             /* goes on with nothing */
      "\xc0\x80",         /* overlong */
      "\xc1\xbf",         /* overlong */
      "\xe0\x9f\xbf",     /* overlong */
      "\xf0\x8f\xbf\xbf", /* overlong */
      "\xc3",             /* cut */
      "\xc3g",            /* cut */
      "\xe2\x82",         /* cut */
      "\xf0\x9f\x98g",    /* cut */
      "\xed\xa0\x80",     /* surrogate */
      "\xed\xbf\xbf",     /* surrogate */
      "\xf4\x90\x80\x80", /* too large */
      "\xf5\x80\x80\x80", /* too large */
      "\xff",             /* never */
  };
  for (size_t i = 0; i < UNIT_COUNT(good); i++) {
    uint32_t character = 0;
    assert_int_equal(utf8_read(str_of(good[i].text), &character), good[i].len);
    assert_int_equal(character, good[i].character);
    assert_true(utf8_valid(str_of(good[i].text)));
  }
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
    uint32_t character = 77;
    assert_int_equal(utf8_read(str_of(bad[i]), &character), 0);
    assert_int_equal(character, 77);
    assert_true(utf8_valid(str_of(bad[i])) == (i == 0));
  }
}

static void widths_are_those_of_a_terminal(void **state) {
  (void)state;
  static const struct {
    const char *character;
    unsigned width;
  } all[] = {{"a", 1},  {"é", 1},      {"…", 1},      {"→", 1},      {"日", 2}, {"한", 2},         {"😀", 2}, {"✅", 2},
             {"！", 2}, {"\u0301", 0}, {"\ufe0f", 0}, {"\u200d", 0}, {"ﬁ", 1},  {"\U000e0100", 0}, {"𠀀", 2}};
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    uint32_t character;
    assert_true(utf8_read(str_of(all[i].character), &character) > 0);
    if (utf8_width(character) != all[i].width) fail_msg("%s", all[i].character);
  }
}

static void a_text_is_valid_to_its_last_byte(void **state) {
  (void)state;
  assert_true(utf8_valid(STR("aé€😀")));
  assert_true(utf8_valid(STR("a\0b")));
  assert_false(utf8_valid(STR("a\xff"
                              "b")));
  assert_false(utf8_valid(str_upto(STR("a€"), 3)));
}

static void a_cut_spares_characters(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t len, kept;
  } rows[] = {
      {"abc", 5, 3},       {"abc", 3, 3},
      {"abc", 2, 2},       {"abc", 0, 0},
      {"aé", 2, 1},        {"aé", 3, 3},
      {"a€b", 2, 1},       {"a€b", 3, 1},
      {"a€b", 4, 4},       {"😀", 3, 0},
      {"x😀y", 4, 1},       {"x😀y", 5, 5},
      {"é\xa9\xa9", 3, 0}, {"\x80\x80\x80\x80\x80\x80", 5, 2},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    assert_int_equal(utf8_upto(str_of(rows[i].text), rows[i].len).len, rows[i].kept);
  }
}

static void bytes_that_go_on(void **state) {
  (void)state;
  unsigned count = 0;
  for (int byte = 0; byte < 256; byte++) count += utf8_continues((char)byte);
  assert_int_equal(count, 64);
  assert_true(utf8_continues('\x80') && utf8_continues('\xbf'));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(characters_are_read),     cmocka_unit_test(a_text_is_valid_to_its_last_byte),
      cmocka_unit_test(a_cut_spares_characters), cmocka_unit_test(widths_are_those_of_a_terminal),
      cmocka_unit_test(bytes_that_go_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
