/* The table at work: what a tree is told, how it is repaired, and what libcyaml makes of it. */
#include "liteginx/config/schema.h"

#include "liteginx/config/habit.h"
#include "unit.h"

struct fixture {
  struct arena arena;
  struct config_report report;
  struct schema_check check;
  size_t expanded_bytes;
  struct schema_stray *strays;
  struct yaml_node *root;
};

static const char *table_env(void *owner, const char *name) {
  (void)owner;
  static char long_text[60001];
  memset(long_text, 'x', sizeof long_text - 1);
  if (strcmp(name, "LONG") == 0) return long_text;
  return strcmp(name, "TRICK") == 0 ? "\\\", \"spec\": {\n\xf0\x9f\x98\x80" : NULL;
}

/* Whether the document could be repaired. */
static bool repair(struct fixture *fixture, const char *text) {
  arena_init(&fixture->arena, NULL, 1 << 28);
  config_report_init(&fixture->report);
  fixture->expanded_bytes = 0;
  fixture->strays = NULL;
  fixture->check = (struct schema_check){.arena = &fixture->arena,
                                         .file = STR_INIT("f"),
                                         .env = table_env,
                                         .expanded_bytes = &fixture->expanded_bytes,
                                         .strays = &fixture->strays,
                                         .report = &fixture->report};
  fixture->root = yaml_read(&fixture->arena, STR("f"), str_of(text), &fixture->report);
  assert_non_null(fixture->root);
  return schema_repair(&fixture->check, fixture->root);
}

static void forget(struct fixture *fixture) {
  arena_reset(&fixture->arena);
  config_report_free(&fixture->report);
}

static void test_fills_the_structs(void **state) {
  (void)state;
  struct fixture fixture;
  assert_true(repair(&fixture, "name: 'é\"\\ '\nspec:\n- kind: tcp\n  listen: 1\n  timeouts: {idle: 2s}\n"
                               "  targets: [{host: a, port: 3}, {port: 4, host: '', weight: \"a\\u2028b\"}]\n"));
  assert_null(fixture.report.first);
  const struct schema_document *document = schema_load(&fixture.arena, fixture.root);
  assert_non_null(document);
  assert_string_equal(document->name, "é\"\\ ");
  assert_null(document->settings);
  assert_null(document->tls);
  assert_int_equal(document->spec_count, 1);
  const struct schema_spec *spec = document->spec;
  assert_string_equal(spec->kind, "tcp");
  assert_null(spec->path);
  assert_null(spec->timeouts->connect);
  assert_string_equal(spec->timeouts->idle, "2s");
  assert_int_equal(spec->targets_count, 2);
  assert_null(spec->targets[0].weight);
  assert_string_equal(spec->targets[1].host, "");
  assert_string_equal(spec->targets[1].port, "4");
  assert_string_equal(spec->targets[1].weight, "a\xe2\x80\xa8"
                                               "b");
  forget(&fixture);

  assert_true(repair(&fixture, "settings: {hold: 1s, trusted_proxies: [a, b], not_found_message: '${TRICK}'}\n"));
  const struct schema_settings *settings = schema_load(&fixture.arena, fixture.root)->settings;
  assert_int_equal(settings->trusted_proxies_count, 2);
  assert_string_equal(settings->trusted_proxies[1], "b");
  assert_string_equal(settings->not_found_message, "\\\", \"spec\": {\n\xf0\x9f\x98\x80");
  assert_null(settings->workers);
  forget(&fixture);

  assert_true(repair(&fixture, "settings: {trusted_proxies: []}\n"));
  assert_int_equal(schema_load(&fixture.arena, fixture.root)->settings->trusted_proxies_count, 0);
  forget(&fixture);
}

