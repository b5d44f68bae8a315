/* Templates: the pieces that a text comes apart into. What is refused is in pattern_test and rewrite_test. */
#include "liteginx/route/template.h"

#include "unit.h"

struct good {
  const char *text, *pieces; /* "literal", "<name@offset>", "<*name@offset>" */
};

static const struct good good[] = {
    {"/", "/"},
    {"/a/b", "/a/b"},
    {"/{x}", "/<x@1>"},
    {"/a{x}b/{*y}/c", "/a<x@2>b/<*y@7>/c"},
    {"/{x}{y}", "/<x@1><y@4>"},
    {"/{{{x}}}", "/%7B<x@3>%7D"},
    {"/a/../{x}/./b/..", "/<x@6>/"},
    {"/%41{x}%2f", "/A<x@4>%2F"},
};

static void test_good(void **state) {
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(good); i++) {
    struct arena arena;
    arena_init(&arena, NULL, 4096);
    struct template parsed;
    struct template_fault fault;
    assert_true(template_parse(&arena, str_of(good[i].text), &parsed, &fault));
    char pieces[256], *end = pieces;
    for (unsigned j = 0; j < parsed.count; j++) {
      const struct template_piece *piece = &parsed.pieces[j];
      assert_true((piece->literal.len == 0) != (piece->name.len == 0));
      end += sprintf(end, "%.*s", STR_ARG(piece->literal));
      if (piece->name.len == 0) continue;
      end += sprintf(end, "<%s%.*s@%zu>", piece->tail ? "*" : "", STR_ARG(piece->name), piece->offset);
    }
    assert_string_equal(pieces, good[i].pieces);
    arena_reset(&arena);
  }
}

static void test_refuse(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, 4096);
  struct template parsed;
  struct template_fault fault = {7, NULL};
  assert_false(template_parse(&arena, STR("/a/{"), &parsed, &fault));
  assert_int_equal(fault.offset, 3);
  assert_non_null(fault.what);
  assert_false(template_refuse(&fault, 5, "because"));
  assert_int_equal(fault.offset, 5);
  assert_string_equal(fault.what, "because");
  arena_reset(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_good),
      cmocka_unit_test(test_refuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
