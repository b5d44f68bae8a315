/* The walk: what a tree is told, and how it is repaired. */
#include "liteginx/config/repair.h"

#include "liteginx/config/habit.h"
#include "tree.h"

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
  struct tree tree;
  char text[4096] = "settings:\n";
  size_t len = strlen(text);
  for (size_t i = 0; i < 2 * UNIT_COUNT(keys); i++) {
    len += (size_t)snprintf(text + len, sizeof text - len, "  %s: x\n", keys[i % UNIT_COUNT(keys)]);
  }
  snprintf(text + len, sizeof text - len, "  zzzzzz: x\n");
  assert_true(tree_document(&tree, text));
  assert_int_equal(tree.report.errors, UNIT_COUNT(keys) + 1);
  char said[1024];
  snprintf(said, sizeof said, "%.*s", STR_ARG(tree.report.last->text));
  const char *listed = strchr(said, '(');
  assert_non_null(listed);
  for (size_t i = 0; i < UNIT_COUNT(keys); i++) {
    listed = strstr(listed, keys[i]);
    if (!listed) fail_msg("%s is not listed", keys[i]);
  }
  assert_true(str_ends_with(tree.report.last->text, STR(", trusted_proxies)")));
  tree_forget(&tree);
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
      {"redirect", "name: a\nspec: [{redirect: {", "}}]\n"},
      {"respond", "name: a\nspec: [{respond: {", "}}]\n"},
      {"headers", "name: a\nspec: [{headers: {", "}}]\n"},
      {"request", "name: a\nspec: [{headers: {request: {", "}}}]\n"},
      {"response", "name: a\nspec: [{headers: {response: {", "}}}]\n"},
      {"settings", "settings: {", "}\n"},
  };
  const struct habit_keys *row;
  for (size_t i = 0; (row = habit_keys_at(i)); i++) {
    struct tree tree;
    size_t place = 0;
    while (place < UNIT_COUNT(places) && strcmp(places[place].under, row->under) != 0) place++;
    assert_true(place < UNIT_COUNT(places));
    struct str rest = str_of(row->names), name;
    while (str_next(&rest, ' ', &name)) {
      char text[256], wanted[256];
      snprintf(text, sizeof text, "%s%.*s: x%s", places[place].before, STR_ARG(name), places[place].behind);
      snprintf(wanted, sizeof wanted, "error: unknown key '%.*s' (%s)", STR_ARG(name), row->advice);
      (void)tree_document(&tree, text);
      bool found = false, missed = false;
      for (const struct config_message *message = tree.report.first; message; message = message->next) {
        char missing[64];
        snprintf(missing, sizeof missing, "missing key '%s'", row->means ? row->means : "-");
        found |= str_ends_with(message->text, str_of(wanted));
        missed |= str_ends_with(message->text, str_of(missing));
      }
      if (!found || missed) fail_msg("%s", text);
      tree_forget(&tree);
    }
    if (!row->means) continue;
    char known[256], unknown[64];
    snprintf(known, sizeof known, "%s%s: x%s", places[place].before, row->means, places[place].behind);
    snprintf(unknown, sizeof unknown, "error: unknown key '%s'", row->means);
    (void)tree_document(&tree, known);
    for (const struct config_message *message = tree.report.first; message; message = message->next) {
      struct str words = str_from(message->text, str_find(message->text, 'e'));
      if (str_starts_with(words, str_of(unknown))) fail_msg("%s is no key of '%s'", row->means, row->under);
    }
    tree_forget(&tree);
  }
}

/* Whatever is wrong, libcyaml can fill the values, and item n of a list is still child n of the tree. */
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
      {"name: a\nspec: [1, {}, ~, {kind: [a], listen: {b: c}, targets: [[a], {hots: b}]}]\n", 8, 4},
      {"name: a\nname: b\nspec: [{kind: tcp, kind: http, listen: *x, targets: ~, timeouts: [], hold: '${NONE}'}]\n", 6,
       1},
      {"settings: {workers: {}, trusted_proxies: x, bind: \"a\\0b\", wrokers: 1}\nname: a\n", 5, 0},
  };
  for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
    struct tree tree;
    assert_true(tree_document(&tree, wrong[i].text));
    if (tree.report.errors != wrong[i].errors) fail_msg("%zu: %u errors", i, tree.report.errors);
    struct fill fill;
    assert_true(fill_init(&fill, &tree.arena, &schema_document));
    const struct fill_value *document = fill_document(&fill, &tree.arena, tree.root);
    assert_non_null(document);
    assert_int_equal(document[DOCUMENT_spec].count, wrong[i].specs);
    const struct yaml_node *list = yaml_find(tree.root, "spec");
    unsigned items = 0;
    for (const struct yaml_node *item = list ? list->first : NULL; item; item = item->next) items++;
    assert_int_equal(items, wrong[i].specs);
    tree_forget(&tree);
  }
}

