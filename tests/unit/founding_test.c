/* A new CA's files. */
#include "liteginx/tls/founding.h"

#include "liteginx/tls/certificate.h"
#include "liteginx/tls/private_folder.h"
#include "local_ca.h"

static const struct founding_wish wish = {.owner = "me@machine"};

static void assert_subject(X509 *certificate, const char *begins) {
  char name[256];
  assert_true(X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name) > 0);
  assert_str(str_upto(str_of(name), strlen(begins)), str_of(begins));
  assert_int_equal(strlen(name), strlen(begins) + 8);
}

static void test_makes_a_root_and_one_that_it_signed(void **state) {
  (void)state;
  struct tls_problem problem;
  assert_true(founding_make("new/folder/ca", &wish, &problem));
  X509 *root = local_ca_certificate("new/folder/ca/root.pem");
  X509 *issuer = local_ca_certificate("new/folder/ca/intermediate.pem");
  EVP_PKEY *key = local_ca_key("new/folder/ca/intermediate-key.pem");
  assert_subject(root, "liteginx local CA me@machine ");
  assert_subject(issuer, "liteginx issuer me@machine ");
  assert_int_equal(X509_check_private_key(issuer, key), 1);
  assert_int_equal(X509_check_private_key(root, key), 0); /* of the root's key nothing is left */
  assert_int_equal(X509_get_pathlen(root), 1);
  assert_int_equal(X509_get_pathlen(issuer), 0);
  assert_int_equal(X509_verify(issuer, X509_get0_pubkey(root)), 1);
  assert_int_equal(ASN1_TIME_compare(X509_get0_notAfter(root), X509_get0_notAfter(issuer)), 0);
  int64_t life = certificate_time(X509_get0_notAfter(root)) - certificate_time(X509_get0_notBefore(root));
  assert_in_range(life / 86400, 3652, 3653);
  assert_int_equal(private_folder_access("new/folder/ca"), PRIVATE_FOLDER_OWN);
  X509_free(root);
  X509_free(issuer);
  EVP_PKEY_free(key);
}

static void test_leaves_nothing_else_behind(void **state) {
  (void)state;
  struct tls_problem problem;
  uv_fs_t request;
  assert_true(founding_make("ca", &wish, &problem));
  assert_true(founding_make("ca", &wish, &problem)); /* the second one finds that it is late */
  assert_int_equal(done(&request, uv_fs_scandir(NULL, &request, ".", 0, NULL)), 1);
  assert_int_equal(done(&request, uv_fs_scandir(NULL, &request, "ca", 0, NULL)), 3);
}

static void test_says_why_it_cannot(void **state) {
  (void)state;
  struct tls_problem problem;
  const struct str hosts[] = {STR_INIT("not a name")};
  const struct founding_wish bad = {.owner = "me", .hosts = hosts, .host_count = 1};
  make_file("plain", "");
  assert_false(founding_make("plain/ca", &wish, &problem));
  assert_non_null(strstr(problem.text, "could not be written to plain/ca: "));
  assert_false(founding_make("ca", &bad, &problem));
  assert_string_equal(problem.text, "'not a name' is no name that a certificate can hold");
}

static void test_takes_any_owner(void **state) {
  (void)state;
  struct tls_problem problem;
  const struct founding_wish longer = {.owner = "somebody.with.a.very.long.name@on-a-machine.with-a-long-name.example"};
  const struct founding_wish strange = {.owner = "\xff@x"};
  assert_true(founding_make("a", &longer, &problem));
  assert_true(founding_make("b", &strange, &problem));
  X509 *root = local_ca_certificate("a/root.pem");
  assert_subject(root, "liteginx local CA somebody.with.a.very.long.name@on-a- ");
  X509_free(root);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_makes_a_root_and_one_that_it_signed, local_ca_folder, folder_remove),
      cmocka_unit_test_setup_teardown(test_leaves_nothing_else_behind, local_ca_folder, folder_remove),
      cmocka_unit_test_setup_teardown(test_says_why_it_cannot, local_ca_folder, folder_remove),
      cmocka_unit_test_setup_teardown(test_takes_any_owner, local_ca_folder, folder_remove),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
