/* The root's key lives in this file's memory alone, from its making until the intermediate is signed. */
#include "liteginx/tls/founding.h"

#include <errno.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "liteginx/base/clock.h"
#include "liteginx/base/filename.h"
#include "liteginx/base/utf8.h"
#include "liteginx/tls/certificate.h"
#include "liteginx/tls/constraint.h"
#include "liteginx/tls/private_folder.h"

enum { YEAR_S = 31557600, ID_BYTES = 4, ID_DIGITS = 2 * ID_BYTES, PART_BYTES = 128 };

/* A CA that is not written yet. */
struct founded {
  X509 *root, *intermediate;
  EVP_PKEY *key; /* the intermediate's */
};

static bool sign_both(struct founded *founded, const struct founding_wish *wish, struct tls_problem *problem);
static X509 *sign_root(EVP_PKEY *key, const char *owner, const char *id, NAME_CONSTRAINTS *constraints);
static X509 *sign_intermediate(const struct founded *founded, EVP_PKEY *root_key, const char *owner, const char *id,
                               NAME_CONSTRAINTS *constraints);
static bool random_id(char id[ID_DIGITS + 1]);
static bool lay_down(const struct founded *founded, const char *folder, struct tls_problem *problem);
static int write_files(const struct founded *founded, const char *folder);
static int write_certificate(const char *folder, const char *name, X509 *certificate);
static int write_key(const char *folder, EVP_PKEY *key);
static int write_memory(const char *folder, const char *name, BIO *memory);
static void remove_files(const char *folder);

bool founding_make(const char *folder, const struct founding_wish *wish, struct tls_problem *problem) {
  struct founded founded = {.key = certificate_new_key()};
  bool good = founded.key ? sign_both(&founded, wish, problem) : tls_problem_no_memory(problem);
  good = good && lay_down(&founded, folder, problem);
  X509_free(founded.root);
  X509_free(founded.intermediate);
  EVP_PKEY_free(founded.key);
  return good;
}

/* --- the certificates --- */

/* EVP_PKEY_free wipes the root's key. */
static bool sign_both(struct founded *founded, const struct founding_wish *wish, struct tls_problem *problem) {
  char id[ID_DIGITS + 1], owner[FOUNDING_OWNER_BYTES + 1];
  struct str shown = str_of(wish->owner);
  if (!utf8_valid(shown)) shown = STR("somebody");
  snprintf(owner, sizeof owner, "%.*s", STR_ARG(utf8_upto(shown, FOUNDING_OWNER_BYTES)));
  NAME_CONSTRAINTS *constraints = constraint_make(wish->hosts, wish->host_count, problem);
  if (!constraints) return false;
  EVP_PKEY *root_key = random_id(id) ? certificate_new_key() : NULL;
  if (root_key) founded->root = sign_root(root_key, owner, id, constraints);
  if (founded->root) founded->intermediate = sign_intermediate(founded, root_key, owner, id, constraints);
  EVP_PKEY_free(root_key);
  NAME_CONSTRAINTS_free(constraints);
  return founded->intermediate || tls_problem_no_memory(problem);
}

static X509 *sign_root(EVP_PKEY *key, const char *owner, const char *id, NAME_CONSTRAINTS *constraints) {
  int64_t now = clock_now().tv_sec;
  char name[PART_BYTES];
  snprintf(name, sizeof name, FOUNDING_NAME " %s %s", owner, id);
  struct certificate_plan plan = {
      .organization = "liteginx",
      .unit = owner,
      .name = name,
      .key = key,
      .issuer_key = key,
      .from = now - FOUNDING_SKEW_S,
      .to = now + (int64_t)FOUNDING_YEARS * YEAR_S,
      .path_length = CERTIFICATE_ISSUES_ISSUERS,
      .constraints = constraints,
  };
  return certificate_make(&plan);
}