/* A mapping with every key there is, and each a second time, gives its list whole and in order. */
static void test_has_no_bound_but_its_table(void **state) {
  (void)state;
  static const char *const keys[] = {"workers",
                                     "bind",
                                     "header_timeout",
                                     "keep_alive",
                                     "upstream_keep_alive",
                                     "upstream_idle",
                                     "max_header_bytes",
                                     "max_header_fields",
                                     "max_body_bytes",
                                     "max_connections",
                                     "drain",
                                     "hold",
                                     "access_log",
                                     "not_found_message"};
  struct fixture fixture;
  char text[4096] = "settings:\n";
  size_t len = strlen(text);
  for (size_t i = 0; i < 2 * UNIT_COUNT(keys); i++) {
    len += (size_t)snprintf(text + len, sizeof text - len, "  %s: x\n", keys[i % UNIT_COUNT(keys)]);
  }
  snprintf(text + len, sizeof text - len, "  zzzzzz: x\n");
  assert_true(repair(&fixture, text));
  assert_int_equal(fixture.report.errors, UNIT_COUNT(keys) + 1);
  char said[1024];
  snprintf(said, sizeof said, "%.*s", STR_ARG(fixture.report.last->text));
  const char *listed = strchr(said, '(');
  assert_non_null(listed);
  for (size_t i = 0; i < UNIT_COUNT(keys); i++) {
    listed = strstr(listed, keys[i]);
    if (!listed) fail_msg("%s is not listed", keys[i]);
  }
  assert_true(str_ends_with(fixture.report.last->text, STR(", trusted_proxies)")));
  forget(&fixture);
}

/* The word of ours that a habit's row names is known where the row says, and its own names are not; and what was meant is
 * not missed. */
static void test_words_of_habits_are_ours(void **state) {
  (void)state;
  static const struct {
    const char *under, *before, *behind;
  } places[] = {
      {"", "", ""},
      {"spec", "name: a\nspec: [{", "}]\n"},
      {"targets", "name: a\nspec: [{targets: [{", "}]}]\n"},
      {"timeouts", "name: a\nspec: [{timeouts: {", "}}]\n"},
      {"settings", "settings: {", "}\n"},
  };
  const struct habit_keys *row;
  for (size_t i = 0; (row = habit_keys_at(i)); i++) {
    struct fixture fixture;
    size_t place = 0;
    while (place < UNIT_COUNT(places) && strcmp(places[place].under, row->under) != 0) place++;
    assert_true(place < UNIT_COUNT(places));
    struct str rest = str_of(row->names), name;
    while (str_next(&rest, ' ', &name)) {
      char text[256], wanted[256];
      snprintf(text, sizeof text, "%s%.*s: x%s", places[place].before, STR_ARG(name), places[place].behind);
      snprintf(wanted, sizeof wanted, "error: unknown key '%.*s' (%s)", STR_ARG(name), row->advice);
      (void)repair(&fixture, text);
      bool found = false, missed = false;
      for (const struct config_message *message = fixture.report.first; message; message = message->next) {
        char missing[64];
        snprintf(missing, sizeof missing, "missing key '%s'", row->means ? row->means : "-");
        found |= str_ends_with(message->text, str_of(wanted));
        missed |= str_ends_with(message->text, str_of(missing));
      }
      if (!found || missed) fail_msg("%s", text);
      forget(&fixture);
    }
    if (!row->means) continue;
    char known[256], unknown[64];
    snprintf(known, sizeof known, "%s%s: x%s", places[place].before, row->means, places[place].behind);
    snprintf(unknown, sizeof unknown, "error: unknown key '%s'", row->means);
    (void)repair(&fixture, known);
    for (const struct config_message *message = fixture.report.first; message; message = message->next) {
      struct str words = str_from(message->text, str_find(message->text, 'e'));
      if (str_starts_with(words, str_of(unknown))) fail_msg("%s is no key of '%s'", row->means, row->under);
    }
    forget(&fixture);
  }
}

