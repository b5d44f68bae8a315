/* A CA that has just been made is read back like any other: what is used is what the next start will find. */
#include "liteginx/tls/authority.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "liteginx/base/clock.h"
#include "liteginx/tls/certificate.h"
#include "liteginx/tls/constraint.h"
#include "liteginx/tls/private_folder.h"

enum { DAY_S = 86400, NAME_BYTES = 256, FILE_BYTES = 32768, SHOWN_BYTES = 100 };

struct authority {
  X509 *root;   /* what clients trust */
  X509 *issuer; /* of leaves: the intermediate, or the root itself */
  EVP_PKEY *issuer_key;
  NAME_CONSTRAINTS *constraints; /* the issuer's; NULL: none */
  int64_t end;
  char name[NAME_BYTES];
};

static bool read_folder(const char *folder, struct authority *into, struct tls_problem *problem);
static bool read_certificate(const char *folder, const char *name, X509 **certificate, struct tls_problem *problem);
static bool read_key(const char *folder, const char *name, EVP_PKEY **key, struct tls_problem *problem);
static bool read_file(const char *folder, const char *name, char *into, struct str *text, struct tls_problem *problem);
static bool check_ours(const struct authority *authority, struct tls_problem *problem);
static bool check_pair(const struct authority *authority, struct tls_problem *problem);
static bool finish(struct authority *authority, struct tls_problem *problem);
static bool is_constrained(X509 *certificate);
static bool add_name(const struct authority *authority, GENERAL_NAMES *names, struct str name,
                     struct tls_problem *problem);
static bool sign_leaf(const struct authority *authority, GENERAL_NAMES *names, struct credential *credential);
static bool add_chain(const struct authority *authority, struct credential *credential);
static struct authority *give(struct authority *filled, bool good);
static bool is_there(const char *folder);

/* --- opening --- */

enum authority_found authority_read(const char *folder, struct authority **authority, struct tls_problem *problem) {
  struct authority filled = {.root = NULL};
  *authority = NULL;
  if (!is_there(folder)) return AUTHORITY_NONE;
  bool good = read_folder(folder, &filled, problem) && check_ours(&filled, problem) && finish(&filled, problem);
  *authority = give(&filled, good);
  if (good && !*authority) (void)tls_problem_no_memory(problem);
  return *authority ? AUTHORITY_OPEN : AUTHORITY_UNSOUND;
}

bool authority_open(const char *folder, const struct founding_wish *wish, struct authority **authority,
                    struct tls_problem *problem) {
  enum authority_found found = authority_read(folder, authority, problem);
  if (found == AUTHORITY_NONE && !founding_make(folder, wish, problem)) return false;
  if (found == AUTHORITY_NONE) found = authority_read(folder, authority, problem);
  if (found == AUTHORITY_NONE) return tls_problem_say(problem, "the local CA was removed while it was made");
  return found == AUTHORITY_OPEN;
}

bool authority_open_mkcert(const char *folder, struct authority **authority, struct tls_problem *problem) {
  struct authority filled = {.root = NULL};
  bool good = read_certificate(folder, AUTHORITY_MKCERT_ROOT, &filled.root, problem) &&
              read_key(folder, AUTHORITY_MKCERT_KEY, &filled.issuer_key, problem);
  if (good) {
    good = X509_up_ref(filled.root);
    filled.issuer = good ? filled.root : NULL;
  }
  good = good && check_pair(&filled, problem) && finish(&filled, problem);
  *authority = give(&filled, good);
  return *authority || (good && tls_problem_no_memory(problem));
}

void authority_free(struct authority *authority) {
  if (!authority) return;
  X509_free(authority->root);
  X509_free(authority->issuer);
  EVP_PKEY_free(authority->issuer_key);
  NAME_CONSTRAINTS_free(authority->constraints);
  free(authority);
}

/* What was filled in becomes an authority of its own; NULL: it was not good, or there is no memory, and then it is gone. */
static struct authority *give(struct authority *filled, bool good) {
  struct authority *given = malloc(sizeof *given);
  ERR_clear_error();
  if (!given) return NULL;
  *given = *filled;
  if (good) return given;
  authority_free(given);
  return NULL;
}

