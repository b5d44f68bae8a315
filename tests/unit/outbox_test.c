#include "liteginx/net/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>

/* The box never looks at streams: any different addresses will do. */
static int first_thing, second_thing;

static struct stream *first(void) {
  return (struct stream *)(void *)&first_thing;
}

static struct stream *second(void) {
  return (struct stream *)(void *)&second_thing;
}

static char block[OUTBOX_BYTES];

static bool put(struct outbox *outbox, struct stream *stream, uint16_t *piece, struct str s) {
  struct slices slices;
  slices_clear(&slices);
  slices_add(&slices, s);
  return outbox_put(outbox, stream, piece, &slices);
}

static void pieces_come_out_in_the_order_of_their_beginning(void **state) {
  (void)state;
  struct outbox outbox;
  uint16_t a = 0, b = 0;
  outbox_init(&outbox, block);
  assert_null(outbox_oldest(&outbox));
  assert_true(put(&outbox, first(), &a, STR("one, ")));
  assert_true(put(&outbox, first(), &a, STR("two")));
  assert_true(put(&outbox, second(), &b, STR("other")));
  assert_false(put(&outbox, first(), &a, STR("too late"))); /* what is in between would have to move */
  assert_ptr_equal(outbox_oldest(&outbox), first());
  assert_true(str_eq(outbox_take(&outbox, &a), STR("one, two")));
  assert_int_equal(a, 0);
  assert_ptr_equal(outbox_oldest(&outbox), second());
  assert_true(str_eq(outbox_take(&outbox, &b), STR("other")));
  assert_null(outbox_oldest(&outbox));
}

static void piece_taken_out_of_turn_leaves_the_others(void **state) {
  (void)state;
  struct outbox outbox;
  uint16_t a = 0, b = 0;
  outbox_init(&outbox, block);
  assert_true(put(&outbox, first(), &a, STR("first")));
  assert_true(put(&outbox, second(), &b, STR("second")));
  assert_true(str_eq(outbox_take(&outbox, &b), STR("second")));
  assert_ptr_equal(outbox_oldest(&outbox), first());
  assert_true(put(&outbox, second(), &b, STR("again")));
  assert_true(str_eq(outbox_take(&outbox, &a), STR("first")));
  assert_ptr_equal(outbox_oldest(&outbox), second());
  assert_true(str_eq(outbox_take(&outbox, &b), STR("again")));
}

static void room_is_bounded_and_comes_back_with_the_last_piece(void **state) {
  (void)state;
  static const char bytes[OUTBOX_PIECE_BYTES + 1];
  struct outbox outbox;
  uint16_t pieces[OUTBOX_PIECES] = {0}, more = 0;
  unsigned count = 0;
  outbox_init(&outbox, block);
  assert_false(put(&outbox, first(), &more, str_make(bytes, OUTBOX_PIECE_BYTES + 1)));
  while (put(&outbox, first(), &pieces[count], str_make(bytes, OUTBOX_PIECE_BYTES))) count++;
  assert_int_equal(count, OUTBOX_BYTES / OUTBOX_PIECE_BYTES);
  for (unsigned i = 0; i < count; i++) assert_int_equal(outbox_take(&outbox, &pieces[i]).len, OUTBOX_PIECE_BYTES);
  for (count = 0; count < OUTBOX_PIECES; count++) assert_true(put(&outbox, first(), &pieces[count], STR("x")));
  assert_false(put(&outbox, first(), &more, STR("x")));
  assert_int_equal(more, 0);
  for (unsigned i = 0; i < count; i++) assert_int_equal(outbox_take(&outbox, &pieces[i]).len, 1);
  assert_true(put(&outbox, first(), &more, STR("x")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_come_out_in_the_order_of_their_beginning),
      cmocka_unit_test(piece_taken_out_of_turn_leaves_the_others),
      cmocka_unit_test(room_is_bounded_and_comes_back_with_the_last_piece),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
