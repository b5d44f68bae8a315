/* Two causes never say the same, and what is said fits JSON, a log line and the filling in of values. */
#include "liteginx/base/cause.h"

#include "liteginx/base/ending.h"
#include "unit.h"

/* A value's name is letters, a space or `_`; braces do not nest. */
static bool braces_are_right(const char *sentence) {
  for (const char *at = sentence; (at = strpbrk(at, "{}")) != NULL;) {
    if (*at == '}') return false;
    size_t len = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz_");
    if (len == 0 || at[len + 1] != '}') return false;
    at += len + 2;
  }
  return true;
}

static void every_cause_has_words_of_its_own(void **state) {
  (void)state;
  for (enum cause cause = 0; cause < CAUSE_COUNT; cause++) {
    const char *label = cause_label(cause), *sentence = cause_sentence(cause);
    size_t kebab = strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789.-");
    if (!label[0] || kebab != strlen(label)) fail_msg("label: %s", label);
    if (!sentence[0] || strpbrk(sentence, "\"\\\r\n") || sentence[strlen(sentence) - 1] == '.') {
      fail_msg("sentence: %s", sentence);
    }
    if (!braces_are_right(sentence)) fail_msg("braces: %s", sentence);
    for (enum cause other = 0; other < cause; other++) {
      if (strcmp(label, cause_label(other)) == 0) fail_msg("two causes are called %s", label);
      if (strcmp(sentence, cause_sentence(other)) == 0) fail_msg("two causes say: %s", sentence);
    }
  }
}

static void every_cause_but_none_ends_as_a_refusal(void **state) {
  (void)state;
  assert_int_equal(ending_reason_of(CAUSE_NONE), ENDING_COMPLETE);
  for (enum cause cause = CAUSE_NONE + 1; cause < CAUSE_COUNT; cause++) {
    enum ending_reason reason = ending_reason_of(cause);
    if (!ending_has_cause(reason)) fail_msg("the ending of %s", cause_label(cause));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_cause_has_words_of_its_own),
      cmocka_unit_test(every_cause_but_none_ends_as_a_refusal),
  };
  return cmocka_run_group_tests_name("cause", tests, NULL, NULL);
}
