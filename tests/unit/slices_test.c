#include "liteginx/base/slices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>

static void slices_and_text_keep_their_order(void **state) {
  (void)state;
  struct slices slices;
  slices_clear(&slices);
  char size[] = "5\r\n";
  slices_add_text(&slices, str_of(size));
  size[0] = 'x'; /* the text was copied */
  slices_add(&slices, STR("hello"));
  slices_add(&slices, STR("")); /* takes no place */
  slices_add_text(&slices, (struct str){NULL, 0});
  slices_add(&slices, STR("\r\n"));
  assert_int_equal(slices.count, 3);
  assert_int_equal(slices.bytes, 10);
  assert_true(str_eq(slices.at[0], STR("5\r\n")));
  assert_true(str_eq(slices.at[1], STR("hello")));
  assert_true(str_eq(slices.at[2], STR("\r\n")));
}

static void room_ends_with_places_or_text(void **state) {
  (void)state;
  struct slices slices;
  slices_clear(&slices);
  assert_true(slices_room(&slices, SLICES_MAX, SLICES_TEXT_BYTES));
  assert_false(slices_room(&slices, SLICES_MAX + 1, 0));
  assert_false(slices_room(&slices, 0, SLICES_TEXT_BYTES + 1));
  for (int i = 0; i < SLICES_MAX; i++) slices_add(&slices, STR("a"));
  assert_false(slices_room(&slices, 1, 0));
  slices_clear(&slices);
  slices_add_text(&slices, str_make((const char[1000]){0}, 1000));
  assert_true(slices_room(&slices, 1, SLICES_TEXT_BYTES - 1000));
  assert_false(slices_room(&slices, 1, SLICES_TEXT_BYTES - 999));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(slices_and_text_keep_their_order),
      cmocka_unit_test(room_ends_with_places_or_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
