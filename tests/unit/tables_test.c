/* The tables are sound: a member is as wide as its kind needs, defaults are good, and each row says what it is for. */
#include "liteginx/config/tables.h"

#include "tree.h"

static size_t width(const struct key *key) {
  static const size_t widths[] = {
      [KEY_DURATION] = sizeof(uint64_t), [KEY_WORD] = sizeof(unsigned),         [KEY_BOOL] = sizeof(bool),
      [KEY_TEXT] = sizeof(struct str),   [KEY_LIST] = sizeof(struct key_items), [KEY_NAMES] = sizeof(struct key_items)};
  return key->kind == KEY_MAPPING || key->kind == KEY_SIZE || key->kind == KEY_NUMBER ? key->size : widths[key->kind];
}

static void check_row(const struct key_table *table, const struct key *key) {
  uint64_t value;
  if (key->size && key->size != width(key)) fail_msg("%s: %zu bytes", key->name, key->size);
  if (!key->sentence || !str_ends_with(str_of(key->sentence), STR("."))) fail_msg("%s: no sentence", key->name);
  assert_ptr_equal(key_find(table, str_of(key->name)), key);
  bool has_default = key->fallback || key->inherits;
  if (key->required && has_default) fail_msg("%s is required and has a default", key->name);
  if (!key_is_single(key) || key->kind == KEY_TEXT) return;
  if (key->fallback && !key_read(key, str_of(key->fallback), &value)) fail_msg("%s: bad default", key->name);
  if (!key->required && !has_default) fail_msg("%s has no default", key->name);
  if (key->size && key->size < 8) assert_true(key->most >> (8 * key->size) == 0);
}

static void check_table(const struct key_table *table) {
  assert_in_range(table->count, 1, KEY_MAX_ROWS);
  assert_non_null(table->title);
  for (unsigned i = 0; i < table->count; i++) {
    const struct key *key = &table->rows[i], *item = key->item ? key->item : key;
    check_row(table, key);
    if (item->kind == KEY_MAPPING) check_table(item->table);
  }
}

static void test_tables_are_sound(void **state) {
  (void)state;
  check_table(&schema_document);
}

static void test_names_of_rows(void **state) {
  (void)state;
  assert_string_equal(schema_document.rows[DOCUMENT_settings].name, "settings");
  assert_string_equal(schema_spec.rows[SPEC_hold].name, "hold");
  assert_string_equal(schema_tls.rows[TLS_enabled].name, "enabled");
  assert_string_equal(schema_target.rows[TARGET_weight].name, "weight");
  assert_string_equal(schema_settings.rows[SETTINGS_trusted_proxies].name, "trusted_proxies");
  assert_int_equal(schema_settings.count, SETTINGS_trusted_proxies + 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tables_are_sound),
      cmocka_unit_test(test_names_of_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
