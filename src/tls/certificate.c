/* Extensions are made as values and not as texts that OpenSSL would parse: no name can say more than a name then. */
#include "liteginx/tls/certificate.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "liteginx/base/ip.h"
#include "liteginx/base/utf8.h"

enum { SERIAL_BYTES = 16, KEY_ID_BYTES = 20, SUBJECT_PART_BYTES = 64, NAME_BYTES = 253, LABEL_BYTES = 63 };
enum { USAGE_SIGNATURE = 0, USAGE_SIGNS_CERTIFICATES = 5, USAGE_SIGNS_CRLS = 6 }; /* bits of RFC 5280 §4.2.1.3 */

static bool set_serial(X509 *certificate);
static bool set_subject(X509 *certificate, const struct certificate_plan *plan);
static bool set_times(X509 *certificate, const struct certificate_plan *plan);
static bool add_extensions(X509 *certificate, const struct certificate_plan *plan);
static bool add_basic_constraints(X509 *certificate, int path_length);
static bool add_usage(X509 *certificate, bool is_leaf);
static bool add_extended_usage(X509 *certificate);
static bool add_key_id(X509 *certificate);
static bool add_issuer_key_id(X509 *certificate, X509 *issuer);
static bool add(X509 *certificate, int extension, void *value, bool critical);
static GENERAL_NAME *name_of(int type, const void *bytes, size_t len);
static bool is_dns_name(struct str name);

X509 *certificate_make(const struct certificate_plan *plan) {
  X509 *made = X509_new();
  X509 *issuer = plan->issuer ? plan->issuer : made;
  bool good = made && X509_set_version(made, X509_VERSION_3) && set_serial(made) && set_subject(made, plan) &&
              X509_set_issuer_name(made, X509_get_subject_name(issuer)) && set_times(made, plan) &&
              X509_set_pubkey(made, plan->key) && add_extensions(made, plan) &&
              X509_sign(made, plan->issuer_key, EVP_sha256()) > 0;
  if (good) return made;
  ERR_clear_error();
  X509_free(made);
  return NULL;
}

EVP_PKEY *certificate_new_key(void) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  if (!key) ERR_clear_error();
  return key;
}

int64_t certificate_time(const ASN1_TIME *time) {
  int days = 0, seconds = 0;
  ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
  bool good = epoch && ASN1_TIME_diff(&days, &seconds, epoch, time);
  ASN1_TIME_free(epoch);
  if (!good) ERR_clear_error();
  return good ? (int64_t)days * 86400 + seconds : -1;
}

/* --- what stands in it --- */

/* Positive and never zero (RFC 5280 §4.1.2.2): the highest bit is off, the next one on. */
static bool set_serial(X509 *certificate) {
  unsigned char bytes[SERIAL_BYTES];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40);
  BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
  bool good = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
  return good;
}

/* No part may have more than 64 characters (RFC 5280, appendix A.1). */
static bool set_part(X509_NAME *subject, const char *field, const char *text) {
  if (!text) return true;
  struct str cut = utf8_upto(str_of(text), SUBJECT_PART_BYTES);
  return X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8, (const unsigned char *)cut.ptr, (int)cut.len, -1, 0);
}

static bool set_subject(X509 *certificate, const struct certificate_plan *plan) {
  X509_NAME *subject = X509_NAME_new();
  bool good = subject && set_part(subject, "O", plan->organization) && set_part(subject, "OU", plan->unit) &&
              set_part(subject, "CN", plan->name) && X509_set_subject_name(certificate, subject);
  X509_NAME_free(subject);
  return good;
}

/* As days and seconds since 1970: time_t may end in 2038. */
static bool set_time(ASN1_TIME *time, int64_t seconds) {
  return X509_time_adj_ex(time, (int)(seconds / 86400), (long)(seconds % 86400), &(time_t){0});
}

static bool set_times(X509 *certificate, const struct certificate_plan *plan) {
  return set_time(X509_getm_notBefore(certificate), plan->from) && set_time(X509_getm_notAfter(certificate), plan->to);
}

/* Our CAs may sign for servers alone, which verifiers hold against what is below them. */
static bool add_extensions(X509 *certificate, const struct certificate_plan *plan) {
  bool is_leaf = plan->path_length == CERTIFICATE_LEAF;
  return add_basic_constraints(certificate, plan->path_length) && add_usage(certificate, is_leaf) &&
         add_extended_usage(certificate) && add_key_id(certificate) &&
         add_issuer_key_id(certificate, plan->issuer ? plan->issuer : certificate) &&
         (!plan->constraints || add(certificate, NID_name_constraints, plan->constraints, true)) &&
         (!plan->names || add(certificate, NID_subject_alt_name, plan->names, false));
}

static bool add(X509 *certificate, int extension, void *value, bool critical) {
  return X509_add1_ext_i2d(certificate, extension, value, critical, X509V3_ADD_DEFAULT) == 1;
}

