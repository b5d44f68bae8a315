/* Typed values out of tables of the test's own: each kind, a mapping within, a list, free names. */
#include "liteginx/config/take.h"

#include "tree.h"

struct inner {
  bool flag;
};

struct own {
  uint64_t wait_ms;
  unsigned count;
  struct str text, host;
  struct inner inner;
  struct key_items list, names;
};

static bool read_host(struct arena *arena, struct str text, struct str *kept) {
  bool good = str_find(text, ' ') == text.len;
  *kept = good ? arena_printf(arena, "<%.*s>", STR_ARG(text)) : STR("");
  return good;
}

static struct str hint_host(struct arena *arena, struct str text) {
  (void)arena;
  return text.len > 3 ? STR("(write it in one word)") : STR("");
}

static const struct key_text host_text = {.expected = "a host", .read = read_host, .hint = hint_host};
static const struct key any_item = {.kind = KEY_TEXT}, host_item = {.kind = KEY_TEXT, .text = &host_text};
static const struct key inner_rows[] = {KEY_ROW(struct inner, flag, flag, .kind = KEY_BOOL, .fallback = "true")};
static const struct key_table inner = {.rows = inner_rows, .count = 1};
static const struct key rows[] = {
    KEY_ROW(struct own, wait_ms, wait, .kind = KEY_DURATION, .fallback = "1s")
        KEY_ROW(struct own, count, count, .kind = KEY_NUMBER, .most = 9, .only = "some")
            KEY_ROW(struct own, text, text, .kind = KEY_TEXT, .fallback = "hello")
                KEY_ROW(struct own, host, host, .kind = KEY_TEXT, .text = &host_text)
                    KEY_ROW(struct own, inner, inner, .kind = KEY_MAPPING, .table = &inner)
                        KEY_ROW(struct own, list, list, .kind = KEY_LIST, .item = &host_item)
                            KEY_ROW(struct own, names, names, .kind = KEY_NAMES, .item = &any_item)};
static const struct key_table table = {.rows = rows, .count = UNIT_COUNT(rows)};

/* Whether all is good; *own is what was taken. The tree has to be forgotten. */
static bool take(struct tree *tree, const char *text, const char *sort, struct own *own) {
  struct fill fill;
  assert_true(tree_mapping(tree, &table, text));
  assert_true(fill_init(&fill, &tree->arena, &table));
  struct take_from from = {STR("f"), &table, fill_document(&fill, &tree->arena, tree->root), tree->root};
  assert_non_null(from.values);
  struct taking taking = {&tree->arena, &tree->arena, &tree->report, NULL};
  *own = (struct own){.count = 4};
  key_defaults(&table, own);
  bool good = take_all(&taking, &from, sort, own);
  config_report_sort(&tree->report);
  return good;
}

static void test_takes_each_kind(void **state) {
  (void)state;
  struct tree tree;
  struct own own;
  assert_true(take(&tree,
                   "{wait: 2s, count: 5, text: '${TRICK}', host: a, inner: {flag: FALSE}, list: [x, y], "
                   "names: {X-Id: v, b: ''}}\n",
                   "some", &own));
  assert_null(tree.report.first);
  assert_int_equal(own.wait_ms, 2000);
  assert_int_equal(own.count, 5);
  assert_str(own.text, str_of(tree_env(NULL, "TRICK")));
  assert_str(own.host, STR("<a>"));
  assert_false(own.inner.flag);
  assert_int_equal(own.list.count, 2);
  assert_str(own.list.items[1].text, STR("<y>"));
  assert_null(own.list.items[1].name.ptr);
  assert_int_equal(own.names.count, 2);
  assert_str(own.names.items[0].name, STR("X-Id"));
  assert_str(own.names.items[0].text, STR("v"));
  assert_str(own.names.items[1].text, STR(""));
  tree_forget(&tree);
}

static void test_leaves_alone_what_is_absent_or_of_another_sort(void **state) {
  (void)state;
  struct tree tree;
  struct own own;
  assert_true(take(&tree, "{count: 5}\n", "other", &own));
  assert_int_equal(own.count, 4);
  assert_int_equal(own.wait_ms, 1000);
  assert_str(own.text, STR("hello"));
  assert_true(own.inner.flag);
  assert_null(own.host.ptr);
  assert_int_equal(own.list.count + own.names.count, 0);
  tree_forget(&tree);
}

static void test_tells_what_is_wrong_once(void **state) {
  (void)state;
  struct tree tree;
  struct own own;
  assert_false(take(&tree,
                    "{wait: 2, count: '$N', host: a b, inner: {flag: 1}, list: [a b c, x], names: [], text: []}\n",
                    "some", &own));
  tree_assert_messages(&tree,
                       "f:1:8: error: 'wait' must be a duration such as 10s, 500ms or 1m30s, got '2' (did you mean "
                       "'2ms' or '2s'?)\n"
                       "f:1:18: error: 'count' must be 0..9, got '$N' (write '${N}' for the variable)\n"
                       "f:1:30: error: 'host' must be a host, got 'a b'\n"
                       "f:1:49: error: 'flag' must be true or false, got '1' (write 'true')\n"
                       "f:1:60: error: 'list' must be a host, got 'a b c' (write it in one word)\n"
                       "f:1:78: error: 'names' must be a mapping, got a list\n"
                       "f:1:88: error: 'text' must be a single value, got a list\n");
  tree_forget(&tree);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_takes_each_kind),
      cmocka_unit_test(test_leaves_alone_what_is_absent_or_of_another_sort),
      cmocka_unit_test(test_tells_what_is_wrong_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
