/* The reference of a table of the test's own. That of ours is docs/CONFIG.md, which another test holds to the rows. */
#include "liteginx/config/reference.h"

#include "liteginx/config/tables.h"
#include "own_table.h"

static void test_of_each_kind(void **state) {
  (void)state;
  struct page page = PAGE_EMPTY;
  reference_write(&page, "# Head\n", &table);
  assert_false(page.failed);
  assert_str(buf_view(&page.text),
             STR("# Head\n\n## Own\n\nAbout it.\n\n"
                 "| key | kind | default | what it is for |\n|---|---|---|---|\n"
                 "| `kind` | word: `a` or `b`, in any case | required | A kind. |\n"
                 "| `wait` | duration | `1s` | A time. Only for `kind: a`. |\n"
                 "| `count` | number, 1 to 9, or `auto` | `auto` | A number. |\n"
                 "| `set` | mapping with names of your own, each with a text |  | Names. |\n"
                 "| `list` | list, each a text: a name; at least one | required | A list. |\n"
                 "| `more` | list, each a mapping, see [Inner Things](#inner-things) |  | Mappings. |\n"
                 "| `inner` | mapping, see [Inner Things](#inner-things) |  | A mapping. |\n"
                 "\n## Inner Things\n\n"
                 "| key | kind | default | what it is for |\n|---|---|---|---|\n"
                 "| `flag` | boolean | `true` | A flag. |\n"
                 "| `size` | size, 1KiB to 2KiB | `1KiB` | A size. |\n"));
  page_free(&page);
}

/* Where a key that is there, and not a word, tells the sort. */
static void test_of_two_sorts(void **state) {
  (void)state;
  static const struct key sorts[] = {
      {.name = "port", .kind = KEY_TEXT, .required = true, .only = "host", .sentence = "A port."},
      {.name = "zone", .kind = KEY_TEXT, .only = "host", .sentence = "A zone."},
      {.name = "file", .kind = KEY_TEXT, .only = "file", .sentence = "A file."},
      {.name = "size", .kind = KEY_TEXT, .required = true, .sentence = "A size."},
  };
  static const struct key_table table_of_sorts = {.title = "Sorts",
                                                  .rows = sorts,
                                                  .count = UNIT_COUNT(sorts),
                                                  .told_by = "file"};
  struct page page = PAGE_EMPTY;
  reference_write(&page, "", &table_of_sorts);
  assert_str(buf_view(&page.text), STR("\n## Sorts\n\n"
                                       "| key | kind | default | what it is for |\n|---|---|---|---|\n"
                                       "| `port` | text | required without `file` | A port. |\n"
                                       "| `zone` | text |  | A zone. Not beside `file`. |\n"
                                       "| `file` | text |  | A file. |\n"
                                       "| `size` | text | required | A size. |\n"));
  page_free(&page);
}

/* A row of the page has four cells, whatever the words of ours hold. */
static void test_of_ours(void **state) {
  (void)state;
  struct page page = PAGE_EMPTY;
  reference_write(&page, reference_head(), &schema_document);
  assert_false(page.failed);
  struct str rest = buf_view(&page.text), line;
  while (str_next(&rest, '\n', &line)) {
    if (!str_starts_with(line, STR("| `"))) continue;
    unsigned bars = 0;
    for (size_t i = 0; i < line.len; i++) bars += line.ptr[i] == '|';
    if (bars != 5) fail_msg("%.*s", STR_ARG(line));
  }
  page_free(&page);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_of_each_kind), cmocka_unit_test(test_of_two_sorts),
                                     cmocka_unit_test(test_of_ours)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