/* A folder with none of the files in it counts as no CA: somebody made the folder, or emptied it. */
static bool is_there(const char *folder) {
  static const char *const names[] = {FOUNDING_ROOT, FOUNDING_INTERMEDIATE, FOUNDING_KEY};
  char path[PRIVATE_FOLDER_PATH_BYTES];
  bool found = false;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    bool fits = private_folder_join(path, folder, names[i]);
    found = found || (fits && private_folder_access(path) != PRIVATE_FOLDER_MISSING);
  }
  return found;
}

/* --- reading --- */

/* Without one OpenSSL would ask at the terminal. */
static char no_password[] = "";

static bool read_folder(const char *folder, struct authority *into, struct tls_problem *problem) {
  return read_certificate(folder, FOUNDING_ROOT, &into->root, problem) &&
         read_certificate(folder, FOUNDING_INTERMEDIATE, &into->issuer, problem) &&
         read_key(folder, FOUNDING_KEY, &into->issuer_key, problem);
}

static bool read_certificate(const char *folder, const char *name, X509 **certificate, struct tls_problem *problem) {
  char bytes[FILE_BYTES];
  struct str text;
  if (!read_file(folder, name, bytes, &text, problem)) return false;
  BIO *memory = BIO_new_mem_buf(text.ptr, (int)text.len);
  *certificate = memory ? PEM_read_bio_X509(memory, NULL, NULL, no_password) : NULL;
  BIO_free(memory);
  return *certificate || tls_problem_say(problem, "%s holds no certificate that can be read", name);
}

static bool read_key(const char *folder, const char *name, EVP_PKEY **key, struct tls_problem *problem) {
  char bytes[FILE_BYTES];
  struct str text;
  if (!read_file(folder, name, bytes, &text, problem)) return false;
  BIO *memory = BIO_new_mem_buf(text.ptr, (int)text.len);
  *key = memory ? PEM_read_bio_PrivateKey(memory, NULL, NULL, no_password) : NULL;
  BIO_free(memory);
  OPENSSL_cleanse(bytes, sizeof bytes);
  return *key || tls_problem_say(problem, "%s holds no private key that can be read", name);
}

/* `into` has FILE_BYTES. */
static bool read_file(const char *folder, const char *name, char *into, struct str *text, struct tls_problem *problem) {
  char path[PRIVATE_FOLDER_PATH_BYTES];
  size_t size = 0;
  bool fits = private_folder_join(path, folder, name);
  int code = fits ? private_folder_read(path, into, FILE_BYTES, &size) : ENAMETOOLONG;
  *text = str_make(into, size);
  if (code == 0) return true;
  return tls_problem_say(problem, "%s cannot be read: %s", name,
                         code == ENOENT ? "there is no such file" : strerror(code));
}

/* --- checking --- */

/* All three fit together, and only what founding_make makes does so: others' certificates could sign for anybody. */
static bool check_ours(const struct authority *authority, struct tls_problem *problem) {
  if (X509_verify(authority->root, X509_get0_pubkey(authority->root)) != 1 ||
      X509_check_issued(authority->root, authority->issuer) != X509_V_OK ||
      X509_verify(authority->issuer, X509_get0_pubkey(authority->root)) != 1) {
    return tls_problem_say(problem, FOUNDING_INTERMEDIATE " is not signed by " FOUNDING_ROOT);
  }
  if (!is_constrained(authority->root) || !is_constrained(authority->issuer)) {
    return tls_problem_say(problem, "this is no CA that liteginx made: it is not constrained to local names");
  }
  return check_pair(authority, problem);
}

static bool is_constrained(X509 *certificate) {
  int at = X509_get_ext_by_NID(certificate, NID_name_constraints, -1);
  return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(certificate, at));
}

static bool check_pair(const struct authority *authority, struct tls_problem *problem) {
  if (!(X509_get_extension_flags(authority->issuer) & EXFLAG_CA)) {
    return tls_problem_say(problem, "its certificate is none that may sign others");
  }
  if (X509_check_private_key(authority->issuer, authority->issuer_key)) return true;
  return tls_problem_say(problem, "its key does not belong to its certificate");
}

