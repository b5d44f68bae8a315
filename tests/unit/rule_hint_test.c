/* Rules of Traefik, and what is none. */
#include "liteginx/config/rule_hint.h"

#include "advice.h"
#include "unit.h"

#define TOO_MUCH "(a rule of Traefik cannot stand here: 'host' takes a name, 'path' a path such as '/api')"

static void test_rules(void **state) {
  (void)state;
  static const struct {
    const char *text, *hint;
  } all[] = {
      {"PathPrefix(`/x`)", "(write 'path: /x')"},
      {"PathPrefix('/x')", "(write 'path: /x')"},
      {"Path(`/x`)", "(write 'path: /x' with 'match: exact')"},
      {"PathPrefix(`/x/{id:[0-9]+}`)", "(write 'path: /x/{id}')"},
      {"Host(`x`)", "(write 'host: x')"},
      {"HostSNI(`*.x`)", "(write 'host: \"*.x\"')"},
      {"Host(`x`) && PathPrefix(`/y`)", "(write 'host: x' and 'path: /y')"},
      {" Path(`/y`)&&Host(`x`) ", "(write 'host: x' and 'path: /y' with 'match: exact')"},
      {"Host(`x`) || Host(`y`)", TOO_MUCH},
      {"Host(`x`, `y`)", TOO_MUCH},
      {"Host(`x`) && Host(`y`)", TOO_MUCH},
      {"Host(`x y`)", TOO_MUCH},
      {"!Host(`x`)", TOO_MUCH},
      {"(Host(`x`))", TOO_MUCH},
      {"Host(`x`) && Method(`GET`)", TOO_MUCH},
      {"PathRegexp(`^/x`)", TOO_MUCH},
      {"PathPrefix(`/x\\.(a|b)`)", TOO_MUCH},
      {"PathPrefix(`/x?y`)", TOO_MUCH},
      {"Host(`x", TOO_MUCH},
      {"Host(`x`) &&", TOO_MUCH},
      {"Host(", ""},
      {"(`x`)", ""},
      {"/x", ""},
      {"x", ""},
      {"/a(`b`)", ""},
      {"", ""},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    struct arena arena;
    arena_init(&arena, NULL, 1 << 20);
    struct str hint = rule_hint(&arena, str_of(all[i].text));
    if (!str_eq(hint, str_of(all[i].hint))) fail_msg("%s: %.*s", all[i].text, STR_ARG(hint));
    assert_advice("spec", "path", NULL, hint);
    arena.max_bytes = arena.total_bytes;
    if (str_starts_with(hint, STR("(write"))) assert_null(rule_hint(&arena, str_of(all[i].text)).ptr);
    arena_reset(&arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
