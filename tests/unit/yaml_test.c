/* YAML text → nodes with places; what is refused, where and in which words, and how fast. */
#include "liteginx/config/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

struct reading {
  struct arena arena;
  struct config_report report;
  struct yaml_node *documents;
};

static void read_text(struct reading *reading, struct str text) {
  arena_init(&reading->arena, NULL, 256 * 1024 * 1024);
  config_report_init(&reading->report);
  reading->documents = yaml_read(&reading->arena, STR("f"), text, &reading->report);
}

static void forget(struct reading *reading) {
  arena_reset(&reading->arena);
  config_report_free(&reading->report);
}

static void assert_message(const struct reading *reading, const char *expected) {
  char text[512];
  assert_non_null(reading->report.first);
  snprintf(text, sizeof text, "%.*s", STR_ARG(reading->report.first->text));
  assert_string_equal(text, expected);
}

static void test_keeps_places(void **state) {
  (void)state;
  struct reading reading;
  read_text(&reading,
            STR("\xef\xbb\xbf# comment\nname: 'é' \nlist:\n  - a\n  - {k: \"b\\n\"}\n---\n--- ~\n---\nfoo: 1\n"));
  assert_int_equal(reading.report.errors, 0);
  const struct yaml_node *document = reading.documents, *name = yaml_find(document, "name");
  assert_int_equal(document->kind, NODE_MAPPING);
  assert_int_equal(document->line, 2);
  assert_int_equal(name->key_column, 1);
  assert_int_equal(name->column, 7);
  assert_int_equal(name->text_column, 8);
  assert_true(str_eq(name->text, STR("é")));
  const struct yaml_node *list = yaml_find(document, "list");
  assert_int_equal(list->kind, NODE_LIST);
  assert_int_equal(list->first->line, 4);
  assert_int_equal(list->first->column, 5);
  assert_int_equal(list->first->text_column, 5);
  const struct yaml_node *inner = yaml_find(list->last, "k");
  assert_int_equal(inner->column, 9);
  assert_int_equal(inner->text_column, 0);
  assert_true(str_eq(inner->text, STR("b\n")));
  assert_null(yaml_find(list->last, "none"));
  assert_non_null(yaml_find(document->next, "foo"));
  assert_int_equal(document->next->line, 9);
  assert_null(document->next->next);
  forget(&reading);
}

static void test_knows_null(void **state) {
  (void)state;
  struct reading reading;
  read_text(&reading, STR("- \n- ~\n- null\n- ''\n- 'null'\n- nil\n"));
  static const bool expected[] = {true, true, true, false, false, false};
  const struct yaml_node *item = reading.documents->first;
  for (size_t i = 0; i < 6; i++, item = item->next) assert_int_equal(item->is_null, expected[i]);
  assert_null(item);
  forget(&reading);
}

static void test_refuses(void **state) {
  (void)state;
  static const struct {
    struct str text;
    const char *message;
  } bad[] = {
      {STR_INIT("a: b: c"),
       "f:1:5: error: not YAML: a ':' is not expected here (is the indentation right? does a value "
       "with ': ' need quotes?)"},
      {STR_INIT("a:\n\tb: 1"), "f:2:1: error: not YAML: a tab cannot indent YAML (use spaces)"},
      {STR_INIT("a: @b"), "f:1:4: error: not YAML: a value cannot begin with this character (put it in quotes)"},
      {STR_INIT("a: [1, 2"), "f:2:1: error: not YAML: a ',' or ']' is missing (does a value with '{', '[' or ',' need "
                             "quotes?), while parsing a flow sequence that began on line 1"},
      {STR_INIT("a: \"x\nb: 1\n"), "f:3:1: error: not YAML: a quote is not closed, while scanning a quoted scalar that "
                                   "began on line 1"},
      {STR_INIT("a: *:5000"), "f:1:5: error: not YAML: a value that begins with '*' or '&' needs quotes"},
      {STR_INIT("a: [b, ::1]"), "f:1:8: error: not YAML: a value is expected here (does one with ':' need quotes?)"},
      {STR_INIT("a: *x"), "f:1:4: error: an alias ('*…') cannot be used (write the value out)"},
      {STR_INIT("*x : 1"), "f:1:1: error: an alias ('*…') cannot be a key (write it out)"},
      {STR_INIT("a: !!str 5"), "f:1:4: error: a tag ('!…') has no meaning here (leave it out)"},
      {STR_INIT("? [a]\n: 1"), "f:1:3: error: a key must be a single word, not a list or a mapping"},
      {STR_INIT("a: caf\xe9"), "f:1:7: error: \\xe9 is not UTF-8 (save the file as UTF-8)"},
      {STR_INIT("a: é\nb: \x1b[31m"), "f:2:4: error: \\x1b is a control character"},
      {STR_INIT("a: 1\0"), "f:1:5: error: \\x00 is a NUL byte (is this a text file?)"},
      {STR_INIT("\xff\xfe"
                "a\0"),
       "f:1:1: error: the file is UTF-16 (save it as UTF-8)"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct reading reading;
    read_text(&reading, bad[i].text);
    assert_message(&reading, bad[i].message);
    forget(&reading);
  }
}

static void test_keeps_documents_before_an_error(void **state) {
  (void)state;
  struct reading reading;
  read_text(&reading, STR("a: 1\n---\nb: [\n"));
  assert_int_equal(reading.report.errors, 1);
  assert_non_null(yaml_find(reading.documents, "a"));
  assert_null(reading.documents->next);
  forget(&reading);
}

/* `times` times `piece`, read; the processor time of that in ms. */
static double read_many(struct reading *reading, const char *before, const char *piece, size_t times) {
  size_t head = strlen(before), len = strlen(piece);
  char *text = malloc(head + len * times);
  assert_non_null(text);
  memcpy(text, before, head);
  for (size_t i = 0; i < times; i++) memcpy(text + head + i * len, piece, len);
  clock_t begun = clock();
  read_text(reading, str_make(text, head + len * times));
  double ms = (double)(clock() - begun) * 1000 / CLOCKS_PER_SEC;
  free(text);
  return ms;
}

static void test_refuses_bombs_at_once(void **state) {
  (void)state;
  static const struct {
    const char *before, *piece;
    size_t times;
    const char *message;
  } bombs[] = {
      {"", "[", 200000, "f:1:65: error: nested deeper than 64 levels"},
      {"", "{a: ", 10000, "f:1:257: error: nested deeper than 64 levels"},
      {"", "- ", 10000, "f:1:129: error: nested deeper than 64 levels"},
      {"", "a: 1\n", 2000000, "f:1:1: error: the file has 10000000 bytes, more than the limit of 1 MiB (split it)"},
      {"", "%TAG !a! x:\n", 50000, "f:17:1: error: \\x25 begins more directives than any configuration needs"},
      {"a: &x [x,x,x,x]\n", "b: [*x,*x,*x,*x]\n", 1,
       "f:2:5: error: an alias ('*…') cannot be used (write the value out)"},
  };
  for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++) {
    struct reading reading;
    double ms = read_many(&reading, bombs[i].before, bombs[i].piece, bombs[i].times);
    assert_message(&reading, bombs[i].message);
    forget(&reading);
    if (ms > 500) fail_msg("bomb %zu took %.0f ms", i, ms);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_keeps_places),
      cmocka_unit_test(test_knows_null),
      cmocka_unit_test(test_refuses),
      cmocka_unit_test(test_keeps_documents_before_an_error),
      cmocka_unit_test(test_refuses_bombs_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
