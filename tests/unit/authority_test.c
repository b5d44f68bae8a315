/* The local CA: clients that trust its root take what it issues, and nothing that anybody signs with its key for others' names. */
#include "liteginx/tls/authority.h"

#include <openssl/err.h>

#include "liteginx/base/clock.h"
#include "liteginx/tls/certificate.h"
#include "local_ca.h"

enum { THREADS = 4, ROUNDS = 20, DAY_S = 86400 };

static const struct founding_wish wish = {.owner = "me@machine"};

static struct authority *open_ca(const char *folder) {
  struct authority *authority;
  struct tls_problem problem = {""};
  if (!authority_open(folder, &wish, &authority, &problem)) fail_msg("%s", problem.text);
  return authority;
}

static void test_issues_what_clients_take(void **state) {
  (void)state;
  static const char *const names[] = {"localhost", "127.0.0.1",    "::1",        "app.localhost",
                                      "a.b.test",  "192.168.1.20", "db.internal"};
  struct authority *authority = open_ca("ca");
  for (size_t i = 0; i < UNIT_COUNT(names); i++) {
    struct credential leaf;
    struct tls_problem problem = {""};
    assert_true(authority_permits(authority, str_of(names[i])));
    if (!authority_issue(authority, str_of(names[i]), &leaf, &problem)) fail_msg("%s: %s", names[i], problem.text);
    assert_int_equal(sk_X509_num(leaf.chain), 1);
    assert_int_equal(local_ca_judge(authority_root(authority), leaf.leaf, leaf.chain, names[i]), X509_V_OK);
    assert_int_equal(local_ca_judge(authority_root(authority), leaf.leaf, leaf.chain, "other.test"),
                     X509_V_ERR_HOSTNAME_MISMATCH);
    assert_int_equal(X509_check_private_key(leaf.leaf, leaf.key), 1);
    assert_int_equal(X509_NAME_get_index_by_NID(X509_get_subject_name(leaf.leaf), NID_commonName, -1), -1);
    credential_free(&leaf);
  }
  assert_int_equal(ERR_peek_error(), 0);
  authority_free(authority);
}

static void test_leaves_live_for_90_days(void **state) {
  (void)state;
  struct authority *authority = open_ca("ca");
  struct credential leaf;
  struct tls_problem problem;
  int64_t now = clock_now().tv_sec;
  assert_true(authority_issue(authority, STR("*.app.test"), &leaf, &problem));
  int64_t from = certificate_time(X509_get0_notBefore(leaf.leaf)), to = certificate_time(X509_get0_notAfter(leaf.leaf));
  assert_in_range(now - from, 3598, 3600);
  assert_int_equal(to - from, 90 * DAY_S);
  assert_int_equal(credential_renewal(&leaf), from + 60 * DAY_S);
  assert_int_equal(local_ca_judge(authority_root(authority), leaf.leaf, leaf.chain, "x.app.test"), X509_V_OK);
  assert_true(authority_end(authority) > now + (int64_t)3650 * DAY_S);
  credential_free(&leaf);
  authority_free(authority);
}

static void test_refuses_others_names(void **state) {
  (void)state;
  static const struct {
    const char *name, *problem;
  } bad[] = {
      {"example.com", "the local CA may not sign for 'example.com'"},
      {"8.8.8.8", "the local CA may not sign for '8.8.8.8'"},
      {"a b", "'a b' is no name that a certificate can hold"},
      {"", "'' is no name that a certificate can hold"},
  };
  struct authority *authority = open_ca("ca");
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
    struct credential leaf;
    struct tls_problem problem;
    assert_false(authority_permits(authority, str_of(bad[i].name)));
    assert_false(authority_issue(authority, str_of(bad[i].name), &leaf, &problem));
    assert_string_equal(problem.text, bad[i].problem);
    assert_null(leaf.leaf);
  }
  authority_free(authority);
}

