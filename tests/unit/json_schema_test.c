/* The schema of a table of the test's own, part by part. That ours agrees with the program is shown by cli_schema.py. */
#include "liteginx/config/json_schema.h"

#include "liteginx/config/tables.h"
#include "own_table.h"

/* Whether the parts stand in the schema, without blanks and line ends, in this order. */
static void assert_parts(struct str schema, const char *const *parts) {
  static char dense[65536];
  size_t len = 0;
  for (size_t i = 0; i < schema.len; i++) {
    if (schema.ptr[i] != ' ' && schema.ptr[i] != '\n') dense[len++] = schema.ptr[i];
  }
  dense[len] = '\0';
  const char *at = dense;
  for (; *parts; parts++) {
    const char *found = strstr(at, *parts);
    if (!found) fail_msg("%s is not in %s", *parts, at);
    at = found;
  }
}

static void test_of_each_kind(void **state) {
  (void)state;
  static const char *const parts[] = {
      "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\"",
      "\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"kind\",\"list\"],",
      "\"kind\":{\"description\":\"Akind.\",\"anyOf\":[{\"enum\":[\"a\",\"b\"]},{\"type\":\"string\",\"pattern\":"
      "\"^[Aa]$\"},",
      "\"wait\":{\"description\":\"Atime.\",\"default\":\"1s\",\"anyOf\":[{\"type\":\"string\",\"pattern\":\"^([0-9]{1,"
      "5}",
      "\"count\":{\"description\":\"Anumber.\",\"default\":\"auto\",\"anyOf\":[{\"type\":\"integer\",\"minimum\":1,"
      "\"maximum\":9},{\"type\":\"string\",\"pattern\":\"^(0*([1-9]))$\"},",
      "{\"enum\":[\"auto\"]},{\"$ref\":\"#/$defs/variable\"}",
      "\"set\":{\"description\":\"Names.\",\"type\":\"object\",\"propertyNames\":{\"minLength\":1},"
      "\"additionalProperties\":{\"type\":[\"string\",\"number\",\"boolean\"]}}",
      "\"list\":{\"description\":\"Alist.\",\"type\":\"array\",\"minItems\":1,\"items\":{\"anyOf\":[{\"type\":"
      "\"string\","
      "\"pattern\":\"^[a-z]+$\"}",
      "\"inner\":{\"description\":\"Amapping.\",\"type\":\"object\"",
      "\"default\":true,\"anyOf\":[{\"type\":\"boolean\"}",
      "\"pattern\":\"^(0*(102[4-9]|10[3-9][0-9]|1[1-9][0-9]{2}|20[0-3][0-9]|204[0-8])B?|0*([1-2])KiB)$\"",
      "\"allOf\":[{\"if\":{\"required\":[\"kind\"],\"properties\":{\"kind\":{\"anyOf\":[{\"pattern\":\"^[Aa]$\"}]}}},"
      "\"then\":{"
      "\"required\":[]}},",
      "{\"if\":{\"required\":[\"kind\"],\"properties\":{\"kind\":{\"anyOf\":[{\"pattern\":\"^[Bb]$\"}]}}},\"then\":{"
      "\"properties\":{\"wait\":false}}}]}",
      NULL};
  struct page page = PAGE_EMPTY;
  json_schema_write(&page, &table);
  assert_false(page.failed);
  assert_parts(buf_view(&page.text), parts);
  page_free(&page);
}

/* What the test's table has none of: a sort that is told by what is there, texts that may be numbers, a mapping in one word. */
static void test_of_ours(void **state) {
  (void)state;
  static const char *const parts[] = {
      "\"name\":{\"description\":",
      "\"anyOf\":[{\"type\":[\"string\",\"number\",\"boolean\"],\"pattern\":",
      "{\"$ref\":\"#/$defs/variable\"}",
      "\"listen\":{\"description\":",
      "\"anyOf\":[{\"type\":\"integer\",\"minimum\":0,\"maximum\":65535},",
      "\"targets\":{\"description\":",
      "\"minItems\":1,\"items\":{\"anyOf\":[{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535},",
      "{\"if\":{\"not\":{\"required\":[\"unix\"]}},\"then\":{\"required\":[\"host\",\"port\"]}}",
      "{\"if\":{\"required\":[\"unix\"]},\"then\":{\"properties\":{\"host\":false,\"port\":false}}}",
      "{\"if\":{\"not\":{\"required\":[\"settings\"]}},\"then\":{\"required\":[\"name\",\"spec\"]}}",
      "{\"if\":{\"required\":[\"settings\"]},\"then\":{\"properties\":{\"name\":false,\"spec\":false,\"tls\":false}}}",
      NULL};
  struct page page = PAGE_EMPTY;
  json_schema_write(&page, &schema_document);
  assert_false(page.failed);
  assert_parts(buf_view(&page.text), parts);
  page_free(&page);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_of_each_kind), cmocka_unit_test(test_of_ours)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
