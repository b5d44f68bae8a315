/* What libcyaml makes of a repaired tree. */
#include "liteginx/config/fill.h"

#include "tree.h"

static const struct fill_value *filled(struct tree *tree, const struct key_table *table) {
  struct fill fill;
  assert_true(fill_init(&fill, &tree->arena, table));
  const struct fill_value *values = fill_document(&fill, &tree->arena, tree->root);
  assert_non_null(values);
  return values;
}

static void test_fills_the_values(void **state) {
  (void)state;
  struct tree tree;
  assert_true(tree_document(&tree, "name: 'é\"\\ '\nspec:\n- kind: tcp\n  listen: 1\n  timeouts: {idle: 2s}\n"
                                   "  targets: [{host: a, port: 3}, {port: 4, host: '', weight: \"a\\u2028b\"}]\n"
                                   "- {kind: http, listen: 2, path: /, targets: [9]}\n"));
  assert_null(tree.report.first);
  const struct fill_value *document = filled(&tree, &schema_document);
  assert_string_equal(document[DOCUMENT_name].text, "é\"\\ ");
  assert_null(document[DOCUMENT_settings].values);
  assert_null(document[DOCUMENT_tls].values);
  assert_int_equal(document[DOCUMENT_spec].count, 2);
  const struct fill_value *spec = document[DOCUMENT_spec].values;
  assert_string_equal(spec[SPEC_kind].text, "tcp");
  assert_null(spec[SPEC_path].text);
  const struct fill_value *timeouts = spec[SPEC_timeouts].values;
  assert_null(timeouts[0].text);
  assert_string_equal(timeouts[2].text, "2s");
  assert_int_equal(spec[SPEC_targets].count, 2);
  const struct fill_value *targets = spec[SPEC_targets].values, *second = targets + schema_target.count;
  assert_null(targets[TARGET_weight].text);
  assert_string_equal(second[TARGET_host].text, "");
  assert_string_equal(second[TARGET_port].text, "4");
  assert_string_equal(second[TARGET_weight].text, "a\xe2\x80\xa8"
                                                  "b");
  assert_string_equal(spec[schema_spec.count + SPEC_path].text, "/");
  tree_forget(&tree);

  assert_true(tree_document(&tree, "settings: {hold: 1s, trusted_proxies: [a, b], not_found_message: '${TRICK}'}\n"));
  const struct fill_value *settings = filled(&tree, &schema_document)[DOCUMENT_settings].values;
  assert_int_equal(settings[SETTINGS_trusted_proxies].count, 2);
  assert_string_equal(settings[SETTINGS_trusted_proxies].texts[1], "b");
  assert_string_equal(settings[SETTINGS_not_found_message].text, "\\\", \"spec\": {\n\xf0\x9f\x98\x80");
  assert_null(settings[SETTINGS_workers].text);
  tree_forget(&tree);

  assert_true(tree_document(&tree, "settings: {trusted_proxies: []}\n"));
  settings = filled(&tree, &schema_document)[DOCUMENT_settings].values;
  assert_int_equal(settings[SETTINGS_trusted_proxies].count, 0);
  tree_forget(&tree);
}

/* Names are told with their items, whatever both hold. */
static void test_fills_free_names(void **state) {
  (void)state;
  static const struct key text = {.kind = KEY_TEXT}, inner_rows[] = {{.name = "x", .kind = KEY_TEXT}};
  static const struct key_table inner = {.rows = inner_rows, .count = 1};
  static const struct key mapping = {.kind = KEY_MAPPING, .table = &inner};
  static const struct key rows[] = {{.name = "set", .kind = KEY_NAMES, .item = &text},
                                    {.name = "more", .kind = KEY_NAMES, .item = &mapping}};
  static const struct key_table table = {.rows = rows, .count = UNIT_COUNT(rows)};
  struct tree tree;
  assert_true(tree_mapping(&tree, &table, "set: {X-Id: a, '\": {': '}'}\nmore: {a: {x: 1}, b: {}}\n"));
  const struct fill_value *values = filled(&tree, &table);
  assert_int_equal(values[0].count, 2);
  assert_string_equal(values[0].pairs[0].name.text, "X-Id");
  assert_string_equal(values[0].pairs[0].value.text, "a");
  assert_string_equal(values[0].pairs[1].name.text, "\": {");
  assert_string_equal(values[0].pairs[1].value.text, "}");
  assert_int_equal(values[1].count, 2);
  assert_string_equal(values[1].pairs[0].value.values[0].text, "1");
  assert_null(values[1].pairs[1].value.values[0].text);
  tree_forget(&tree);
  assert_true(tree_mapping(&tree, &table, "set: {}\n"));
  values = filled(&tree, &table);
  assert_int_equal(values[0].count, 0);
  assert_null(values[1].pairs);
  tree_forget(&tree);
}

static void test_fails_without_memory(void **state) {
  (void)state;
  struct tree tree;
  struct fill fill;
  struct arena arena;
  unsigned failed = 0;
  assert_true(tree_document(&tree, "name: a\nspec: [{kind: tcp, listen: 1, targets: [{host: a, port: 1}]}]\n"));
  arena_init(&arena, NULL, 0);
  for (; !fill_init(&fill, &arena, &schema_document); failed++) {
    arena_reset(&arena);
    arena.max_bytes += 16;
    assert_in_range(failed, 0, 1000);
  }
  assert_true(failed > 10);
  arena_reset(&arena);
  assert_true(fill_init(&fill, &tree.arena, &schema_document));
  arena_init(&arena, NULL, 0);
  for (failed = 0; !fill_document(&fill, &arena, tree.root); failed++) {
    arena_reset(&arena);
    arena.max_bytes += 16;
    assert_in_range(failed, 0, 1000);
  }
  assert_true(failed > 10);
  arena_reset(&arena);
  tree_forget(&tree);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fills_the_values),
      cmocka_unit_test(test_fills_free_names),
      cmocka_unit_test(test_fails_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