static X509 *sign_intermediate(const struct founded *founded, EVP_PKEY *root_key, const char *owner, const char *id,
                               NAME_CONSTRAINTS *constraints) {
  char name[PART_BYTES];
  snprintf(name, sizeof name, "liteginx issuer %s %s", owner, id);
  struct certificate_plan plan = {
      .organization = "liteginx",
      .unit = owner,
      .name = name,
      .key = founded->key,
      .issuer = founded->root,
      .issuer_key = root_key,
      .from = certificate_time(X509_get0_notBefore(founded->root)),
      .to = certificate_time(X509_get0_notAfter(founded->root)),
      .path_length = CERTIFICATE_ISSUES_LEAVES,
      .constraints = constraints,
  };
  return certificate_make(&plan);
}

static bool random_id(char id[ID_DIGITS + 1]) {
  unsigned char bytes[ID_BYTES];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  for (unsigned i = 0; i < sizeof bytes; i++) snprintf(id + (size_t)2 * i, 3, "%02x", bytes[i]);
  return true;
}

/* --- the folder --- */

/* Made under a name that nobody else has, and given its own only when all is in it. */
static bool lay_down(const struct founded *founded, const char *folder, struct tls_problem *problem) {
  char fresh[PRIVATE_FOLDER_PATH_BYTES], above[PRIVATE_FOLDER_PATH_BYTES], id[ID_DIGITS + 1];
  if (!random_id(id)) return tls_problem_no_memory(problem);
  int len = snprintf(fresh, sizeof fresh, "%s.new-%s", folder, id), code = 0;
  struct str parent = filename_folder(str_of(folder));
  if (len < 0 || (size_t)len >= sizeof fresh) code = ENAMETOOLONG;
  if (code == 0 && parent.len) {
    snprintf(above, sizeof above, "%.*s", STR_ARG(parent));
    code = private_folder_make(above);
  }
  if (code == 0) code = private_folder_make_new(fresh);
  if (code == 0) {
    code = write_files(founded, fresh);
    if (code == 0) code = private_folder_rename(fresh, folder);
    if (code != 0) remove_files(fresh);
  }
  if (code == 0 || code == EEXIST) return true;
  return tls_problem_say(problem, "the local CA could not be written to %.*s: %s",
                         STR_ARG(str_upto(str_of(folder), 150)), strerror(code));
}

static int write_files(const struct founded *founded, const char *folder) {
  int code = write_certificate(folder, FOUNDING_ROOT, founded->root);
  if (code == 0) code = write_certificate(folder, FOUNDING_INTERMEDIATE, founded->intermediate);
  return code == 0 ? write_key(folder, founded->key) : code;
}

static int write_certificate(const char *folder, const char *name, X509 *certificate) {
  BIO *memory = BIO_new(BIO_s_mem());
  int code = memory && PEM_write_bio_X509(memory, certificate) ? write_memory(folder, name, memory) : ENOMEM;
  BIO_free(memory);
  return code;
}

/* PKCS #8, unencrypted: there is nobody to ask for a password. OpenSSL wipes the memory. */
static int write_key(const char *folder, EVP_PKEY *key) {
  BIO *memory = BIO_new(BIO_s_mem());
  bool good = memory && PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL);
  int code = good ? write_memory(folder, FOUNDING_KEY, memory) : ENOMEM;
  BIO_free(memory);
  return code;
}

static int write_memory(const char *folder, const char *name, BIO *memory) {
  char path[PRIVATE_FOLDER_PATH_BYTES], *bytes = NULL;
  long len = BIO_get_mem_data(memory, &bytes);
  if (!private_folder_join(path, folder, name)) return ENAMETOOLONG;
  return private_folder_write(path, str_make(bytes, (size_t)len));
}

static void remove_files(const char *folder) {
  static const char *const names[] = {FOUNDING_ROOT, FOUNDING_INTERMEDIATE, FOUNDING_KEY};
  char path[PRIVATE_FOLDER_PATH_BYTES];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (private_folder_join(path, folder, names[i])) private_folder_remove(path);
  }
  private_folder_remove(folder);
}
