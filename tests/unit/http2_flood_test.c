/* Purses: what is in them at first, what time and work bring back, and no more than they hold. */
#include "liteginx/wire/http2_flood.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static unsigned count_all(struct http2_flood *flood, enum http2_flood_kind kind, uint64_t now_ms) {
  unsigned counted = 0;
  while (counted < 100000 && http2_flood_count(flood, kind, now_ms)) counted++;
  return counted;
}

static void purse_is_full_at_first(void **state) {
  (void)state;
#define ROW(name, cause, most, each_second, with_work) {name, cause, most, each_second, with_work},
  static const struct {
    enum http2_flood_kind kind;
    enum cause cause;
    unsigned most, each_second, with_work;
  } rows[] = {HTTP2_FLOOD_TABLE(ROW)};
#undef ROW
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct http2_flood flood;
    http2_flood_init(&flood, 5000);
    assert_int_equal(count_all(&flood, rows[i].kind, 5000), rows[i].most);
    assert_int_equal(http2_flood_cause(rows[i].kind), rows[i].cause);
    /* A second brings what it should, whether it is asked for at once or again and again. */
    assert_int_equal(count_all(&flood, rows[i].kind, 6000), rows[i].each_second);
    unsigned counted = 0;
    for (uint64_t now_ms = 6000; now_ms <= 16000; now_ms += 7) counted += count_all(&flood, rows[i].kind, now_ms);
    assert_in_range(counted, rows[i].each_second * 9, rows[i].each_second * 10);
    http2_flood_work(&flood, 3);
    assert_in_range(count_all(&flood, rows[i].kind, 16000), 3 * rows[i].with_work,
                    3 * rows[i].with_work + rows[i].each_second / 100 + 1);
  }
}

static void purse_holds_no_more(void **state) {
  struct http2_flood flood;
  (void)state;
  http2_flood_init(&flood, 0);
  http2_flood_work(&flood, 1000000);
  assert_int_equal(count_all(&flood, HTTP2_PINGS, UINT64_C(1) << 40), 500);
  assert_int_equal(count_all(&flood, HTTP2_PINGS, UINT64_C(1) << 40), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(purse_is_full_at_first),
      cmocka_unit_test(purse_holds_no_more),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
