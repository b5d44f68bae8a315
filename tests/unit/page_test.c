/* Pages: what is added, how words are broken into lines, and what becomes of a bound that is met. */
#include "liteginx/config/page.h"

#include "unit.h"

static void test_adds(void **state) {
  (void)state;
  struct page page = PAGE_EMPTY;
  page_add(&page, "%d and %s", 1, "two");
  page_add(&page, "%s", "");
  page_add(&page, "\n");
  assert_false(page.failed);
  assert_str(buf_view(&page.text), STR("1 and two\n"));
  page_free(&page);
}

static void test_wraps(void **state) {
  (void)state;
  struct page page = PAGE_EMPTY;
  page_wrap(&page, "# ", 12, STR("one two three four a-word-too-long x"));
  assert_str(buf_view(&page.text), STR("# one two\n# three four\n# a-word-too-long\n# x\n"));
  page_free(&page);
}

static void test_stops_at_its_bound(void **state) {
  (void)state;
  struct page page = PAGE_EMPTY;
  static char piece[4001];
  memset(piece, 'x', sizeof piece - 1);
  for (int i = 0; !page.failed && i < 1000; i++) page_add(&page, "%s", piece);
  assert_true(page.failed);
  size_t len = buf_len(&page.text);
  page_add(&page, "x");
  assert_int_equal(buf_len(&page.text), len);
  page_free(&page);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_adds),
      cmocka_unit_test(test_wraps),
      cmocka_unit_test(test_stops_at_its_bound),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