static bool add_basic_constraints(X509 *certificate, int path_length) {
  BASIC_CONSTRAINTS *basic = BASIC_CONSTRAINTS_new();
  bool good = basic != NULL;
  if (good && path_length != CERTIFICATE_LEAF) {
    basic->ca = 0xff;
    basic->pathlen = ASN1_INTEGER_new();
    good = basic->pathlen && ASN1_INTEGER_set(basic->pathlen, path_length);
  }
  good = good && add(certificate, NID_basic_constraints, basic, true);
  BASIC_CONSTRAINTS_free(basic);
  return good;
}

static bool add_usage(X509 *certificate, bool is_leaf) {
  ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
  bool good = usage && ASN1_BIT_STRING_set_bit(usage, is_leaf ? USAGE_SIGNATURE : USAGE_SIGNS_CERTIFICATES, 1) &&
              (is_leaf || ASN1_BIT_STRING_set_bit(usage, USAGE_SIGNS_CRLS, 1)) &&
              add(certificate, NID_key_usage, usage, true);
  ASN1_BIT_STRING_free(usage);
  return good;
}

/* OBJ_nid2obj gives what belongs to OpenSSL, and may be freed nevertheless. */
static bool add_extended_usage(X509 *certificate) {
  EXTENDED_KEY_USAGE *usage = sk_ASN1_OBJECT_new_null();
  bool good = usage && sk_ASN1_OBJECT_push(usage, OBJ_nid2obj(NID_server_auth)) > 0 &&
              add(certificate, NID_ext_key_usage, usage, false);
  sk_ASN1_OBJECT_pop_free(usage, ASN1_OBJECT_free);
  return good;
}

/* RFC 7093 §2, method 1: the first 160 bits of the key's SHA-256. */
static bool add_key_id(X509 *certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned len = 0;
  ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
  bool good = id && X509_pubkey_digest(certificate, EVP_sha256(), digest, &len) && len >= KEY_ID_BYTES &&
              ASN1_OCTET_STRING_set(id, digest, KEY_ID_BYTES) &&
              add(certificate, NID_subject_key_identifier, id, false);
  ASN1_OCTET_STRING_free(id);
  return good;
}

/* An issuer of somebody else's making (mkcert's) may have none, which is told by -1. */
static bool add_issuer_key_id(X509 *certificate, X509 *issuer) {
  int critical = 0;
  ASN1_OCTET_STRING *id = X509_get_ext_d2i(issuer, NID_subject_key_identifier, &critical, NULL);
  AUTHORITY_KEYID *wrapped = id ? AUTHORITY_KEYID_new() : NULL;
  bool good = wrapped || (!id && critical == -1);
  if (wrapped) {
    wrapped->keyid = id;
    id = NULL;
    good = add(certificate, NID_authority_key_identifier, wrapped, false);
  }
  AUTHORITY_KEYID_free(wrapped);
  ASN1_OCTET_STRING_free(id);
  return good;
}

/* --- names --- */

GENERAL_NAME *certificate_name(struct str name) {
  unsigned char bytes[16];
  struct str inner = name;
  if (name.len >= 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']')
    inner = str_make(name.ptr + 1, name.len - 2);
  if (inner.len == name.len && ip_read_v4(name, bytes)) return name_of(GEN_IPADD, bytes, 4);
  if (ip_read_v6(inner, bytes)) return name_of(GEN_IPADD, bytes, sizeof bytes);
  if (str_ends_with(name, STR("."))) name.len--;
  if (!is_dns_name(name)) return NULL;
  char lower[NAME_BYTES];
  for (size_t i = 0; i < name.len; i++) lower[i] = str_lower_char(name.ptr[i]);
  return name_of(GEN_DNS, lower, name.len);
}

/* Letters, digits, hyphens, and underscores, which names of containers have. A name of digits alone would be an address. */
static bool is_label(struct str label) {
  if (label.len == 0 || label.len > LABEL_BYTES) return false;
  if (label.ptr[0] == '-' || label.ptr[label.len - 1] == '-') return false;
  for (size_t i = 0; i < label.len; i++) {
    char c = str_lower_char(label.ptr[i]);
    if (!(str_is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_')) return false;
  }
  return true;
}

static bool is_dns_name(struct str name) {
  struct str rest = name, label = STR("");
  if (str_starts_with(name, STR("*."))) rest = str_from(name, 2);
  if (name.len == 0 || name.len > NAME_BYTES) return false;
  while (str_next(&rest, '.', &label)) {
    if (!is_label(label)) return false;
  }
  uint64_t number;
  return !str_to_u64(label, &number);
}

static GENERAL_NAME *name_of(int type, const void *bytes, size_t len) {
  GENERAL_NAME *name = GENERAL_NAME_new();
  ASN1_STRING *value = ASN1_STRING_type_new(type == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);
  if (name && value && ASN1_STRING_set(value, bytes, (int)len)) {
    GENERAL_NAME_set0_value(name, type, value);
    return name;
  }
  ASN1_STRING_free(value);
  GENERAL_NAME_free(name);
  ERR_clear_error();
  return NULL;
}
