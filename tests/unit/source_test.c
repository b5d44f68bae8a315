/* Lines of a text with the caret below the right column. */
#include "liteginx/config/source.h"

#include "unit.h"

static void test_shows_a_line(void **state) {
  (void)state;
  static const struct {
    struct str text;
    unsigned line, column;
    const char *shown; /* NULL: nothing */
    unsigned caret;
  } all[] = {
      {STR_INIT("a: 1"), 1, 1, "a: 1", 0},
      {STR_INIT("a: 1"), 1, 4, "a: 1", 3},
      {STR_INIT("a: 1"), 1, 5, "a: 1", 4},
      {STR_INIT("a: 1"), 1, 500, "a: 1", 4},
      {STR_INIT("a: 1"), 2, 1, NULL, 0},
      {STR_INIT("a: 1\n"), 2, 1, NULL, 0},
      {STR_INIT(""), 1, 1, NULL, 0},
      {STR_INIT("\n \t\nb"), 2, 1, NULL, 0},
      {STR_INIT("\n \t\nb"), 3, 1, "b", 0},
      {STR_INIT("a\r\nb\rc\nd"), 4, 1, "d", 0},
      {STR_INIT("a\xc2\x85"
                "b\u2028c\u2029d"),
       3, 1, "c", 0},
      {STR_INIT("\xef\xbb\xbf"
                "a: 1"),
       1, 4, "a: 1", 3},
      /* tabs reach the next eighth column */
      {STR_INIT("\ta"), 1, 2, "        a", 8},
      {STR_INIT("ab:\tc"), 1, 5, "ab:     c", 8},
      {STR_INIT("12345678\tc"), 1, 10, "12345678        c", 16},
      /* characters take the columns that they take */
      {STR_INIT("é: x"), 1, 4, "é: x", 3},
      {STR_INIT("日本: x"), 1, 5, "日本: x", 6},
      {STR_INIT("e\u0301: x"), 1, 5, "e\u0301: x", 3},
      {STR_INIT("😀😀x"), 1, 3, "😀😀x", 4},
      /* nothing reaches the terminal that it would obey */
      {STR_INIT("a\x1b[31m: x"), 1, 8, "a\\x1b[31m: x", 10},
      {STR_INIT("caf\xe9: x"), 1, 5, "caf\\xe9: x", 7},
      {STR_INIT("a\u202e: x"), 1, 3, "a\\xe2\\x80\\xae: x", 13},
      {STR_INIT("a: \"\\n\" x"), 1, 9, "a: \"\\n\" x", 8},
      {STR_INIT("a\0b"), 1, 1, NULL, 0},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    struct source source;
    struct source_view view;
    source_begin(&source, all[i].text);
    bool shown = source_show(&source, all[i].line, all[i].column, &view);
    if (shown != (all[i].shown != NULL)) fail_msg("%zu: %d", i, shown);
    if (!shown) continue;
    assert_str(str_make(view.text, view.len), str_of(all[i].shown));
    if (view.caret != all[i].caret) fail_msg("%zu: caret at %u", i, view.caret);
  }
}

static void test_places_come_in_any_order(void **state) {
  (void)state;
  static const unsigned order[][2] = {{1, 2}, {1, 2}, {3, 1}, {2, 3}, {2, 1}, {3, 2}, {1, 1}};
  struct source source;
  struct source_view view;
  source_begin(&source, STR("ab\ncdé\nef"));
  for (size_t i = 0; i < UNIT_COUNT(order); i++) {
    assert_true(source_show(&source, order[i][0], order[i][1], &view));
    assert_str(str_make(view.text, 1), str_make(&"ace"[order[i][0] - 1], 1));
    assert_int_equal(view.caret, order[i][1] - 1);
  }
}

/* `at` is where the only X of a line of 200,000 letters stands. */
static void test_cuts_long_lines(void **state) {
  (void)state;
  enum { LONG = 200000 };
  static const size_t places[] = {0, 1, 50, 99, 100, 101, 1000, LONG - 101, LONG - 50, LONG - 1};
  static const char *const letters[] = {"a", "é", "日", "\u0301", "\t", "\x01"};
  static char text[LONG * 3 + 2];
  for (size_t letter = 0; letter < UNIT_COUNT(letters); letter++) {
    for (size_t i = 0; i < UNIT_COUNT(places); i++) {
      size_t len = 0;
      for (size_t j = 0; j < LONG; j++) {
        const char *piece = j == places[i] ? "X" : letters[letter];
        memcpy(text + len, piece, strlen(piece));
        len += strlen(piece);
      }
      struct source source;
      struct source_view view;
      source_begin(&source, str_make(text, len));
      assert_true(source_show(&source, 1, (unsigned)places[i] + 1, &view));
      assert_in_range(view.len, 60, SOURCE_VIEW_BYTES);
      assert_int_equal(str_starts_with(str_make(view.text, view.len), STR("…")), places[i] > 60);
      if (letter == 0) assert_int_equal(view.text[view.caret + (places[i] > 60 ? 2 : 0)], 'X');
      if (letter == 0) assert_in_range(view.len, SOURCE_VIEW_COLUMNS - 40, SOURCE_VIEW_COLUMNS + 5);
      if (letter == 2 && places[i] > 60) assert_int_equal(view.caret, 1 + 2 * 60);
    }
  }
  memset(text, 'a', 100);
  text[99] = 'X';
  struct source source;
  struct source_view view;
  source_begin(&source, str_make(text, 100));
  assert_true(source_show(&source, 1, 100, &view));
  assert_str(str_make(view.text, view.len), str_make(text, 100));
  assert_int_equal(view.caret, 99);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shows_a_line),
      cmocka_unit_test(test_places_come_in_any_order),
      cmocka_unit_test(test_cuts_long_lines),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
