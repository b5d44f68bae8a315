/* Certificates and keys of users, as their files have them. */
#include "liteginx/tls/credential.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "liteginx/tls/certificate.h"
#include "unit.h"

enum { TEXT_BYTES = 8192 };

/* A root, what it signed, and a leaf of that; and a key that is nobody's. */
struct family {
  EVP_PKEY *keys[4];
  X509 *root, *middle, *leaf;
};

static X509 *make(EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, int path_length, const char *name) {
  struct certificate_plan plan = {.name = name,
                                  .key = key,
                                  .issuer = issuer,
                                  .issuer_key = issuer_key,
                                  .from = 1000000,
                                  .to = 1000900,
                                  .path_length = path_length};
  X509 *made = certificate_make(&plan);
  assert_non_null(made);
  return made;
}

static int set_up(void **state) {
  static struct family family;
  for (size_t i = 0; i < UNIT_COUNT(family.keys); i++) family.keys[i] = certificate_new_key();
  family.root = make(family.keys[0], NULL, family.keys[0], CERTIFICATE_ISSUES_ISSUERS, "root");
  family.middle = make(family.keys[1], family.root, family.keys[0], CERTIFICATE_ISSUES_LEAVES, "middle");
  family.leaf = make(family.keys[2], family.middle, family.keys[1], CERTIFICATE_LEAF, "leaf");
  *state = &family;
  return 0;
}

static int tear_down(void **state) {
  struct family *family = *state;
  for (size_t i = 0; i < UNIT_COUNT(family->keys); i++) EVP_PKEY_free(family->keys[i]);
  X509_free(family->root);
  X509_free(family->middle);
  X509_free(family->leaf);
  return 0;
}

static struct str pem_of(X509 *const *certificates, size_t count, char text[TEXT_BYTES]) {
  BIO *memory = BIO_new(BIO_s_mem());
  for (size_t i = 0; i < count; i++) assert_int_equal(PEM_write_bio_X509(memory, certificates[i]), 1);
  int len = BIO_read(memory, text, TEXT_BYTES - 1);
  BIO_free(memory);
  assert_true(len > 0);
  text[len] = '\0';
  return str_make(text, (size_t)len);
}

static struct str key_of(EVP_PKEY *key, const char *password, char text[TEXT_BYTES]) {
  BIO *memory = BIO_new(BIO_s_mem());
  char word[16] = "";
  if (password) snprintf(word, sizeof word, "%s", password);
  assert_int_equal(PEM_write_bio_PKCS8PrivateKey(memory, key, password ? EVP_aes_128_cbc() : NULL, word,
                                                 (int)strlen(word), NULL, NULL),
                   1);
  int len = BIO_read(memory, text, TEXT_BYTES);
  BIO_free(memory);
  assert_true(len > 0);
  return str_make(text, (size_t)len);
}

static void assert_problem(struct str certificate, struct str key, const char *problem_begins) {
  struct credential credential;
  struct tls_problem problem = {""};
  assert_false(credential_read(&credential, certificate, key, &problem));
  assert_str(str_upto(str_of(problem.text), strlen(problem_begins)), str_of(problem_begins));
  assert_null(credential.leaf);
  assert_null(credential.key);
  assert_int_equal(ERR_peek_error(), 0);
}

static void test_reads_a_pair_with_its_chain(void **state) {
  struct family *family = *state;
  char text[TEXT_BYTES], key[TEXT_BYTES];
  struct credential credential;
  struct tls_problem problem;
  X509 *all[] = {family->leaf, family->middle, family->root};
  struct str certificates = pem_of(all, 3, text), secret = key_of(family->keys[2], NULL, key);
  assert_true(credential_read(&credential, certificates, secret, &problem));
  assert_int_equal(X509_cmp(credential.leaf, family->leaf), 0);
  assert_int_equal(sk_X509_num(credential.chain), 1); /* the root is not sent */
  assert_int_equal(X509_cmp(sk_X509_value(credential.chain, 0), family->middle), 0);
  assert_int_equal(credential_renewal(&credential), 1000600);
  credential_free(&credential);
  credential_free(&credential);
}

