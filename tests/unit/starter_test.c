/* What `init` writes, of a table of the test's own and of ours. */
#include "liteginx/config/starter.h"

#include "liteginx/config/tables.h"
#include "loaded.h"
#include "own_table.h"

static void test_of_each_kind(void **state) {
  (void)state;
  struct page page = PAGE_EMPTY;
  starter_write(&page, &table);
  assert_false(page.failed);
  assert_str(buf_view(&page.text), STR("## A kind. (a or b)\nkind: a\n\n"
                                       "## A time.\n#wait: 1s\n\n"
                                       "## A number. (auto or 1..9)\n#count: auto\n\n"
                                       "## Names.\n#set:\n#  Name: value\n\n"
                                       "## A list.\nlist:\n  - x\n\n"
                                       "## Mappings.\n#more:\n  ## A flag.\n#  - flag: true\n"
                                       "    ## A size. (a size from 1KiB to 2KiB)\n#    size: 1KiB\n\n"
                                       "## A mapping.\n#inner:\n  ## A flag.\n#  flag: true\n"
                                       "  ## A size. (a size from 1KiB to 2KiB)\n#  size: 1KiB\n"));
  page_free(&page);
}

/* `text` without the '#' of all keys that are not set. */
static void set_all(char *text) {
  char *to = text;
  for (const char *from = text; *from; from++) {
    bool starts = from == text || from[-1] == '\n';
    if (starts && *from == '#' && from[1] != '#') continue;
    *to++ = *from;
  }
  *to = '\0';
}

static void load_whole(const char *text) {
  struct fixture fixture = {.bind = NULL};
  load_text(&fixture, text);
  assert_loaded(&fixture);
  if (fixture.report.first) fail_msg("%.*s", STR_ARG(fixture.report.first->text));
  unload(&fixture);
}

static void test_ours_is_good_with_and_without_each_key(void **state) {
  (void)state;
  static char text[65536];
  struct page page = PAGE_EMPTY;
  page_add(&page, "%s", starter_head());
  starter_write(&page, &schema_document);
  assert_false(page.failed);
  struct str whole = buf_view(&page.text);
  snprintf(text, sizeof text, "%.*s", STR_ARG(whole));
  page_free(&page);
  load_whole(text);
  set_all(text);
  assert_null(strstr(text, "\n#s"));
  assert_non_null(strstr(text, "\n---\n"));
  load_whole(text);
  static const struct key_table *const tables[] = {&schema_document, &schema_spec,     &schema_target,
                                                   &schema_timeouts, &schema_settings, &schema_tls};
  for (size_t i = 0; i < UNIT_COUNT(tables); i++) {
    for (unsigned row = 0; row < tables[i]->count; row++) {
      char wanted[64];
      bool other_sort = tables[i] == &schema_target && row == TARGET_unix; /* instead of host and port */
      if (other_sort) continue;
      snprintf(wanted, sizeof wanted, "%s:", tables[i]->rows[row].name);
      if (!strstr(text, wanted)) fail_msg("%s is not there", wanted);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_of_each_kind),
                                     cmocka_unit_test(test_ours_is_good_with_and_without_each_key)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
