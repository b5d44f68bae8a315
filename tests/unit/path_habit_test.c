/* Segments and whole paths in the words of others; the sentences made of them are in path_hint_test and rewrite_hint_test. */
#include "liteginx/config/path_habit.h"

#include "unit.h"

static void test_segments(void **state) {
  (void)state;
  static const struct {
    const char *text;
    enum path_habit_kind kind;
    const char *name, *before, *behind;
  } all[] = {
      {"", HABIT_NONE, "", "", ""},
      {"a", HABIT_NONE, "", "", ""},
      {"{id}", HABIT_NONE, "", "", ""},
      {"img-{id}.png", HABIT_NONE, "", "", ""},
      {"{{id}}", HABIT_NONE, "", "", ""},
      {"C_(x)", HABIT_NONE, "", "", ""},
      {"a:b", HABIT_NONE, "", "", ""},
      {":", HABIT_NONE, "", "", ""},
      {"*", HABIT_REST, "", "", ""},
      {"(.*)", HABIT_REST, "", "", ""},
      {"(?<all>.+)", HABIT_REST, "all", "", ""},
      {":id", HABIT_PARAM, "id", "", ""},
      {":id?", HABIT_PARAM, "id", "", ""},
      {":id.json", HABIT_PARAM, "id", "", ".json"},
      {":id+", HABIT_NAMED_REST, "id", "", ""},
      {":id(x)", HABIT_UNKNOWN, "id", "", ""},
      {"[id]", HABIT_PARAM, "id", "", ""},
      {"[[...id]]", HABIT_NAMED_REST, "id", "", ""},
      {"a<int:id>b", HABIT_PARAM, "id", "a", "b"},
      {"a<path:id>", HABIT_UNKNOWN, "id", "a", ""},
      {"a!<id>", HABIT_NONE, "", "", ""},
      {"<1>", HABIT_NONE, "", "", ""},
      {"<int:1>", HABIT_UNKNOWN, "1", "", ""},
      {"{$}", HABIT_END, "", "", ""},
      {"{a", HABIT_NONE, "", "", ""},
      {"x\\.y", HABIT_TEXT, "id", "x.y", ""},
      {"x-\\d+", HABIT_PARAM, "id", "x-", ""},
      {"x-.*", HABIT_UNKNOWN, "id", "x-", ""},
      {"(a|b)", HABIT_UNKNOWN, "", "", ""},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    struct path_habit_segment got;
    path_habit_segment(str_of(all[i].text), &got);
    if (got.kind != all[i].kind) fail_msg("%s is %d", all[i].text, (int)got.kind);
    if (got.kind == HABIT_UNKNOWN || got.kind == HABIT_NONE) continue;
    if (got.kind != HABIT_TEXT) assert_str(got.name, str_of(all[i].name));
    assert_str(str_make(got.around.text, got.around.before), str_of(all[i].before));
    assert_str(str_make(got.around.text + got.around.before, got.around.len - got.around.before),
               str_of(all[i].behind));
  }
  char text[2 * EXPRESSION_TEXT_BYTES];
  struct path_habit_segment got;
  memset(text, '.', sizeof text);
  memcpy(text, ":a", 2);
  path_habit_segment(str_make(text, sizeof text), &got);
  assert_int_equal(got.kind, HABIT_UNKNOWN);
}

static void test_paths(void **state) {
  (void)state;
  static const struct {
    const char *text, *ours; /* NULL: it failed; "": it stays as it is */
  } all[] = {
      {"/a", ""},
      {"/a/{id}", ""},
      {"/a/:id", "/a/{id}"},
      {"/a/*", "/a/{*rest}"},
      {"", "/"},
      {"a", "/a"},
      {"/*/*/*/*/*/x", "/{any}/{any2}/{any3}/{any4}/{any4}/x"},
      {"/a/(b|c)", NULL},
      {"/a/(b/c)/:id", "/a/(b/c)/{id}"},
      {"/a/[b/c]/:id", "/a/[b/c]/{id}"},
      {"/a(/:id", "/a(/{id}"},
      {"~ b", NULL},
      {"x y", NULL},
      {"/a/(?<b>[^/]+)/c", "/a/{b}/c"},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    struct path_habit got;
    path_habit_read(str_of(all[i].text), &got);
    struct str ours = got.changed ? str_make(got.text, got.len) : STR("");
    if (got.failed != !all[i].ours) fail_msg("%s: %.*s", all[i].text, STR_ARG(ours));
    if (all[i].ours) assert_str(ours, str_of(all[i].ours));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_segments), cmocka_unit_test(test_paths)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
