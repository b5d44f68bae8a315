/* What is filled in for `${NAME}`. */
#include "liteginx/config/variable.h"

#include "with_arena.h"

static const char *table_env(void *owner, const char *name) {
  (void)owner;
  static char huge[VARIABLE_MAX_BYTES + 1];
  memset(huge, 'x', VARIABLE_MAX_BYTES);
  if (strcmp(name, "PORT") == 0) return "3000";
  if (strcmp(name, "EMPTY") == 0) return "";
  if (strcmp(name, "TRICK") == 0) return "${PORT} $$ [a: b]";
  if (strcmp(name, "LATIN") == 0) return "caf\xe9";
  if (strcmp(name, "HUGE") == 0) return huge;
  return NULL;
}

static void test_expands(void **state) {
  (void)state;
  static const char *const good[][2] = {
      {"plain", "plain"},
      {"${PORT}", "3000"},
      {"a${PORT}b${PORT}", "a3000b3000"},
      {"${EMPTY}", ""},
      {"${EMPTY:-x}", "x"},
      {"${NONE:-8080}", "8080"},
      {"${NONE:-}", ""},
      {"${NONE:-a:-b}", "a:-b"},
      {"${NONE:-$$5$}", "$5$"},
      {"${PORT:-1}", "3000"},
      {"$$", "$"},
      {"$$$$", "$$"},
      {"$${PORT}", "${PORT}"},
      {"$$${PORT}", "$3000"},
      {"$PORT", "$PORT"},
      {"5$", "5$"},
      {"${}", "${}"},
      {"${PORT", "${PORT"},
      {"${1}", "${1}"},
      {"${PORT-1}", "${PORT-1}"},
      {"${NONE:-a", "${NONE:-a"},
      {"${TRICK}", "${PORT} $$ [a: b]"},
  };
  static const struct {
    const char *text;
    enum variable_status status;
    const char *name;
  } bad[] = {
      {"a ${NONE} b", VARIABLE_UNSET, "NONE"},
      {"${NONE:-${PORT}}", VARIABLE_NESTED, "NONE"},
      {"${LATIN}", VARIABLE_NOT_UTF8, "LATIN"},
      {"${HUGE}a${HUGE}", VARIABLE_TOO_LONG, "HUGE"},
  };
  struct str got, name;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_int_equal(variable_expand(&arena, str_of(good[i][0]), table_env, NULL, &got, &name), VARIABLE_OK);
    assert_str(got, str_of(good[i][1]));
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(variable_expand(&arena, str_of(bad[i].text), table_env, NULL, &got, &name), bad[i].status);
    assert_str(name, str_of(bad[i].name));
  }
}

static void test_stray_dollars(void **state) {
  (void)state;
  static const struct {
    const char *text, *stray; /* NULL: none */
  } all[] = {
      {"", NULL},
      {"$", NULL},
      {"$$PORT", NULL},
      {"${PORT}", NULL},
      {"${PORT:-$X}", NULL},
      {"$1", NULL},
      {"$port", NULL},
      {"$Port", NULL},
      {"$_X", NULL},
      {"a$$", NULL},
      {"$PORT", "$PORT"},
      {"a:$PORT/b", "$PORT"},
      {"$A_1b", NULL},
      {"$A_1-b", "$A_1"},
      {"$$$PORT", "$PORT"},
      {"${X-y}z", "${X-y}"},
      {"${X", "${X"},
      {"${}", "${}"},
      {"$${X-y}", NULL},
      {"${A}${X=1}", "${X=1}"},
      {"$X$Y", "$X"},
      {"${", "${"},
      {"$P", "$P"},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    struct str stray;
    bool found = variable_stray(str_of(all[i].text), &stray);
    if (found != (all[i].stray != NULL)) fail_msg("%s", all[i].text);
    if (found) assert_str(stray, str_of(all[i].stray));
  }
}

static void test_plain_dollars(void **state) {
  (void)state;
  static const char *const plain[] = {"$", "a$b", "${A}$", "${", "$1", "${A-b}"};
  static const char *const others[] = {"", "a", "$$", "$$$", "$a $$b", "$$a $b", "${A}", "$$1${A:-$}$$", "$${"};
  for (size_t i = 0; i < UNIT_COUNT(plain); i++) assert_true(variable_has_plain(str_of(plain[i])));
  for (size_t i = 0; i < UNIT_COUNT(others); i++) assert_false(variable_has_plain(str_of(others[i])));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_stray_dollars),
      cmocka_unit_test(test_expands),
      cmocka_unit_test(test_plain_dollars),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