/* Whatever is wrong, the structs can be filled, and item n of a list is still child n of the tree. */
static void test_repairs(void **state) {
  (void)state;
  static const struct {
    const char *text;
    unsigned errors, specs;
  } wrong[] = {
      {"x: 1\n", 3, 0},
      {"nmae: 1\nsepc: []\n", 2, 1},
      {"name: [a]\nspec: {a: b}\ntls: 5\n", 3, 1},
      {"name: ~\nspec: []\n", 2, 1},
      {"name: a\nspec: [1, {}, ~, {kind: [a], listen: {b: c}, targets: [[a], {hots: b}]}]\n", 10, 4},
      {"name: a\nname: b\nspec: [{kind: tcp, kind: http, listen: *x, targets: ~, timeouts: [], hold: '${NONE}'}]\n", 6,
       1},
      {"settings: {workers: {}, trusted_proxies: x, bind: \"a\\0b\", wrokers: 1}\nname: a\n", 5, 0},
  };
  for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
    struct fixture fixture;
    assert_true(repair(&fixture, wrong[i].text));
    if (fixture.report.errors != wrong[i].errors) fail_msg("%zu: %u errors", i, fixture.report.errors);
    const struct schema_document *document = schema_load(&fixture.arena, fixture.root);
    assert_non_null(document);
    assert_int_equal(document->spec_count, wrong[i].specs);
    const struct yaml_node *list = yaml_find(fixture.root, "spec");
    unsigned items = 0;
    for (const struct yaml_node *item = list ? list->first : NULL; item; item = item->next) items++;
    assert_int_equal(items, wrong[i].specs);
    forget(&fixture);
  }
}

static void test_marks_stand_ins(void **state) {
  (void)state;
  struct fixture fixture;
  assert_true(repair(&fixture, "name: a\nspec:\n  - kind: tcp\n    lisetn: 1\n    targets: [{host: a, port: [1]}]\n"));
  assert_int_equal(fixture.report.errors, 2);
  const struct yaml_node *spec = yaml_find(fixture.root, "spec")->first;
  assert_false(yaml_find(spec, "kind")->reported);
  assert_true(yaml_find(spec, "listen")->reported);
  const struct yaml_node *target = yaml_find(spec, "targets")->first;
  assert_false(yaml_find(target, "host")->reported);
  assert_true(yaml_find(target, "port")->reported);
  assert_string_equal(schema_load(&fixture.arena, fixture.root)->spec[0].listen, "");
  forget(&fixture);
}

static void test_refuses_what_is_no_mapping(void **state) {
  (void)state;
  static const char *const texts[] = {"- a\n", "a\n", "'settings'\n"};
  for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
    struct fixture fixture;
    assert_false(repair(&fixture, texts[i]));
    assert_int_equal(fixture.report.errors, 1);
    forget(&fixture);
  }
}

static void test_bounds_what_variables_fill_in(void **state) {
  (void)state;
  enum { TIMES = 400, PIECE = 10 };
  static char text[64 + TIMES * PIECE];
  size_t len = (size_t)snprintf(text, sizeof text, "settings: {trusted_proxies: [");
  for (int i = 0; i < TIMES; i++) len += (size_t)snprintf(text + len, sizeof text - len, "'${LONG}',");
  snprintf(text + len, sizeof text - len, "]}");
  struct fixture fixture;
  assert_false(repair(&fixture, text));
  assert_int_equal(fixture.report.errors, 1);
  assert_str(fixture.report.first->text,
             STR("f:1:2820: error: 'trusted_proxies': variables fill in more than 16 MiB here"));
  forget(&fixture);
}

static void test_fails_without_memory(void **state) {
  (void)state;
  struct fixture fixture;
  assert_true(repair(&fixture, "name: a\nspec: [{kind: tcp, listen: 1, targets: [{host: a, port: 1}]}]\n"));
  struct arena arena;
  unsigned failed = 0;
  arena_init(&arena, NULL, 0);
  for (; !schema_load(&arena, fixture.root); failed++) {
    arena_reset(&arena);
    arena.max_bytes += 16;
    assert_in_range(failed, 0, 1000);
  }
  assert_true(failed > 10);
  arena_reset(&arena);
  forget(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fills_the_structs),
      cmocka_unit_test(test_has_no_bound_but_its_table),
      cmocka_unit_test(test_words_of_habits_are_ours),
      cmocka_unit_test(test_repairs),
      cmocka_unit_test(test_marks_stand_ins),
      cmocka_unit_test(test_refuses_what_is_no_mapping),
      cmocka_unit_test(test_bounds_what_variables_fill_in),
      cmocka_unit_test(test_fails_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
