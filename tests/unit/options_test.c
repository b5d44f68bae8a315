/* Command lines and what becomes of them. */
#include "liteginx/cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "os.h"

enum { WORDS = 8 };

struct good {
  const char *words[WORDS]; /* behind the program's name */
  enum options_verb verb;
  enum options_color color;
  const char *configs; /* joined by '|' */
};

struct bad {
  const char *words[WORDS];
  const char *error;
};

static const struct good good[] = {
    {{NULL}, VERB_RUN, COLOR_AUTO, ""},
    {{"run"}, VERB_RUN, COLOR_AUTO, ""},
    {{"check"}, VERB_CHECK, COLOR_AUTO, ""},
    {{"demo", "--config", "config/"}, VERB_DEMO, COLOR_AUTO, "config/|"},
    {{"--config", "a", "check", "--config=b"}, VERB_CHECK, COLOR_AUTO, "a|b|"},
    {{"--config", "check"}, VERB_RUN, COLOR_AUTO, "check|"},
    {{"--config", "--help"}, VERB_RUN, COLOR_AUTO, "--help|"},
    {{"--config=a=b"}, VERB_RUN, COLOR_AUTO, "a=b|"},
    {{"--color", "always"}, VERB_RUN, COLOR_ALWAYS, ""},
    {{"--color=never", "run"}, VERB_RUN, COLOR_NEVER, ""},
    {{"--color=never", "--color=auto"}, VERB_RUN, COLOR_AUTO, ""},
    {{"--help"}, VERB_HELP, COLOR_AUTO, ""},
    {{"check", "--help"}, VERB_HELP, COLOR_AUTO, ""},
    {{"--help", "check"}, VERB_HELP, COLOR_AUTO, ""},
    {{"--version"}, VERB_VERSION, COLOR_AUTO, ""},
    {{"--version", "--help"}, VERB_HELP, COLOR_AUTO, ""},
    {{"--help", "--version"}, VERB_HELP, COLOR_AUTO, ""},
    {{"-h"}, VERB_HELP, COLOR_AUTO, ""},
    {{"-V"}, VERB_VERSION, COLOR_AUTO, ""},
    {{"-c", "x"}, VERB_RUN, COLOR_AUTO, "x|"},
    {{"-cx", "-c=y", "-c", "-h"}, VERB_RUN, COLOR_AUTO, "x|y|-h|"},
    {{"--config", "-"}, VERB_RUN, COLOR_AUTO, "-|"},
    {{"check", "-"}, VERB_CHECK, COLOR_AUTO, "-|"},
    {{"./there.yaml"}, VERB_RUN, COLOR_AUTO, "./there.yaml|"},
    {{"there/", "-c", "a", "there"}, VERB_RUN, COLOR_AUTO, "there/|a|there|"},
    {{"check", "there", "-"}, VERB_CHECK, COLOR_AUTO, "there|-|"},
    {{"there/", "check"}, VERB_CHECK, COLOR_AUTO, "there/|"},
    {{"init"}, VERB_INIT, COLOR_AUTO, ""},
    {{"init", "new.yaml"}, VERB_INIT, COLOR_AUTO, "new.yaml|"},
    {{"init", "check"}, VERB_INIT, COLOR_AUTO, "check|"},
    {{"init", "-"}, VERB_INIT, COLOR_AUTO, "-|"},
    {{"init", "--config=new"}, VERB_INIT, COLOR_AUTO, "new|"},
    {{"init", "--help"}, VERB_HELP, COLOR_AUTO, ""},
    {{"trust"}, VERB_TRUST, COLOR_AUTO, ""},
    {{"trust", "--dry-run", "there"}, VERB_TRUST, COLOR_AUTO, "there|"},
    {{"untrust", "--dry-run"}, VERB_UNTRUST, COLOR_AUTO, ""},
    {{"doctor"}, VERB_DOCTOR, COLOR_AUTO, ""},
    {{"env", "--powershell"}, VERB_ENV, COLOR_AUTO, ""},
    {{"env", "--help"}, VERB_HELP, COLOR_AUTO, ""},
    {{"check", "./there.yaml", "--color=never"}, VERB_CHECK, COLOR_NEVER, "./there.yaml|"},
};

