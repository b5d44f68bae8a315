/* JSON as it is laid out. */
#include "liteginx/config/json_page.h"

#include "unit.h"

static void test_lays_out(void **state) {
  (void)state;
  struct page page = PAGE_EMPTY;
  struct json_page json = {.page = &page};
  json_page_open(&json, NULL, '{');
  json_page_text(&json, "a\"b", "c\\d\n");
  json_page_open(&json, "list", '[');
  json_page_number(&json, NULL, 1);
  json_page_bare(&json, NULL, "true");
  json_page_open(&json, NULL, '{');
  json_page_close(&json, '}');
  json_page_close(&json, ']');
  json_page_any_case(&json, "word", "a-B");
  json_page_close(&json, '}');
  assert_str(buf_view(&page.text), STR("{\n"
                                       "  \"a\\\"b\": \"c\\\\d\\u000a\",\n"
                                       "  \"list\": [\n"
                                       "    1,\n"
                                       "    true,\n"
                                       "    {}\n"
                                       "  ],\n"
                                       "  \"word\": \"^[Aa][--][Bb]$\"\n"
                                       "}"));
  page_free(&page);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_lays_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
