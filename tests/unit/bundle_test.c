/* Whether roots are enough for a client. */
#include "liteginx/tls/bundle.h"

#include "local_ca.h"

enum { TEXT_BYTES = 65536 };

static const struct founding_wish wish = {.owner = "me@machine"};

static size_t read_text(const char *path, char *into) {
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  size_t len = fread(into, 1, TEXT_BYTES, file);
  fclose(file);
  return len;
}

static void test_trusts_what_holds_the_root(void **state) {
  (void)state;
  static char text[3 * TEXT_BYTES];
  struct authority *authority, *other;
  struct tls_problem problem = {""};
  char name[128];
  assert_true(authority_open("ca", &wish, &authority, &problem));
  assert_true(authority_open("other", &wish, &other, &problem));
  size_t len = read_text("other/root.pem", text);
  assert_false(bundle_trusts(str_make(text, len), authority, &problem));
  assert_non_null(strstr(problem.text, "issuer certificate"));
  len += (size_t)snprintf(text + len, TEXT_BYTES,
                          "# words\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  len += read_text("ca/root.pem", text + len);
  assert_true(bundle_trusts(str_make(text, len), authority, &problem));
  assert_true(bundle_first_name(str_make(text, len), name, sizeof name));
  assert_string_equal(name, authority_name(other));
  len = read_text("ca/intermediate.pem", text); /* the root is what counts */
  assert_false(bundle_trusts(str_make(text, len), authority, &problem));
  authority_free(authority);
  authority_free(other);
}

static void test_nothing_trusts_nobody(void **state) {
  (void)state;
  struct authority *authority;
  struct tls_problem problem = {""};
  char name[8];
  assert_true(authority_open("ca", &wish, &authority, &problem));
  assert_false(bundle_trusts(STR(""), authority, &problem));
  assert_false(bundle_trusts(str_make(NULL, 0), authority, &problem));
  assert_false(bundle_first_name(STR("nothing"), name, sizeof name));
  authority_free(authority);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_trusts_what_holds_the_root, local_ca_folder, folder_remove),
      cmocka_unit_test_setup_teardown(test_nothing_trusts_nobody, local_ca_folder, folder_remove),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
