/* Messages: their form, their order, their bounds; and the words that come near. */
#include "liteginx/config/report.h"

#include <time.h>

#include "unit.h"

static struct config_place at(const char *file, unsigned line, unsigned column) {
  return (struct config_place){str_of(file), line, column};
}

static void assert_first(struct config_report *report, const char *expected) {
  assert_non_null(report->first);
  assert_str(report->first->text, str_of(expected));
  config_report_free(report);
}

static void test_forms(void **state) {
  (void)state;
  struct config_report report;
  config_report_init(&report);
  config_report_add(&report, true, at("a.yaml", 7, 5), "bad '%s'", "x");
  assert_int_equal(report.errors, 1);
  assert_int_equal(report.warnings, 0);
  assert_first(&report, "a.yaml:7:5: error: bad 'x'");
  config_report_init(&report);
  config_report_add(&report, false, at("C:\\conf\\a.yaml", 0, 0), "odd");
  assert_int_equal(report.errors, 0);
  assert_int_equal(report.warnings, 1);
  assert_first(&report, "C:\\conf\\a.yaml: warning: odd");
  config_report_init(&report);
  config_report_add(&report, true, at("", 0, 0), "bad \x1b[31m\n\xff é");
  assert_first(&report, "error: bad \\x1b[31m\\x0a\\xff é");
}

static void test_cuts_long_messages(void **state) {
  (void)state;
  static char file[20000], text[20000];
  struct config_report report;
  memset(file, '\n', sizeof file - 1);
  memset(text, 'x', sizeof text - 1);
  config_report_init(&report);
  config_report_add(&report, true, at(file, 1, 1), "%s", text);
  assert_in_range(report.first->text.len, 4000, 8192);
  config_report_free(&report);
}

static void test_sorts_by_place(void **state) {
  (void)state;
  static const struct {
    const char *file;
    unsigned line, column;
  } places[] = {{"b", 2, 1}, {"b", 1, 9}, {"a", 10, 1}, {"b", 1, 9}, {"a", 9, 3}, {"", 0, 0}, {"a", 9, 2}};
  static const char *const expected[] = {"error: 5",        "a:9:2: error: 6", "a:9:3: error: 4", "a:10:1: error: 2",
                                         "b:1:9: error: 1", "b:1:9: error: 3", "b:2:1: error: 0"};
  struct config_report report;
  config_report_init(&report);
  config_report_sort(&report);
  assert_null(report.first);
  for (unsigned i = 0; i < UNIT_COUNT(places); i++) {
    config_report_add(&report, true, at(places[i].file, places[i].line, places[i].column), "%u", i);
  }
  config_report_sort(&report);
  const struct config_message *message = report.first;
  for (unsigned i = 0; i < UNIT_COUNT(expected); i++, message = message->next) {
    assert_str(message->text, str_of(expected[i]));
    if (i + 1 == UNIT_COUNT(expected)) assert_ptr_equal(message, report.last);
  }
  assert_null(message);
  config_report_free(&report);
}

static void test_shows_the_lines(void **state) {
  (void)state;
  static const struct config_text texts[] = {{STR_INIT("a"), STR_INIT("x: 1\ny: 2\n")},
                                             {STR_INIT("b"), STR_INIT("é: 3")}};
  static const char *const sources[] = {"", "x: 1", "y: 2", "y: 2", "", "", "é: 3", ""};
  static const unsigned carets[] = {0, 3, 0, 3, 0, 0, 3, 0};
  struct config_report report;
  config_report_init(&report);
  config_report_add(&report, true, at("b", 1, 4), "x");
  config_report_add(&report, true, at("a", 2, 4), "x");
  config_report_add(&report, false, at("a", 1, 4), "x");
  config_report_add(&report, true, at("a", 2, 1), "x");
  config_report_add(&report, true, at("a", 3, 1), "x");
  config_report_add(&report, true, at("", 0, 0), "x");
  config_report_add(&report, true, at("b", 0, 0), "x");
  config_report_add(&report, true, at("c", 1, 1), "x");
  config_report_sort(&report);
  config_report_add_sources(&report, texts, UNIT_COUNT(texts));
  const struct config_message *message = report.first;
  for (unsigned i = 0; i < UNIT_COUNT(sources); i++, message = message->next) {
    assert_str(message->source, str_of(sources[i]));
    assert_int_equal(message->caret, carets[i]);
  }
  assert_null(message);
  config_report_free(&report);

  config_report_init(&report);
  config_report_add(&report, true, at("a", 1, 1), "x");
  report.arena.max_bytes = report.arena.total_bytes;
  config_report_add_sources(&report, texts, UNIT_COUNT(texts));
  assert_int_equal(report.first->source.len, 0);
  assert_int_equal(report.errors, 1);
  config_report_free(&report);
}