/* What is worked out once: the end, the name, and the constraints. */
static bool finish(struct authority *authority, struct tls_problem *problem) {
  int64_t root_end = certificate_time(X509_get0_notAfter(authority->root));
  int64_t issuer_end = certificate_time(X509_get0_notAfter(authority->issuer));
  int critical = 0;
  authority->end = root_end < issuer_end ? root_end : issuer_end;
  if (authority->end <= clock_now().tv_sec) return tls_problem_say(problem, "it has expired");
  if (X509_NAME_get_text_by_NID(X509_get_subject_name(authority->root), NID_commonName, authority->name,
                                sizeof authority->name) < 0) {
    snprintf(authority->name, sizeof authority->name, "a CA without a name");
  }
  authority->constraints = X509_get_ext_d2i(authority->issuer, NID_name_constraints, &critical, NULL);
  /* -1: there is none; another value without constraints: it cannot be read. */
  return authority->constraints || critical == -1 || tls_problem_say(problem, "its constraints cannot be read");
}

/* --- issuing --- */

bool authority_permits(const struct authority *authority, struct str name) {
  GENERAL_NAME *wanted = certificate_name(name);
  bool permits = wanted && constraint_permits(authority->constraints, wanted);
  GENERAL_NAME_free(wanted);
  return permits;
}

bool authority_issue(const struct authority *authority, struct str name, struct credential *credential,
                     struct tls_problem *problem) {
  return authority_issue_all(authority, &name, 1, credential, problem);
}

bool authority_issue_all(const struct authority *authority, const struct str *names, unsigned count,
                         struct credential *credential, struct tls_problem *problem) {
  *credential = (struct credential){.leaf = NULL};
  if (authority->end <= clock_now().tv_sec) return tls_problem_say(problem, "the local CA has expired");
  GENERAL_NAMES *wanted = sk_GENERAL_NAME_new_null();
  bool good = wanted || tls_problem_no_memory(problem);
  for (unsigned i = 0; good && i < count; i++) good = add_name(authority, wanted, names[i], problem);
  if (good) {
    good = sign_leaf(authority, wanted, credential) && add_chain(authority, credential);
    if (!good) (void)tls_problem_no_memory(problem);
  }
  GENERAL_NAMES_free(wanted);
  if (!good) credential_free(credential);
  return good;
}

static bool add_name(const struct authority *authority, GENERAL_NAMES *names, struct str name,
                     struct tls_problem *problem) {
  struct str shown = str_upto(name, SHOWN_BYTES);
  GENERAL_NAME *wanted = certificate_name(name);
  if (!wanted) return tls_problem_say(problem, "'%.*s' is no name that a certificate can hold", STR_ARG(shown));
  if (!constraint_permits(authority->constraints, wanted)) {
    GENERAL_NAME_free(wanted);
    return tls_problem_say(problem, "the local CA may not sign for '%.*s'", STR_ARG(shown));
  }
  if (sk_GENERAL_NAME_push(names, wanted) > 0) return true;
  GENERAL_NAME_free(wanted);
  return tls_problem_no_memory(problem);
}

/* The names stand among the alternative names alone: no client looks at the subject any more (RFC 9525 §6.3), which is there
 * because Windows takes no leaf without one. */
static bool sign_leaf(const struct authority *authority, GENERAL_NAMES *names, struct credential *credential) {
  int64_t from = clock_now().tv_sec - FOUNDING_SKEW_S, to = from + (int64_t)AUTHORITY_LEAF_DAYS * DAY_S;
  credential->key = certificate_new_key();
  if (credential->key) {
    struct certificate_plan plan = {
        .organization = "liteginx",
        .unit = authority->name,
        .key = credential->key,
        .issuer = authority->issuer,
        .issuer_key = authority->issuer_key,
        .from = from,
        .to = to < authority->end ? to : authority->end,
        .path_length = CERTIFICATE_LEAF,
        .names = names,
    };
    credential->leaf = certificate_make(&plan);
  }
  return credential->leaf != NULL;
}

/* The intermediate; nothing where the root signs itself. */
static bool add_chain(const struct authority *authority, struct credential *credential) {
  credential->chain = sk_X509_new_null();
  if (!credential->chain) return false;
  if (X509_get_extension_flags(authority->issuer) & EXFLAG_SS) return true;
  if (!X509_up_ref(authority->issuer)) return false;
  if (sk_X509_push(credential->chain, authority->issuer) > 0) return true;
  X509_free(authority->issuer);
  return false;
}

/* --- what it is --- */

int64_t authority_end(const struct authority *authority) {
  return authority->end;
}

const char *authority_name(const struct authority *authority) {
  return authority->name;
}

X509 *authority_root(const struct authority *authority) {
  return authority->root;
}
