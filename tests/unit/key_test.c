/* Rows of the test's own, of each kind. */
#include "liteginx/config/key.h"

#include "unit.h"

struct own {
  uint64_t wait_ms;
  uint16_t port;
  size_t bytes;
  unsigned word;
  bool flag;
  struct str text;
};

static const char *const words[] = {"one", "two", NULL}, *const automatic[] = {"auto", NULL};
static const struct key inner_rows[] = {KEY_ROW(struct own, flag, flag, .kind = KEY_BOOL, .fallback = "true")};
static const struct key_table inner = {.rows = inner_rows, .count = 1};
static const struct key rows[] = {
    KEY_ROW(struct own, wait_ms, wait, .kind = KEY_DURATION, .fallback = "1m30s")
        KEY_ROW(struct own, port, port, .kind = KEY_NUMBER, .words = automatic, .least = 1, .most = 65535,
                .fallback = "auto") KEY_ROW(struct own, bytes, bytes, .kind = KEY_SIZE, .least = 1024,
                                            .most = 3 * 1024 * 1024, .fallback = "2KiB")
            KEY_ROW(struct own, word, word, .kind = KEY_WORD, .words = words, .fallback = "two")
                KEY_ROW(struct own, text, text, .kind = KEY_TEXT, .fallback = "hello")
                    KEY_BARE(inner, .kind = KEY_MAPPING, .table = &inner)};
static const struct key_table table = {.rows = rows, .count = UNIT_COUNT(rows)};

static void test_finds(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, 1 << 16);
  assert_ptr_equal(key_find(&table, STR("port")), &rows[1]);
  assert_null(key_find(&table, STR("por")));
  assert_null(key_find(&table, STR("ports")));
  assert_null(key_find(&table, STR("flag")));
  assert_null(key_find(&table, STR("")));
  assert_string_equal(key_nearest(&table, STR("prot")), "port");
  assert_null(key_nearest(&table, STR("xylophone")));
  assert_str(key_list(&arena, &table), STR("wait, port, bytes, word, text, inner"));
  assert_string_equal(key_owner(&table, STR("flag")), "inner");
  assert_string_equal(key_owner(&table, STR("word")), "");
  assert_null(key_owner(&table, STR("x")));
  arena_reset(&arena);
}

static void test_reads(void **state) {
  (void)state;
  static const struct {
    const char *key, *text;
    uint64_t value;
  } good[] = {
      {"wait", "10s", 10000},     {"port", "65535", 65535}, {"port", "auto", 0}, {"bytes", "1024", 1024},
      {"bytes", "3MiB", 3 << 20}, {"word", "one", 0},       {"word", "two", 1},
  };
  static const struct {
    const char *key, *text, *expected, *hint;
  } bad[] = {
      {"wait", "10", "a duration such as 10s, 500ms or 1m30s", "(did you mean '10ms' or '10s'?)"},
      {"port", "0", "auto or 1..65535", ""},
      {"port", "Auto", "auto or 1..65535", ""},
      {"bytes", "1023", "a size from 1KiB to 3MiB", "(did you mean '1023KiB'?)"},
      {"bytes", "4", "a size from 1KiB to 3MiB", "(did you mean '4KiB'?)"},
      {"word", "tow", "one or two", "(did you mean 'two'?)"},
      {"word", "ONE", "one or two", "(did you mean 'one'?)"},
  };
  uint64_t value;
  for (size_t i = 0; i < UNIT_COUNT(good); i++) {
    const struct key *key = key_find(&table, str_of(good[i].key));
    if (!key_read(key, str_of(good[i].text), &value)) fail_msg("%s: %s", good[i].key, good[i].text);
    assert_int_equal(value, good[i].value);
  }
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
    const struct key *key = key_find(&table, str_of(bad[i].key));
    struct arena arena;
    arena_init(&arena, NULL, 1 << 16);
    value = 77;
    if (key_read(key, str_of(bad[i].text), &value)) fail_msg("%s: %s", bad[i].key, bad[i].text);
    assert_int_equal(value, 77);
    assert_str(key_expected(&arena, key), str_of(bad[i].expected));
    assert_str(key_hint(&arena, key, str_of(bad[i].text)), str_of(bad[i].hint));
    arena_reset(&arena);
  }
}

static void test_any_case_and_zero(void **state) {
  (void)state;
  static const struct key any = {.kind = KEY_WORD, .words = words, .any_case = true};
  static const struct key zero = {.kind = KEY_SIZE, .most = INT64_MAX, .zero = "no limit"};
  struct arena arena;
  uint64_t value;
  arena_init(&arena, NULL, 1 << 16);
  assert_true(key_read(&any, STR("TWO"), &value));
  assert_int_equal(value, 1);
  assert_str(key_expected(&arena, &zero), STR("a size such as 10MiB (0: no limit)"));
  arena_reset(&arena);
}

static void test_stores_by_width(void **state) {
  (void)state;
  struct own own = {.wait_ms = UINT64_MAX, .port = 7};
  key_store(&rows[0], 5, &own);
  key_store(&rows[1], 65535, &own);
  key_store(&rows[2], 1 << 20, &own);
  key_store(&inner_rows[0], 1, &own);
  assert_int_equal(own.wait_ms, 5);
  assert_int_equal(own.port, 65535);
  assert_int_equal(own.bytes, 1 << 20);
  assert_true(own.flag);
  assert_int_equal(own.word, 0);
}

static void test_defaults(void **state) {
  (void)state;
  struct own own = {.port = 7, .flag = false};
  key_defaults(&table, &own);
  assert_int_equal(own.wait_ms, 90000);
  assert_int_equal(own.port, 0);
  assert_int_equal(own.bytes, 2048);
  assert_int_equal(own.word, 1);
  assert_str(own.text, STR("hello"));
  assert_false(own.flag); /* its mapping has no place */
  key_defaults(&inner, &own);
  assert_true(own.flag);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_finds),           cmocka_unit_test(test_reads),    cmocka_unit_test(test_any_case_and_zero),
      cmocka_unit_test(test_stores_by_width), cmocka_unit_test(test_defaults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