static void test_reads_one_that_signed_itself(void **state) {
  struct family *family = *state;
  char text[TEXT_BYTES], key[TEXT_BYTES];
  struct credential credential;
  struct tls_problem problem;
  assert_true(
      credential_read(&credential, pem_of(&family->root, 1, text), key_of(family->keys[0], NULL, key), &problem));
  assert_int_equal(sk_X509_num(credential.chain), 0);
  credential_free(&credential);
}

static void test_passes_over_what_stands_between(void **state) {
  struct family *family = *state;
  char one[TEXT_BYTES], two[TEXT_BYTES], key[TEXT_BYTES], all[3 * TEXT_BYTES];
  struct credential credential;
  struct tls_problem problem;
  struct str secret = key_of(family->keys[2], NULL, key);
  pem_of(&family->leaf, 1, one);
  pem_of(&family->middle, 1, two);
  int len = snprintf(all, sizeof all, "Bag Attributes\n  friendlyName: x\n%s%.*s\r\nsubject=middle\n%s\n", one,
                     STR_ARG(secret), two);
  assert_true(credential_read(&credential, str_make(all, (size_t)len), str_make(all, (size_t)len), &problem));
  assert_int_equal(sk_X509_num(credential.chain), 1);
  credential_free(&credential);
}

static void test_says_what_is_wrong(void **state) {
  struct family *family = *state;
  char text[TEXT_BYTES], key[TEXT_BYTES], other[TEXT_BYTES], cut[2 * TEXT_BYTES];
  X509 *wrong_order[] = {family->middle, family->leaf};
  struct str good = pem_of(&family->leaf, 1, text), secret = key_of(family->keys[2], NULL, key);
  assert_problem(STR(""), secret, "there is no certificate in it");
  assert_problem(str_make(NULL, 0), secret, "there is no certificate in it");
  assert_problem(STR("0\x82\x01\x02"), secret, "there is no certificate in it");
  assert_problem(secret, secret, "there is no certificate in it");
  assert_problem(good, STR(""), "there is no private key in it");
  assert_problem(good, good, "there is no private key in it");
  assert_problem(good, key_of(family->keys[3], NULL, other), "the key does not belong to the certificate");
  assert_problem(good, key_of(family->keys[2], "word", other), "the key is encrypted");
  assert_problem(pem_of(wrong_order, 2, other), secret, "the key belongs to a later certificate of the file");
  snprintf(cut, sizeof cut, "%.*s", (int)good.len / 2, good.ptr);
  assert_problem(str_of(cut), secret, "it holds a certificate that is damaged");
  snprintf(cut, sizeof cut, "%s-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", text);
  assert_problem(str_of(cut), secret, "it holds a certificate that is damaged");
}

/* Wherever a file was cut or a byte of it changed, it is read or it is refused, and nothing else happens. */
static void test_survives_damage(void **state) {
  struct family *family = *state;
  char text[TEXT_BYTES], key[TEXT_BYTES];
  struct credential credential;
  struct tls_problem problem;
  X509 *all[] = {family->leaf, family->middle};
  struct str good = pem_of(all, 2, text), secret = key_of(family->keys[2], NULL, key);
  uint64_t seed = 11;
  for (size_t len = 0; len < good.len; len += 7) {
    if (credential_read(&credential, str_upto(good, len), secret, &problem)) credential_free(&credential);
  }
  for (unsigned i = 0; i < 500; i++) {
    size_t at = unit_random(&seed, (uint32_t)good.len);
    char before = text[at];
    text[at] = (char)unit_random(&seed, 256);
    if (credential_read(&credential, good, secret, &problem)) credential_free(&credential);
    text[at] = before;
  }
  for (unsigned i = 0; i < 500; i++) {
    size_t at = unit_random(&seed, (uint32_t)secret.len);
    char before = key[at];
    key[at] = (char)unit_random(&seed, 256);
    if (credential_read(&credential, good, secret, &problem)) credential_free(&credential);
    key[at] = before;
  }
  assert_int_equal(ERR_peek_error(), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reads_a_pair_with_its_chain),
      cmocka_unit_test(test_reads_one_that_signed_itself),
      cmocka_unit_test(test_passes_over_what_stands_between),
      cmocka_unit_test(test_says_what_is_wrong),
      cmocka_unit_test(test_survives_damage),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
