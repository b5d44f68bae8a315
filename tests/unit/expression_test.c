/* Segments as regular expressions: no part of one is lost. */
#include "liteginx/config/expression.h"

#include "unit.h"

static void test_reads(void **state) {
  (void)state;
  static const struct {
    const char *text, *before, *behind, *name;
    bool varies, crosses;
  } good[] = {
      {"", "", "", "", false, false},
      {"abc", "abc", "", "", false, false},
      {"a\\.b", "a.b", "", "", false, false},
      {"a.b", "a.b", "", "", false, false},
      {"\\d+", "", "", "", true, false},
      {"(\\d+)", "", "", "", true, false},
      {"[0-9]+", "", "", "", true, false},
      {"[]a]", "", "", "", true, false},
      {"[^/]+", "", "", "", true, false},
      {"[^?]+", "", "", "", true, true},
      {"[a/]+", "", "", "", true, true},
      {"[\\]]*", "", "", "", true, false},
      {"\\S+", "", "", "", true, true},
      {".*", "", "", "", true, true},
      {"(.+?)", "", "", "", true, true},
      {"(?:.*)", "", "", "", true, true},
      {"(?<id>\\w{2,4})", "", "", "id", true, false},
      {"(?P<id>\\w+)", "", "", "id", true, false},
      {"[a-z][a-z0-9]*", "", "", "", true, false},
      {"img-(\\d+)\\.png", "img-", ".png", "", true, false},
      {"(.*\\.png)", "", ".png", "", true, true},
      {"[0-9]+.png", "", ".png", "", true, false},
  };
  static const char *const bad[] = {"a|b", "(a|b)",  "(a",     "a)", "a*", "a?",     "(a)?",      "\\d+-\\d+", "[a",
                                    "\\",  "\\b",    "\\1",    "^a", "a$", "(?=a)",  "(?<=a)b",   "(?<a",      "\\d{2",
                                    "{a}", "\\d{x}", "(\\d)*", "*",  "]",  "(?i:a)", "(?<!a)b\\d"};
  struct expression got;
  for (size_t i = 0; i < UNIT_COUNT(good); i++) {
    if (!expression_read(str_of(good[i].text), &got)) fail_msg("refused: %s", good[i].text);
    assert_str(str_make(got.text, got.before), str_of(good[i].before));
    assert_str(str_make(got.text + got.before, got.len - got.before), str_of(good[i].behind));
    assert_str(got.name, str_of(good[i].name));
    if (got.varies != good[i].varies || got.crosses != good[i].crosses) fail_msg("%s", good[i].text);
  }
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
    if (expression_read(str_of(bad[i]), &got)) fail_msg("accepted: %s", bad[i]);
  }
  char text[EXPRESSION_TEXT_BYTES + 1];
  memset(text, 'a', sizeof text);
  assert_true(expression_read(str_make(text, sizeof text - 1), &got));
  assert_false(expression_read(str_make(text, sizeof text), &got));
  assert_false(expression_read(str_make("a\0b", 3), &got));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_reads)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