/* As many as there may be, all on one long line: what must not pass is a search from its begin for each. */
static void test_shows_a_long_line_quickly(void **state) {
  (void)state;
  enum { LONG = 1024 * 1024 };
  char *text = malloc(LONG);
  assert_non_null(text);
  memset(text, 'x', LONG);
  struct config_text file = {STR("a"), str_make(text, LONG)};
  struct config_report report;
  config_report_init(&report);
  for (unsigned i = 0; i < REPORT_MOST; i++) config_report_add(&report, true, at("a", 1, LONG - i), "x");
  config_report_sort(&report);
  clock_t begun = clock();
  config_report_add_sources(&report, &file, 1);
  double ms = (double)(clock() - begun) * 1000 / CLOCKS_PER_SEC;
  print_message("# %u places on a line: %.0f ms\n", REPORT_MOST, ms);
  assert_true(ms < (getenv("LITEGINX_VALGRIND") || getenv("LITEGINX_SANITIZED") ? 20000 : 1000));
  assert_true(report.last->source.len > 0);
  config_report_free(&report);
  free(text);
}

static void test_ends_a_list_without_end(void **state) {
  (void)state;
  struct config_report report;
  unsigned count = 0;
  config_report_init(&report);
  for (unsigned i = 0; i < REPORT_MOST + 5; i++) {
    config_report_add(&report, true, at("a", REPORT_MOST - i % 7, i), "bad");
    assert_int_equal(config_report_is_full(&report), i >= REPORT_MOST);
  }
  config_report_sort(&report);
  for (const struct config_message *message = report.first; message; message = message->next) count++;
  assert_int_equal(count, REPORT_MOST + 1);
  assert_str(report.last->text, STR("error: more is wrong, but this is enough for one list"));
  config_report_free(&report);
}

static void test_says_that_memory_is_out_once(void **state) {
  (void)state;
  struct config_report report;
  config_report_init(&report);
  report.arena.max_bytes = 0;
  config_report_add(&report, false, at("a", 1, 1), "odd");
  config_report_add(&report, true, at("a", 1, 1), "bad");
  config_report_no_memory(&report);
  assert_int_equal(report.errors, 1);
  assert_null(report.first->next);
  assert_first(&report, "error: there is not enough memory to read the configuration and list what is wrong");
}

static void test_quotes(void **state) {
  (void)state;
  char longest[200];
  assert_string_equal(config_quote(STR("")).text, "");
  assert_string_equal(config_quote(STR("abc")).text, "abc");
  assert_string_equal(config_quote(str_make("a\0b", 3)).text, "a?b");
  memset(longest, 'x', sizeof longest);
  assert_int_equal(strlen(config_quote(str_make(longest, 72)).text), 72);
  assert_string_equal(config_quote(str_make(longest, 73)).text + 70, "xx…");
  memcpy(longest + 70, "é€", 5);
  assert_string_equal(config_quote(str_make(longest, 200)).text + 70, "é…");
}

static void test_nearest(void **state) {
  (void)state;
  static const char *const known[] = {"name", "listen", "host", "port", "path", "targets", "timeouts", "tls", NULL};
  static const char *const good[][2] = {
      {"liste", "listen"}, {"lisetn", "listen"},  {"Listen", "listen"},    {"prot", "port"},
      {"nmae", "name"},    {"target", "targets"}, {"timeout", "timeouts"}, {"paths", "path"},
      {"tsl", "tls"},      {"hsot", "host"},      {"tragest", "targets"},  {"time-outs", "timeouts"},
  };
  static const char *const bad[] = {"",     "x",        "zz",
                                    "hold", "hostname", "rewrite",
                                    "pt",   "weight",   "a word that is far longer than any key"};
  for (size_t i = 0; i < UNIT_COUNT(good); i++) {
    const char *found = config_nearest(str_of(good[i][0]), known);
    if (!found) fail_msg("nothing near %s", good[i][0]);
    assert_string_equal(found, good[i][1]);
  }
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
    const char *found = config_nearest(str_of(bad[i]), known);
    if (found) fail_msg("%s near %s", found, bad[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_forms),
      cmocka_unit_test(test_cuts_long_messages),
      cmocka_unit_test(test_sorts_by_place),
      cmocka_unit_test(test_shows_the_lines),
      cmocka_unit_test(test_shows_a_long_line_quickly),
      cmocka_unit_test(test_ends_a_list_without_end),
      cmocka_unit_test(test_says_that_memory_is_out_once),
      cmocka_unit_test(test_quotes),
      cmocka_unit_test(test_nearest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
