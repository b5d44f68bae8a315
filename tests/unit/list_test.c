/* The intrusive list. */
#include "liteginx/base/list.h"

#include "unit.h"

struct item {
  int before; /* so that the node is not at the item's start */
  struct list node;
  char letter;
};

static void letters(struct list *head, char *out) {
  LIST_EACH(node, head) {
    *out++ = container_of(node, struct item, node)->letter;
  }
  *out = '\0';
}

#define assert_letters(head, expected)            \
  do {                                            \
    char found_letters[8];                        \
    letters(head, found_letters);                 \
    assert_string_equal(found_letters, expected); \
  } while (0)

static void test_order(void **state) {
  (void)state;
  struct item a = {.letter = 'a'}, b = {.letter = 'b'}, c = {.letter = 'c'}, d = {.letter = 'd'};
  struct list head;
  list_init(&head);
  assert_true(list_empty(&head));
  assert_letters(&head, "");
  list_append(&head, &b.node);
  list_append(&head, &d.node);
  list_prepend(&head, &a.node);
  list_insert(&d.node, &c.node);
  assert_false(list_empty(&head));
  assert_letters(&head, "abcd");
  list_remove(&b.node);
  assert_letters(&head, "acd");
  list_remove(&a.node);
  list_remove(&d.node);
  assert_letters(&head, "c");
  list_remove(&c.node);
  assert_true(list_empty(&head));
}

static void test_remove_twice_and_move(void **state) {
  (void)state;
  struct item a = {.letter = 'a'}, b = {.letter = 'b'};
  struct list one, two;
  list_init(&one);
  list_init(&two);
  list_append(&one, &a.node);
  list_append(&one, &b.node);
  list_remove(&a.node);
  list_remove(&a.node);
  assert_letters(&one, "b");
  list_append(&two, &a.node);
  assert_letters(&two, "a");
  assert_letters(&one, "b");
}

static void test_remove_while_walking(void **state) {
  (void)state;
  struct item items[5];
  struct list head;
  list_init(&head);
  for (int i = 0; i < 5; i++) {
    items[i].letter = (char)('a' + i);
    list_append(&head, &items[i].node);
  }
  LIST_EACH(node, &head) {
    char letter = container_of(node, struct item, node)->letter;
    if (letter != 'b' && letter != 'd') list_remove(node);
  }
  assert_letters(&head, "bd");
  LIST_EACH(node, &head) list_remove(node);
  assert_true(list_empty(&head));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_order),
      cmocka_unit_test(test_remove_twice_and_move),
      cmocka_unit_test(test_remove_while_walking),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