static void test_marks_stand_ins(void **state) {
  (void)state;
  struct tree tree;
  assert_true(
      tree_document(&tree, "name: a\nspec:\n  - kind: tcp\n    lisetn: 1\n    targets: [{host: a, port: [1]}]\n"));
  assert_int_equal(tree.report.errors, 2);
  const struct yaml_node *spec = yaml_find(tree.root, "spec")->first;
  assert_false(yaml_find(spec, "kind")->reported);
  assert_true(yaml_find(spec, "listen")->reported);
  const struct yaml_node *target = yaml_find(spec, "targets")->first;
  assert_false(yaml_find(target, "host")->reported);
  assert_true(yaml_find(target, "port")->reported);
  assert_str(yaml_find(spec, "listen")->text, STR(""));
  assert_int_equal(yaml_find(spec, "listen")->row, SPEC_listen);
  tree_forget(&tree);
}

static void test_bounds_what_variables_fill_in(void **state) {
  (void)state;
  enum { TIMES = 400, PIECE = 10 };
  static char text[64 + TIMES * PIECE];
  size_t len = (size_t)snprintf(text, sizeof text, "settings: {trusted_proxies: [");
  for (int i = 0; i < TIMES; i++) len += (size_t)snprintf(text + len, sizeof text - len, "'${LONG}',");
  snprintf(text + len, sizeof text - len, "]}");
  struct tree tree;
  assert_false(tree_document(&tree, text));
  assert_int_equal(tree.report.errors, 1);
  assert_str(tree.report.first->text,
             STR("f:1:2820: error: 'trusted_proxies': variables fill in more than 16 MiB here"));
  tree_forget(&tree);
}

/* A mapping whose names are the user's: each once, none unknown, its items held to their row. */
static void test_free_names(void **state) {
  (void)state;
  static const struct key item = {.kind = KEY_TEXT};
  static const struct key rows[] = {{.name = "set", .kind = KEY_NAMES, .item = &item},
                                    {.name = "size", .kind = KEY_SIZE, .most = 9}};
  static const struct key_table table = {.rows = rows, .count = UNIT_COUNT(rows)};
  struct tree tree;
  assert_true(tree_mapping(&tree, &table, "set: {size: a, X-Id: '${TRICK}', x-id: 5}\nsiez: 1\n"));
  tree_assert_messages(&tree, "f:2:1: error: unknown key 'siez' (did you mean 'size'?)\n");
  const struct yaml_node *set = yaml_find(tree.root, "set");
  assert_str(yaml_find(set, "X-Id")->text, str_of(tree_env(NULL, "TRICK")));
  assert_str(yaml_find(set, "x-id")->text, STR("5"));
  assert_int_equal(tree.strays != NULL, 0);
  tree_forget(&tree);

  assert_true(
      tree_mapping(&tree, &table, "set: {a: 1, a: 2, '': 3, \"\\0\": 4, b: [c], d: ~, e: '${NOPE}', f: '$X'}\n"));
  config_report_sort(&tree.report);
  tree_assert_messages(&tree, "f:1:13: error: key 'a' is here twice (first on line 1)\n"
                              "f:1:19: error: in 'set': '' is no name\n"
                              "f:1:26: error: in 'set': '?' is no name\n"
                              "f:1:38: error: 'b' must be a single value, got a list\n"
                              "f:1:46: error: 'd' has no value (expected a single value)\n"
                              "f:1:52: error: 'e': ${NOPE} is not set in the environment (a default can be given: "
                              "${NAME:-default})\n");
  assert_string_equal(tree.strays->key, "f");
  tree_forget(&tree);

  assert_true(tree_mapping(&tree, &table, "set: [a]\n"));
  tree_assert_messages(&tree, "f:1:6: error: 'set' must be a mapping, got a list\n");
  tree_forget(&tree);
}

static void test_names_of_a_mapping_are_bounded(void **state) {
  (void)state;
  static const struct key item = {.kind = KEY_TEXT}, rows[] = {{.name = "set", .kind = KEY_NAMES, .item = &item}};
  static const struct key_table table = {.rows = rows, .count = 1};
  static char text[16 * REPAIR_MAX_NAMES];
  struct tree tree;
  size_t len = (size_t)snprintf(text, sizeof text, "set:\n");
  for (int i = 0; i <= REPAIR_MAX_NAMES; i++) {
    len += (size_t)snprintf(text + len, sizeof text - len, "  n%d: x\n", i);
  }
  assert_true(tree_mapping(&tree, &table, text));
  tree_assert_messages(&tree, "f:1002:3: error: 'set' has more than 1000 names\n");
  tree_forget(&tree);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_has_no_bound_but_its_table),
      cmocka_unit_test(test_words_of_habits_are_ours),
      cmocka_unit_test(test_repairs),
      cmocka_unit_test(test_marks_stand_ins),
      cmocka_unit_test(test_bounds_what_variables_fill_in),
      cmocka_unit_test(test_free_names),
      cmocka_unit_test(test_names_of_a_mapping_are_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
