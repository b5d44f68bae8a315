#include "liteginx/base/uuid.h"

#include "unit.h"

static const unsigned char zeros[16] = {0}, ones[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

/* RFC 9562 §4, §5.7: 48 bits of time, version 7, variant 10. */
static void its_form_is_that_of_version_7(void **state) {
  struct uuid_source source;
  char text[UUID_LEN];
  (void)state;
  uuid_seed(&source, ones);
  for (unsigned i = 0; i < 1000; i++) {
    struct str made = uuid_make(&source, UINT64_C(0x017f22e279b0) + i, text);
    assert_int_equal(made.len, UUID_LEN);
    for (unsigned at = 0; at < UUID_LEN; at++) {
      bool dash = at == 8 || at == 13 || at == 18 || at == 23;
      assert_true(dash ? text[at] == '-' : strchr("0123456789abcdef", text[at]) != NULL);
    }
    assert_memory_equal(text, "017f22e2-7", 10);
    assert_int_equal(text[14], '7');
    assert_non_null(strchr("89ab", text[19]));
  }
}

static void later_ones_sort_behind(void **state) {
  struct uuid_source source;
  char before[UUID_LEN], after[UUID_LEN];
  (void)state;
  uuid_seed(&source, ones);
  for (uint64_t ms = 1; ms < UINT64_C(1) << 47; ms *= 3) {
    (void)uuid_make(&source, ms, before);
    (void)uuid_make(&source, ms + 1, after);
    assert_true(memcmp(before, after, UUID_LEN) < 0);
  }
}

static int compare(const void *a, const void *b) {
  return memcmp(a, b, UUID_LEN);
}

/* Of one moment, of one source and of two, and even of the poorest seed. */
static void no_two_are_the_same(void **state) {
  enum { COUNT = 20000 };
  static char texts[2 * COUNT][UUID_LEN];
  struct uuid_source first, second;
  (void)state;
  uuid_seed(&first, zeros);
  uuid_seed(&second, ones);
  for (unsigned i = 0; i < COUNT; i++) {
    (void)uuid_make(&first, 5, texts[2 * i]);
    (void)uuid_make(&second, 5, texts[2 * i + 1]);
  }
  qsort(texts, 2 * (size_t)COUNT, UUID_LEN, compare);
  for (unsigned i = 1; i < 2 * COUNT; i++) assert_true(compare(texts[i - 1], texts[i]) < 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(its_form_is_that_of_version_7),
      cmocka_unit_test(later_ones_sort_behind),
      cmocka_unit_test(no_two_are_the_same),
  };
  return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}
