#include "liteginx/base/buf.h"

#include <string.h>

#include "unit.h"

static void bytes_leave_in_the_order_they_came(void **state) {
  (void)state;
  struct buf buf = BUF_EMPTY;
  unsigned char next_in = 0, next_out = 0;
  for (size_t round = 0; round < 2000; round++) {
    char bytes[97];
    size_t in = round * 31 % sizeof bytes, out = round * 17 % sizeof bytes;
    for (size_t i = 0; i < in; i++) bytes[i] = (char)next_in++;
    if (!buf_append(&buf, str_make(bytes, in), 4096)) next_in = (unsigned char)(next_in - in);
    if (out > buf_len(&buf)) out = buf_len(&buf);
    for (size_t i = 0; i < out; i++) assert_int_equal((unsigned char)buf_view(&buf).ptr[i], next_out++);
    buf_consume(&buf, out);
    assert_true(buf.start <= buf.end && buf.end <= buf.cap && buf.cap <= 4096);
  }
  buf_free(&buf);
}

static void the_bound_holds(void **state) {
  (void)state;
  struct buf buf = BUF_EMPTY;
  assert_false(buf_append(&buf, STR("12345"), 4));
  assert_null(buf.block);
  assert_true(buf_append(&buf, STR("1234"), 4));
  assert_false(buf_append(&buf, STR("5"), 4));
  assert_true(str_eq(buf_view(&buf), STR("1234")));
  buf_consume(&buf, 2);
  assert_true(buf_append(&buf, STR("56"), 4));
  assert_true(str_eq(buf_view(&buf), STR("3456")));
  assert_int_equal(buf.cap, 4);
  assert_false(buf_append(&buf, STR("7"), 2)); /* a bound that has become smaller than what is in it */
  buf_free(&buf);
}

static void an_empty_one_has_no_memory(void **state) {
  (void)state;
  struct buf buf = BUF_EMPTY;
  assert_true(buf_append(&buf, STR(""), 0));
  assert_null(buf.block);
  assert_null(buf_view(&buf).ptr);
  assert_true(buf_append(&buf, STR("abc"), 10));
  buf_consume(&buf, 1);
  assert_non_null(buf.block);
  buf_consume(&buf, 2);
  assert_null(buf.block);
  assert_int_equal(buf.cap, 0);
  buf_consume(&buf, 0);
  buf_free(&buf);
}

/* Against a plain array, from a fixed seed. */
static void a_plain_array_agrees(void **state) {
  (void)state;
  enum { MAX = 200 };
  uint64_t seed = 20263;
  struct buf buf = BUF_EMPTY;
  char model[MAX], bytes[64];
  size_t len = 0;
  for (int step = 0; step < 20000; step++) {
    size_t count = unit_random(&seed, sizeof bytes);
    if (unit_random(&seed, 2)) {
      for (size_t i = 0; i < count; i++) bytes[i] = (char)unit_random(&seed, 256);
      bool fits = len + count <= MAX;
      assert_int_equal(buf_append(&buf, str_make(bytes, count), MAX), fits);
      if (fits) memcpy(model + len, bytes, count);
      if (fits) len += count;
    } else {
      count = count < len ? count : len;
      buf_consume(&buf, count);
      memmove(model, model + count, len - count);
      len -= count;
    }
    assert_str(buf_view(&buf), str_make(model, len));
    assert_true(buf.cap <= MAX);
    assert_int_equal(buf.block == NULL, len == 0);
  }
  buf_free(&buf);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bytes_leave_in_the_order_they_came),
      cmocka_unit_test(a_plain_array_agrees),
      cmocka_unit_test(the_bound_holds),
      cmocka_unit_test(an_empty_one_has_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
