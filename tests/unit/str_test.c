#include "liteginx/base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>

static const char *text(struct str s) {
  static char copy[64];
  assert_true(s.len < sizeof copy);
  if (s.len) memcpy(copy, s.ptr, s.len);
  copy[s.len] = 0;
  return copy;
}

static void slices_compare(void **state) {
  (void)state;
  static const struct {
    const char *a, *b;
    bool same, same_nocase;
    int order;
  } pairs[] = {
      {"", "", true, true, 0},        {"a", "a", true, true, 0},    {"a", "A", false, true, 1},
      {"a", "ab", false, false, -1},  {"ab", "a", false, false, 1}, {"ab", "b", false, false, -1},
      {"[z{", "[Z{", false, true, 1}, {"[", "{", false, false, -1}, {"", "a", false, false, -1},
      {"\xc3", "a", false, false, 1}, {"@", "`", false, false, -1}, {"\xc3", "\xe3", false, false, -1},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    struct str a = str_of(pairs[i].a), b = str_of(pairs[i].b);
    int order = str_compare(a, b);
    assert_int_equal(str_eq(a, b), pairs[i].same);
    assert_int_equal(str_eq_nocase(a, b), pairs[i].same_nocase);
    assert_int_equal((order > 0) - (order < 0), pairs[i].order);
  }
  assert_true(str_eq(str_of(NULL), STR("")));
}

static void ends_are_found(void **state) {
  (void)state;
  struct str s = STR("abc");
  assert_true(str_starts_with(s, STR("")));
  assert_true(str_starts_with(s, STR("ab")));
  assert_true(str_starts_with(s, s));
  assert_false(str_starts_with(s, STR("abcd")));
  assert_false(str_starts_with(s, STR("b")));
  assert_true(str_ends_with(s, STR("")));
  assert_true(str_ends_with(s, STR("bc")));
  assert_true(str_ends_with(s, s));
  assert_false(str_ends_with(s, STR("xabc")));
  assert_false(str_ends_with(s, STR("b")));
  assert_false(str_ends_with(STR(""), STR("b")));
}

static void parts_stay_inside(void **state) {
  (void)state;
  struct str s = STR("abc");
  assert_string_equal(text(str_from(s, 1)), "bc");
  assert_string_equal(text(str_from(s, 3)), "");
  assert_string_equal(text(str_from(s, 9)), "");
  assert_ptr_equal(str_from(s, 9).ptr, s.ptr + 3);
  assert_null(str_from(str_of(NULL), 1).ptr);
  assert_string_equal(text(str_upto(s, 2)), "ab");
  assert_string_equal(text(str_upto(s, 9)), "abc");
  assert_int_equal(str_find(s, 'c'), 2);
  assert_int_equal(str_find(s, 'x'), 3);
  assert_int_equal(str_find(str_upto(s, 2), 'c'), 2);
  assert_int_equal(str_find(str_of(NULL), 'x'), 0);
}

static void only_spaces_and_tabs_are_trimmed(void **state) {
  (void)state;
  static const char *const pairs[][2] = {{"", ""},    {" ", ""},  {" \t a b\t ", "a b"}, {"a", "a"}, {"\na\r", "\na\r"},
                                         {"a ", "a"}, {" a", "a"}};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    assert_string_equal(text(str_trim(str_of(pairs[i][0]))), pairs[i][1]);
  }
}

static void parts_are_cut_off_in_order(void **state) {
  (void)state;
  static const struct {
    const char *whole;
    const char *parts[4];
  } rows[] = {{"", {""}},      {"a", {"a"}},      {"a,b", {"a", "b"}},
              {",", {"", ""}}, {"a,", {"a", ""}}, {",,b", {"", "", "b"}}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct str rest = str_of(rows[i].whole), part;
    size_t count = 0;
    for (; str_next(&rest, ',', &part); count++) assert_string_equal(text(part), rows[i].parts[count]);
    assert_true(count > 0);
    assert_null(rows[i].parts[count]);
    assert_null(rest.ptr);
  }
}

static void numbers_are_digits_alone(void **state) {
  (void)state;
  static const struct {
    const char *text;
    uint64_t value;
  } good[] = {{"0", 0}, {"007", 7}, {"4294967296", UINT64_C(4294967296)}, {"18446744073709551615", UINT64_MAX}};
  static const char *const bad[] = {
      "", "+1", "-1", "1 ", " 1", "1x", "0x1", "18446744073709551616", "99999999999999999999"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    uint64_t value = 99;
    assert_true(str_to_u64(str_of(good[i].text), &value));
    assert_true(value == good[i].value);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    uint64_t value = 99;
    assert_false(str_to_u64(str_of(bad[i]), &value));
    assert_int_equal(value, 99);
  }
}

static void digits_are_ascii_digits(void **state) {
  (void)state;
  static const char digits[] = "0123456789abcdefABCDEF";
  for (int byte = 0; byte < 256; byte++) {
    const char *at = byte ? strchr(digits, byte) : NULL;
    int value = at ? (int)(at - digits) : -1;
    assert_int_equal(str_hex_value((char)byte), value < 16 ? value : value - 6);
    assert_true(str_is_digit((char)byte) == (value >= 0 && value < 10));
  }
}

static void numbers_become_digits(void **state) {
  (void)state;
  char digits[STR_DECIMAL_BYTES];
  assert_true(str_eq(str_of_u64(digits, 0), STR("0")));
  assert_true(str_eq(str_of_u64(digits, 1020), STR("1020")));
  assert_true(str_eq(str_of_u64(digits, UINT64_MAX), STR("18446744073709551615")));
}

static void the_hash_is_fnv_1a(void **state) {
  (void)state;
  assert_true(str_hash(STR("")) == UINT64_C(0xcbf29ce484222325));
  assert_true(str_hash(STR("a")) == UINT64_C(0xaf63dc4c8601ec8c));
  assert_true(str_hash(STR("foobar")) == UINT64_C(0x85944171f73967e8));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(slices_compare),
      cmocka_unit_test(ends_are_found),
      cmocka_unit_test(parts_stay_inside),
      cmocka_unit_test(only_spaces_and_tabs_are_trimmed),
      cmocka_unit_test(parts_are_cut_off_in_order),
      cmocka_unit_test(numbers_are_digits_alone),
      cmocka_unit_test(digits_are_ascii_digits),
      cmocka_unit_test(numbers_become_digits),
      cmocka_unit_test(the_hash_is_fnv_1a),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
