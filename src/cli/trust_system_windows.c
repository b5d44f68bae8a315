/* The user's own store, by the system's calls: no administrator is needed. Windows asks the user in a window of its own before it takes
 * a root, and before it gives one up. wincrypt.h stands before OpenSSL's headers, which take its macros of the same names away. */
#include <windows.h>

#include <wincrypt.h>

#include "liteginx/cli/trust_system.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "liteginx/tls/bundle.h"

static enum trust_state check(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
static bool add(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
static enum trust_change take_out(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
static HCERTSTORE open_store(struct tls_problem *problem);
static BIO *export_store(HCERTSTORE opened);

static const struct trust_store_ops ops = {.check = check, .add = add, .remove = take_out};

void trust_system_find(struct trust_job *job, struct trust_list *list) {
  struct trust_store store = {
      .ops = &ops,
      .words = "the user's store of Windows",
      .place = "Root",
      .restart = "browsers that are open",
  };
  (void)trust_list_add(job, list, store);
}

const char *trust_system_bundle(void) {
  return NULL;
}

static enum trust_state check(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem) {
  (void)store;
  HCERTSTORE opened = open_store(problem);
  BIO *text = opened ? export_store(opened) : NULL;
  char *bytes = NULL;
  long len = text ? BIO_get_mem_data(text, &bytes) : 0;
  enum trust_state state = TRUST_UNKNOWN;
  if (text) state = bundle_trusts(str_make(bytes, (size_t)len), job->authority, problem) ? TRUST_YES : TRUST_NO;
  BIO_free(text);
  if (opened) CertCloseStore(opened, 0);
  return state;
}

static bool add(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem) {
  unsigned char *bytes = NULL;
  (void)store;
  fprintf(job->out, job->dry_run ? "    would add %s to it\n" : "    adds %s to it, once you have said yes\n",
          authority_name(job->authority));
  if (job->dry_run) return true;
  HCERTSTORE opened = open_store(problem);
  if (!opened) return false;
  int len = i2d_X509(authority_root(job->authority), &bytes);
  bool added = len > 0 && CertAddEncodedCertificateToStore(opened, X509_ASN_ENCODING, bytes, (DWORD)len,
                                                           CERT_STORE_ADD_REPLACE_EXISTING, NULL);
  if (!added) (void)tls_problem_say(problem, "Windows did not take it (error %lu)", GetLastError());
  OPENSSL_free(bytes);
  CertCloseStore(opened, 0);
  return added;
}

/* Each search frees what it is given to go on from, and deleting frees as well: so it deletes a second reference. */
static enum trust_change take_out(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem) {
  static const wchar_t name[] = L"" FOUNDING_NAME;
  enum trust_change change = TRUST_SAME;
  PCCERT_CONTEXT found = NULL;
  (void)store;
  HCERTSTORE opened = open_store(problem);
  if (!opened) return TRUST_FAILED;
  while (change != TRUST_FAILED &&
         (found = CertFindCertificateInStore(opened, X509_ASN_ENCODING, 0, CERT_FIND_SUBJECT_STR_W, name, found))) {
    fputs(job->dry_run ? "    would remove a local CA from it\n" : "    removes a local CA from it\n", job->out);
    change = job->dry_run || CertDeleteCertificateFromStore(CertDuplicateCertificateContext(found)) ? TRUST_CHANGED
                                                                                                    : TRUST_FAILED;
  }
  if (change == TRUST_FAILED) {
    (void)tls_problem_say(problem, "Windows did not give it up (error %lu)", GetLastError());
    CertFreeCertificateContext(found);
  }
  CertCloseStore(opened, 0);
  return change;
}

static HCERTSTORE open_store(struct tls_problem *problem) {
  HCERTSTORE opened = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_CURRENT_USER, L"Root");
  if (!opened) (void)tls_problem_say(problem, "Windows does not open it (error %lu)", GetLastError());
  return opened;
}

/* All of its roots as PEM. NULL: out of memory. The caller frees it. */
static BIO *export_store(HCERTSTORE opened) {
  BIO *text = BIO_new(BIO_s_mem());
  PCCERT_CONTEXT next = NULL;
  while (text && (next = CertEnumCertificatesInStore(opened, next))) {
    const unsigned char *bytes = next->pbCertEncoded;
    X509 *root = d2i_X509(NULL, &bytes, (long)next->cbCertEncoded);
    if (root) (void)PEM_write_bio_X509(text, root);
    X509_free(root);
  }
  ERR_clear_error();
  return text;
}
