/* Names are written without a dot in front: that is RFC 5280's form, and permits the name with all below it. */
#include "liteginx/tls/constraint.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "liteginx/tls/certificate.h"

enum { LONGEST_ADDRESS = 16 };

/* RFC 6761 (localhost, test), RFC 8375 (home.arpa), ICANN's resolution of 2024-07-29 (internal). */
static const char *const local_names[] = {"localhost", "test", "internal", "home.arpa"};

struct range {
  unsigned char address[LONGEST_ADDRESS];
  unsigned len, prefix;
};

/* Loopback, RFC 1918, link-local, RFC 4193. */
static const struct range local_ranges[] = {
    {{127}, 4, 8},       {{10}, 4, 8},          {{172, 16}, 4, 12}, {{192, 168}, 4, 16},
    {{169, 254}, 4, 16}, {{[15] = 1}, 16, 128}, {{0xfc}, 16, 7},    {{0xfe, 0x80}, 16, 10},
};

static bool permit_name(NAME_CONSTRAINTS *constraints, GENERAL_NAME *name);
static bool permit_range(NAME_CONSTRAINTS *constraints, const struct range *range);
static bool permit_host(NAME_CONSTRAINTS *constraints, struct str host, struct tls_problem *problem);
static GENERAL_NAME *as_range(GENERAL_NAME *address);

NAME_CONSTRAINTS *constraint_make(const struct str *hosts, unsigned host_count, struct tls_problem *problem) {
  NAME_CONSTRAINTS *made = NAME_CONSTRAINTS_new();
  bool good = made && (made->permittedSubtrees = sk_GENERAL_SUBTREE_new_null());
  for (size_t i = 0; good && i < sizeof local_names / sizeof *local_names; i++) {
    good = permit_name(made, certificate_name(str_of(local_names[i])));
  }
  for (size_t i = 0; good && i < sizeof local_ranges / sizeof *local_ranges; i++) {
    good = permit_range(made, &local_ranges[i]);
  }
  if (!good) (void)tls_problem_no_memory(problem);
  for (unsigned i = 0; good && i < host_count; i++) good = permit_host(made, hosts[i], problem);
  if (good) return made;
  NAME_CONSTRAINTS_free(made);
  return NULL;
}

bool constraint_permits(NAME_CONSTRAINTS *constraints, GENERAL_NAME *name) {
  if (!constraints) return true;
  X509 *probe = X509_new();
  GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
  bool permits = probe && names && sk_GENERAL_NAME_push(names, name) > 0 &&
                 X509_add1_ext_i2d(probe, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
  sk_GENERAL_NAME_free(names); /* the name stays its owner's */
  /* X509_check_purpose reads the extensions, which the check goes by. */
  if (permits) (void)X509_check_purpose(probe, -1, 0);
  permits = permits && NAME_CONSTRAINTS_check(probe, constraints) == X509_V_OK;
  X509_free(probe);
  ERR_clear_error();
  return permits;
}

/* Takes `name`, which may be NULL. */
static bool permit_name(NAME_CONSTRAINTS *constraints, GENERAL_NAME *name) {
  GENERAL_SUBTREE *subtree = name ? GENERAL_SUBTREE_new() : NULL;
  if (!subtree) {
    GENERAL_NAME_free(name);
    return false;
  }
  GENERAL_NAME_free(subtree->base);
  subtree->base = name;
  if (sk_GENERAL_SUBTREE_push(constraints->permittedSubtrees, subtree) > 0) return true;
  GENERAL_SUBTREE_free(subtree);
  return false;
}

/* An address with its mask behind it. */
static bool permit_range(NAME_CONSTRAINTS *constraints, const struct range *range) {
  unsigned char bytes[2 * LONGEST_ADDRESS] = {0};
  memcpy(bytes, range->address, range->len);
  for (unsigned bit = 0; bit < range->prefix; bit++) bytes[range->len + bit / 8] |= (unsigned char)(0x80 >> bit % 8);
  GENERAL_NAME *name = GENERAL_NAME_new();
  ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
  if (!name || !value || !ASN1_OCTET_STRING_set(value, bytes, (int)(2 * range->len))) {
    ASN1_OCTET_STRING_free(value);
    GENERAL_NAME_free(name);
    return false;
  }
  GENERAL_NAME_set0_value(name, GEN_IPADD, value);
  return permit_name(constraints, name);
}

static bool permit_host(NAME_CONSTRAINTS *constraints, struct str host, struct tls_problem *problem) {
  if (str_starts_with(host, STR("*."))) host = str_from(host, 2);
  GENERAL_NAME *name = certificate_name(host);
  if (!name)
    return tls_problem_say(problem, "'%.*s' is no name that a certificate can hold", STR_ARG(str_upto(host, 100)));
  if (constraint_permits(constraints, name)) {
    GENERAL_NAME_free(name);
    return true;
  }
  if (name->type == GEN_IPADD) name = as_range(name);
  return permit_name(constraints, name) || tls_problem_no_memory(problem);
}

/* The range that holds this address alone. Takes it; NULL: out of memory. */
static GENERAL_NAME *as_range(GENERAL_NAME *address) {
  unsigned char bytes[2 * LONGEST_ADDRESS];
  ASN1_OCTET_STRING *value = address->d.iPAddress;
  size_t len = (size_t)ASN1_STRING_length(value);
  ENSURE(len <= LONGEST_ADDRESS);
  memcpy(bytes, ASN1_STRING_get0_data(value), len);
  memset(bytes + len, 0xff, len);
  if (ASN1_OCTET_STRING_set(value, bytes, (int)(2 * len))) return address;
  GENERAL_NAME_free(address);
  return NULL;
}