static void test_permits_hosts_of_its_making(void **state) {
  (void)state;
  const struct str hosts[] = {STR_INIT("dev.example.com")};
  const struct founding_wish with_host = {.owner = "me@machine", .hosts = hosts, .host_count = 1};
  struct authority *authority, *again;
  struct credential leaf;
  struct tls_problem problem;
  assert_true(authority_open("ca", &with_host, &authority, &problem));
  assert_true(authority_issue(authority, STR("dev.example.com"), &leaf, &problem));
  assert_int_equal(local_ca_judge(authority_root(authority), leaf.leaf, leaf.chain, "dev.example.com"), X509_V_OK);
  credential_free(&leaf);
  again = open_ca("ca"); /* whoever opens it later, and with whatever hosts */
  assert_true(authority_permits(again, STR("dev.example.com")));
  assert_int_equal(X509_cmp(authority_root(authority), authority_root(again)), 0);
  authority_free(again);
  authority_free(authority);
}

/* Somebody has stolen the folder. */
static X509 *sign_by_hand(X509 *issuer, EVP_PKEY *issuer_key, EVP_PKEY *key, int path_length, const char *name) {
  GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
  if (name) assert_true(sk_GENERAL_NAME_push(names, certificate_name(str_of(name))) > 0);
  struct certificate_plan plan = {.organization = "thief",
                                  .key = key,
                                  .issuer = issuer,
                                  .issuer_key = issuer_key,
                                  .from = clock_now().tv_sec - 100,
                                  .to = clock_now().tv_sec + 100,
                                  .path_length = path_length,
                                  .names = name ? names : NULL};
  X509 *made = certificate_make(&plan);
  assert_non_null(made);
  sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
  return made;
}

static void test_its_key_signs_for_nobody_else(void **state) {
  (void)state;
  static const char *const names[] = {"www.example.com", "*.example.com", "1.1.1.1", "2001:db8::1",
                                      "localhost.example.com"};
  authority_free(open_ca("ca"));
  X509 *root = local_ca_certificate("ca/root.pem"), *issuer = local_ca_certificate("ca/intermediate.pem");
  EVP_PKEY *stolen = local_ca_key("ca/intermediate-key.pem"), *key = certificate_new_key();
  STACK_OF(X509) *chain = sk_X509_new_null();
  sk_X509_push(chain, issuer);
  for (size_t i = 0; i < UNIT_COUNT(names); i++) {
    X509 *leaf = sign_by_hand(issuer, stolen, key, CERTIFICATE_LEAF, names[i]);
    const char *asked = names[i][0] == '*' ? "www.example.com" : names[i];
    assert_int_equal(local_ca_judge(root, leaf, chain, asked), X509_V_ERR_PERMITTED_VIOLATION);
    X509_free(leaf);
  }
  X509 *good = sign_by_hand(issuer, stolen, key, CERTIFICATE_LEAF, "app.test");
  assert_int_equal(local_ca_judge(root, good, chain, "app.test"), X509_V_OK);
  X509_free(good);
  /* Nor can it make a CA below it that would not be bound. */
  X509 *ca = sign_by_hand(issuer, stolen, key, CERTIFICATE_ISSUES_LEAVES, NULL);
  X509 *leaf = sign_by_hand(ca, key, key, CERTIFICATE_LEAF, "app.test");
  sk_X509_push(chain, ca);
  assert_int_not_equal(local_ca_judge(root, leaf, chain, "app.test"), X509_V_OK);
  X509_free(leaf);
  X509_free(ca);
  sk_X509_free(chain);
  EVP_PKEY_free(stolen);
  EVP_PKEY_free(key);
  X509_free(issuer);
  X509_free(root);
}

/* --- several at once --- */

struct opener {
  uv_thread_t thread;
  uv_barrier_t *barrier;
  struct authority *authority;
  struct tls_problem problem;
};

static void on_open(void *arg) {
  struct opener *opener = arg;
  uv_barrier_wait(opener->barrier);
  if (!authority_open("ca", &wish, &opener->authority, &opener->problem)) opener->authority = NULL;
}

