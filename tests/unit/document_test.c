/* The two kinds of document, and what each of them needs. */
#include "liteginx/config/document.h"

#include "tree.h"

static void test_kinds_of_document(void **state) {
  (void)state;
  static const struct {
    const char *text, *messages;
  } rows[] = {
      {"settings: {hold: 1s}\n", ""},
      {"name: a\nspec: [{kind: tcp, listen: 1, targets: [1]}]\n", ""},
      {"settings: {}\nname: a\n",
       "f:1:1: error: 'settings' must be a document of its own (separate it with a line '---')\n"},
      {"tls: {}\nsettings: {}\n",
       "f:2:1: error: 'settings' must be a document of its own (separate it with a line '---')\n"},
      {"tls: {}\n", "f:1:1: error: missing key 'name'\nf:1:1: error: missing key 'spec'\n"},
      {"{}\n", "f:1:1: error: missing key 'name'\nf:1:1: error: missing key 'spec'\n"},
      {"settings: {}\nx: 1\n", "f:2:1: error: unknown key 'x' (known here: name, spec, tls, settings)\n"},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct tree tree;
    assert_true(tree_document(&tree, rows[i].text));
    tree_assert_messages(&tree, rows[i].messages);
    tree_forget(&tree);
  }
}

static void test_refuses_what_is_no_mapping(void **state) {
  (void)state;
  static const char *const texts[] = {"- a\n", "a\n", "'settings'\n"};
  for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
    struct tree tree;
    assert_false(tree_document(&tree, texts[i]));
    assert_int_equal(tree.report.errors, 1);
    tree_forget(&tree);
  }
}

static void test_has_its_name(void **state) {
  (void)state;
  struct tree tree;
  struct fill fill;
  assert_true(tree_document(&tree, "name: shop\nspec: [{kind: tcp, listen: 1, targets: [1]}]\n"));
  assert_true(fill_init(&fill, &tree.arena, &schema_document));
  const struct document *document = document_make(&tree.repair, &fill, tree.root, &tree.arena);
  assert_non_null(document);
  assert_str(document->name, STR("shop"));
  assert_int_equal(take_count(&document->content, DOCUMENT_spec), 1);
  tree_forget(&tree);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_kinds_of_document),
      cmocka_unit_test(test_refuses_what_is_no_mapping),
      cmocka_unit_test(test_has_its_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
