/* Each row has words of its own, which fit behind "TARGET sends " in a line of the log. */
#include "liteginx/wire/forgiven.h"

#include "unit.h"

static void every_row_says_something_of_its_own(void **state) {
  (void)state;
  for (enum forgiven forgiven = 0; forgiven < FORGIVEN_COUNT; forgiven++) {
    const char *sentence = forgiven_sentence(forgiven);
    if (!strstr(sentence, ": forgiven; ") || strpbrk(sentence, "\r\n%") || sentence[strlen(sentence) - 1] == '.') {
      fail_msg("sentence: %s", sentence);
    }
    for (enum forgiven other = 0; other < forgiven; other++) {
      if (strcmp(sentence, forgiven_sentence(other)) == 0) fail_msg("two rows say: %s", sentence);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_row_says_something_of_its_own)};
  return cmocka_run_group_tests_name("forgiven", tests, NULL, NULL);
}
