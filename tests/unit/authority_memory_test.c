/* Allocations of OpenSSL's fail in turn, on the way from a folder to a leaf: what was begun is given back, and said, and what came
 * nevertheless is whole. Every EVERYth does; $LITEGINX_EVERY says another number (1 takes two minutes). */
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "liteginx/tls/bundle.h"
#include "local_ca.h"

enum { EVERY = 61 };

static long live;
static unsigned counted, failing;

static bool fails(void) {
  return failing && ++counted == failing;
}

static void *on_malloc(size_t size, const char *file, int line) {
  (void)file, (void)line;
  void *block = fails() ? NULL : malloc(size);
  live += block != NULL;
  return block;
}

static void *on_realloc(void *old, size_t size, const char *file, int line) {
  (void)file, (void)line;
  if (size && fails()) return NULL;
  void *block = realloc(old, size);
  live += (!old && block) - (old && !size);
  return block;
}

static void on_free(void *block, const char *file, int line) {
  (void)file, (void)line;
  live -= block != NULL;
  free(block);
}

static const struct founding_wish wish = {.owner = "me@machine"};

/* As bytes have it: what OpenSSL keeps beside them may have suffered. */
static X509 *sent(X509 *certificate) {
  unsigned char *bytes = NULL;
  int len = i2d_X509(certificate, &bytes);
  assert_true(len > 0);
  const unsigned char *at = bytes;
  X509 *copy = d2i_X509(NULL, &at, len);
  assert_non_null(copy);
  OPENSSL_free(bytes);
  return copy;
}

static void assert_good(const struct authority *authority, const struct credential *leaf) {
  X509 *root = sent(authority_root(authority)), *end = sent(leaf->leaf);
  STACK_OF(X509) *chain = sk_X509_new_null();
  assert_int_equal(sk_X509_num(leaf->chain), 1);
  sk_X509_push(chain, sent(sk_X509_value(leaf->chain, 0)));
  assert_int_equal(local_ca_judge(root, end, chain, "app.test"), X509_V_OK);
  sk_X509_pop_free(chain, X509_free);
  X509_free(end);
  X509_free(root);
}

/* True: it went to its end. */
static bool go(const char *folder, struct tls_problem *problem) {
  struct authority *authority;
  struct credential leaf;
  problem->text[0] = '\0';
  if (!authority_open(folder, &wish, &authority, problem)) return false;
  bool good = authority_permits(authority, STR("app.test"));
  if (good) {
    good = authority_issue(authority, STR("app.test"), &leaf, problem);
    unsigned number = failing;
    failing = 0; /* the client has memory */
    if (good) assert_good(authority, &leaf);
    if (good) credential_free(&leaf);
    failing = number;
  } else {
    (void)tls_problem_say(problem, "it is not permitted");
  }
  authority_free(authority);
  return good;
}

static void try_all(const char *folder, bool made) {
  struct tls_problem problem;
  const char *every = getenv("LITEGINX_EVERY");
  unsigned bad = 0, number = 1, step = every ? (unsigned)strtoul(every, NULL, 10) : EVERY;
  for (bool ended = false; !ended; number += step) {
    counted = 0;
    failing = number;
    long before = live;
    bool good = go(folder, &problem);
    ended = counted < number;
    failing = 0;
    ERR_clear_error();
    if (!good) bad++;
    if (!good && !problem.text[0]) fail_msg("number %u: not a word", number);
    if (live > before + 8) fail_msg("number %u: %ld blocks are left", number, live - before);
    uv_fs_t request;
    int there = done(&request, uv_fs_scandir(NULL, &request, folder, 0, NULL));
    if (there >= 0 && there != 3) fail_msg("number %u: half a CA", number);
    if (!made && there >= 0) remove_folder(folder);
  }
  print_message("%s: %u allocations, %u failed visibly\n", folder, number, bad);
  assert_true(bad > 0);
}

static void test_opening_one_that_is_there(void **state) {
  struct tls_problem problem;
  (void)state;
  for (unsigned i = 0; i < 3; i++) assert_true(go("ca", &problem)); /* what OpenSSL makes once and keeps */
  try_all("ca", true);
}

static void test_making_one(void **state) {
  struct tls_problem problem;
  (void)state;
  for (unsigned i = 0; i < 3; i++) {
    assert_true(go("new", &problem));
    remove_folder("new");
  }
  try_all("new", false);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_opening_one_that_is_there, local_ca_folder, folder_remove),
      cmocka_unit_test_setup_teardown(test_making_one, local_ca_folder, folder_remove),
  };
  if (!CRYPTO_set_mem_functions(on_malloc, on_realloc, on_free)) return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