static const struct bad bad[] = {
    {{"chekc"}, "unknown command 'chekc' (did you mean check?)"},
    {{"xylophone"}, "unknown command 'xylophone'"},
    {{"help"}, "unknown command 'help' (did you mean --help?)"},
    {{"version"}, "unknown command 'version' (did you mean --version?)"},
    {{"config/"}, "there is no file or folder 'config/'"},
    {{"one.yaml"}, "there is no file or folder 'one.yaml'"},
    {{"check", "./one"}, "there is no file or folder './one'"},
    {{"3.14"}, "unknown command '3.14'"},
    {{""}, "unknown command ''"},
    {{"run", "check"}, "unexpected argument 'check': it is neither an option nor a file or folder"},
    {{"-", "-c", "-"}, "'-' (standard input) can be the configuration once only"},
    {{"--confg", "x"}, "unknown option '--confg' (did you mean --config?)"},
    {{"--confg=x"}, "unknown option '--confg=x' (did you mean --config?)"},
    {{"--workers"}, "--workers needs a value"},
    {{"--workers=0"}, "--workers takes auto or 1..1024, not '0'"},
    {{"--workers", "1025"}, "--workers takes auto or 1..1024, not '1025'"},
    {{"--workers", "two"}, "--workers takes auto or 1..1024, not 'two'"},
    {{"-w", "2"}, "unknown option '-w' (did you mean --workers?)"},
    {{"--help=me"}, "unknown option '--help=me' (did you mean --help?)"},
    {{"-v"}, "unknown option '-v' (did you mean --version?)"},
    {{"-C", "x"}, "unknown option '-C' (did you mean --config?)"},
    {{"-hV"}, "unknown option '-hV'"},
    {{"-c"}, "--config needs a value"},
    {{"-c="}, "--config needs a value"},
    {{"init", "a", "b"}, "init writes one file, and 'b' is one more"},
    {{"init", ""}, "unexpected argument '': it is neither an option nor a file or folder"},
    {{"check", "--dry-run"}, "unknown option '--dry-run' (did you mean --dry-run?)"},
    {{"trust", "--dryrun"}, "unknown option '--dryrun' (did you mean --dry-run?)"},
    {{"trust", "--fish"}, "unknown option '--fish' (did you mean --fish?)"},
    {{"env", "--dry-run"}, "unknown option '--dry-run' (did you mean --dry-run?)"},
    {{"env", "--nushell"}, "unknown option '--nushell'"},
    {{"dokter"}, "unknown command 'dokter' (did you mean doctor?)"},
    {{"untrsut"}, "unknown command 'untrsut' (did you mean untrust?)"},
    {{"inti"}, "unknown command 'inti' (did you mean init?)"},
    {{"--"}, "unknown option '--'"},
    {{"--config"}, "--config needs a value"},
    {{"--config="}, "--config needs a value"},
    {{"--config", ""}, "--config needs a value"},
    {{"--color"}, "--color needs a value"},
    {{"--color", "alway"}, "--color takes auto, always or never, not 'alway' (did you mean always?)"},
    {{"--color=blue"}, "--color takes auto, always or never, not 'blue'"},
    {{"run", "\033[31m"}, "unexpected argument '\\x1b[31m': it is neither an option nor a file or folder"},
};

static bool exists(const char *path) {
  return strcmp(path, "./there.yaml") == 0 || strcmp(path, "there/") == 0 || strcmp(path, "there") == 0;
}

static bool parse(struct options *options, const char *const *words) {
  static char program[] = "liteginx";
  char room[WORDS][32];
  char *argv[WORDS + 2] = {program};
  int argc = 1;
  for (int i = 0; i < WORDS && words[i]; i++) {
    snprintf(room[i], sizeof room[i], "%s", words[i]);
    argv[argc++] = room[i];
  }
  bool parsed = options_parse(options, argc, argv, exists);
  /* The texts are argv's: nothing may look at them behind this. */
  static char joined[256];
  joined[0] = '\0';
  for (unsigned i = 0; i < options->config_count; i++) {
    strcat(strcat(joined, options->configs[i]), "|");
  }
  options_free(options);
  options->configs = malloc(sizeof *options->configs);
  assert_non_null(options->configs);
  options->configs[0] = joined;
  return parsed;
}

static void test_good(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct options options;
    if (!parse(&options, good[i].words)) fail_msg("line %u: %s", (unsigned)i, options.error);
    if (options.verb != good[i].verb || options.color != good[i].color) fail_msg("line %u", (unsigned)i);
    assert_string_equal(options.configs[0], good[i].configs);
    options_free(&options);
  }
}

static void test_workers(void **state) {
  static const struct {
    const char *words[WORDS];
    bool given;
    unsigned workers;
  } lines[] = {
      {{"run"}, false, 0},
      {{"--workers", "2"}, true, 2},
      {{"demo", "--workers=1024"}, true, 1024},
      {{"--workers=auto"}, true, 0},
      {{"--workers=3", "--workers", "auto"}, true, 0},
  };
  (void)state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    struct options options;
    if (!parse(&options, lines[i].words)) fail_msg("line %u: %s", (unsigned)i, options.error);
    assert_int_equal(options.workers_given, lines[i].given);
    assert_int_equal(options.workers, lines[i].workers);
    options_free(&options);
  }
}

static void test_bad(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct options options;
    if (parse(&options, bad[i].words)) fail_msg("line %u was taken: %s", (unsigned)i, bad[i].words[0]);
    assert_string_equal(options.error, bad[i].error);
    options_free(&options);
  }
}

/* What only one verb or two have. */
static void test_verbs_about_the_local_ca(void **state) {
  (void)state;
  static const char *const shells[] = {"--posix", "--powershell", "--fish", "--cmd", "--dotenv"};
  const char *words[WORDS] = {"trust", "--dry-run"};
  struct options options;
  assert_true(parse(&options, words));
  assert_true(options.dry_run);
  options_free(&options);
  for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
    const char *asked[WORDS] = {"env", shells[i]};
    assert_true(parse(&options, asked));
    assert_int_equal(options.shell, (enum options_shell)i);
    assert_false(options.dry_run);
    options_free(&options);
  }
}

static void test_a_long_word_is_cut(void **state) {
  (void)state;
  char program[] = "liteginx", word[1000];
  memset(word, '\033', sizeof word - 1);
  word[sizeof word - 1] = '\0';
  char *argv[] = {program, word, NULL};
  struct options options;
  assert_false(options_parse(&options, 2, argv, NULL));
  assert_in_range(strlen(options.error), 80, 120);
  options_free(&options);
}

static void test_color(void **state) {
  (void)state;
  struct options options = {.color = COLOR_ALWAYS};
  os_set_variable("NO_COLOR", "1");
  assert_true(options_wants_color(&options, 0));
  options.color = COLOR_NEVER;
  assert_false(options_wants_color(&options, 0));
  options.color = COLOR_AUTO;
  assert_false(options_wants_color(&options, 0));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_good),  cmocka_unit_test(test_workers),
      cmocka_unit_test(test_bad),   cmocka_unit_test(test_a_long_word_is_cut),
      cmocka_unit_test(test_color), cmocka_unit_test(test_verbs_about_the_local_ca),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