static void test_first_starts_at_once_agree(void **state) {
  (void)state;
  for (unsigned round = 0; round < ROUNDS; round++) {
    struct opener openers[THREADS];
    uv_barrier_t barrier;
    uv_fs_t request;
    uv_barrier_init(&barrier, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
      openers[i] = (struct opener){.barrier = &barrier};
      assert_int_equal(uv_thread_create(&openers[i].thread, on_open, &openers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) uv_thread_join(&openers[i].thread);
    uv_barrier_destroy(&barrier);
    for (unsigned i = 0; i < THREADS; i++) {
      if (!openers[i].authority) fail_msg("%s", openers[i].problem.text);
      assert_int_equal(X509_cmp(authority_root(openers[0].authority), authority_root(openers[i].authority)), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) authority_free(openers[i].authority);
    assert_int_equal(done(&request, uv_fs_scandir(NULL, &request, ".", 0, NULL)), 1);
    remove_folder("ca");
  }
}

static void on_issue(void *arg) {
  struct opener *opener = arg;
  struct credential leaf;
  uv_barrier_wait(opener->barrier);
  for (unsigned i = 0; i < ROUNDS; i++) {
    if (!authority_issue(opener->authority, STR("app.test"), &leaf, &opener->problem)) return;
    credential_free(&leaf);
  }
}

static void test_threads_issue_side_by_side(void **state) {
  (void)state;
  struct authority *authority = open_ca("ca");
  struct opener openers[THREADS];
  uv_barrier_t barrier;
  uv_barrier_init(&barrier, THREADS);
  for (unsigned i = 0; i < THREADS; i++) {
    openers[i] = (struct opener){.barrier = &barrier, .authority = authority};
    assert_int_equal(uv_thread_create(&openers[i].thread, on_issue, &openers[i]), 0);
  }
  for (unsigned i = 0; i < THREADS; i++) {
    uv_thread_join(&openers[i].thread);
    assert_string_equal(openers[i].problem.text, "");
  }
  uv_barrier_destroy(&barrier);
  authority_free(authority);
}

/* --- what is not as it was made --- */

static void assert_unsound(const char *problem_begins) {
  struct authority *authority;
  struct tls_problem problem = {""};
  assert_int_equal(authority_read("ca", &authority, &problem), AUTHORITY_UNSOUND);
  assert_null(authority);
  assert_str(str_upto(str_of(problem.text), strlen(problem_begins)), str_of(problem_begins));
  assert_false(authority_open("ca", &wish, &authority, &problem));
  assert_null(authority);
}

static void test_there_is_none(void **state) {
  (void)state;
  struct authority *authority;
  struct tls_problem problem;
  assert_int_equal(authority_read("ca", &authority, &problem), AUTHORITY_NONE);
  make_folder("ca");
  assert_int_equal(authority_read("ca", &authority, &problem), AUTHORITY_NONE);
  authority_free(open_ca("ca"));
  assert_int_equal(authority_read("ca", &authority, &problem), AUTHORITY_OPEN);
  assert_str(str_upto(str_of(authority_name(authority)), 29), STR("liteginx local CA me@machine "));
  authority_free(authority);
  authority_free(NULL);
}

static void rename_file(const char *from, const char *to) {
  uv_fs_t request;
  assert_int_equal(done(&request, uv_fs_rename(NULL, &request, from, to, NULL)), 0);
}

static void test_says_what_is_unsound(void **state) {
  (void)state;
  authority_free(open_ca("ca"));
  authority_free(open_ca("other"));
  rename_file("ca/root.pem", "root");
  assert_unsound("root.pem cannot be read: there is no such file");
  make_file("ca/root.pem", "nothing");
  assert_unsound("root.pem holds no certificate that can be read");
  make_large_file("ca/root.pem", 100000);
  assert_unsound("root.pem cannot be read: ");
  rename_file("other/root.pem", "ca/root.pem");
  assert_unsound("intermediate.pem is not signed by root.pem");
  rename_file("root", "ca/root.pem");
  rename_file("ca/intermediate-key.pem", "key");
  make_file("ca/intermediate-key.pem", "");
  assert_unsound("intermediate-key.pem holds no private key that can be read");
  rename_file("other/intermediate-key.pem", "ca/intermediate-key.pem");
  assert_unsound("its key does not belong to its certificate");
  rename_file("key", "ca/intermediate-key.pem");
  authority_free(open_ca("ca"));
}

static void write_pem(const char *path, X509 *certificate, EVP_PKEY *key) {
  BIO *file = BIO_new_file(path, "w");
  assert_non_null(file);
  if (certificate) assert_int_equal(PEM_write_bio_X509(file, certificate), 1);
  if (key) assert_int_equal(PEM_write_bio_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
  BIO_free(file);
}

static X509 *make_root(EVP_PKEY *key, int64_t to) {
  struct certificate_plan plan = {.name = "mkcert me",
                                  .key = key,
                                  .issuer_key = key,
                                  .from = 1000,
                                  .to = to,
                                  .path_length = CERTIFICATE_ISSUES_LEAVES};
  X509 *made = certificate_make(&plan);
  assert_non_null(made);
  return made;
}

/* Another's CA in our place would sign for everybody. */
static void test_takes_none_without_constraints(void **state) {
  (void)state;
  EVP_PKEY *key = certificate_new_key();
  X509 *root = make_root(key, 4102444800);
  make_folder("ca");
  write_pem("ca/root.pem", root, NULL);
  write_pem("ca/intermediate.pem", root, NULL);
  write_pem("ca/intermediate-key.pem", NULL, key);
  assert_unsound("this is no CA that liteginx made");
  X509_free(root);
  EVP_PKEY_free(key);
}

static void test_issues_from_mkcert(void **state) {
  (void)state;
  EVP_PKEY *key = certificate_new_key(), *other = certificate_new_key();
  X509 *root = make_root(key, 4102444800), *expired = make_root(key, 2000);
  struct authority *authority;
  struct credential leaf;
  struct tls_problem problem;
  make_folder("mkcert");
  assert_false(authority_open_mkcert("mkcert", &authority, &problem));
  assert_string_equal(problem.text, "rootCA.pem cannot be read: there is no such file");
  write_pem("mkcert/rootCA.pem", root, NULL);
  write_pem("mkcert/rootCA-key.pem", NULL, key);
  assert_true(authority_open_mkcert("mkcert", &authority, &problem));
  assert_true(authority_permits(authority, STR("dev.example.com")));
  assert_true(authority_issue(authority, STR("dev.example.com"), &leaf, &problem));
  assert_int_equal(sk_X509_num(leaf.chain), 0);
  assert_int_equal(local_ca_judge(root, leaf.leaf, leaf.chain, "dev.example.com"), X509_V_OK);
  credential_free(&leaf);
  authority_free(authority);
  write_pem("mkcert/rootCA-key.pem", NULL, other);
  assert_false(authority_open_mkcert("mkcert", &authority, &problem));
  assert_string_equal(problem.text, "its key does not belong to its certificate");
  write_pem("mkcert/rootCA.pem", expired, NULL);
  write_pem("mkcert/rootCA-key.pem", NULL, key);
  assert_false(authority_open_mkcert("mkcert", &authority, &problem));
  assert_string_equal(problem.text, "it has expired");
  X509_free(root);
  X509_free(expired);
  EVP_PKEY_free(key);
  EVP_PKEY_free(other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_issues_what_clients_take, local_ca_folder, folder_remove),
      cmocka_unit_test_setup_teardown(test_leaves_live_for_90_days, local_ca_folder, folder_remove),
      cmocka_unit_test_setup_teardown(test_refuses_others_names, local_ca_folder, folder_remove),
      cmocka_unit_test_setup_teardown(test_permits_hosts_of_its_making, local_ca_folder, folder_remove),
      cmocka_unit_test_setup_teardown(test_its_key_signs_for_nobody_else, local_ca_folder, folder_remove),
      cmocka_unit_test_setup_teardown(test_first_starts_at_once_agree, local_ca_folder, folder_remove),
      cmocka_unit_test_setup_teardown(test_threads_issue_side_by_side, local_ca_folder, folder_remove),
      cmocka_unit_test_setup_teardown(test_there_is_none, local_ca_folder, folder_remove),
      cmocka_unit_test_setup_teardown(test_says_what_is_unsound, local_ca_folder, folder_remove),
      cmocka_unit_test_setup_teardown(test_takes_none_without_constraints, local_ca_folder, folder_remove),
      cmocka_unit_test_setup_teardown(test_issues_from_mkcert, local_ca_folder, folder_remove),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
