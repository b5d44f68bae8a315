/* OpenSSL asks for the identity while it reads the ClientHello, before it has settled on a version: so that what one document
 * demands (a version, a client's certificate) holds for its own names alone. An identity of the local CA has a context for each
 * name that was asked for, made then, and made anew before its certificate ends. */
#include "liteginx/tls/tls_server.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "liteginx/tls/authority.h"

/* A name of at most this many bytes (RFC 1035 §2.3.4). */
enum { NAME_BYTES = 253, MADE_MAX = 256 };

/* What the local CA has made for one name. */
struct made {
  SSL_CTX *context;
  int64_t renew_s; /* of the Unix clock */
  uint64_t used;   /* when it was asked for last, in askings; 0: never */
  char name[NAME_BYTES + 1];
};

struct identity {
  struct tls_server *server;
  const struct authority *authority;
  SSL_CTX *context; /* of its certificate; of the local CA: what is shown to who asks for no name that it may make */
  X509 *leaf;       /* of `context`, for its names; NULL: the local CA's */
  int64_t renew_s;
  bool only_13, any_host;
  struct str client_ca; /* kept: each context of its own reads it */
  struct str *hosts;
  unsigned host_count;
  struct made *made;
  unsigned made_count;
};

struct tls_server {
  struct tls_ticket_keys tickets;
  bool http, http2;
  unsigned number;
  uint64_t askings;
  struct identity *identities;
  unsigned count;
  SSL_CTX *context; /* of the first, which begins all connections */
};

static bool identity_init(struct identity *identity, const struct tls_identity *given, struct tls_problem *problem);
static void identity_free(struct identity *identity);
static bool copy_hosts(struct identity *identity, const struct tls_identity *given);
static bool make_default(struct identity *identity, struct tls_problem *problem);
static SSL_CTX *context_new(const struct identity *identity, const struct credential *credential,
                            struct tls_problem *problem);
static bool session_name(const struct identity *identity, unsigned char name[SHA256_DIGEST_LENGTH]);
static bool demand_clients(SSL_CTX *context, struct str client_ca, struct tls_problem *problem);
static int on_hello(SSL *ssl, int *alert, void *owner);
static int on_alpn(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_len, const unsigned char *offered,
                   unsigned offered_len, void *owner);
static bool asked_name(SSL *ssl, char name[NAME_BYTES + 1]);
static unsigned choose(const struct tls_server *server, const char *name);
static bool has_host(const struct identity *identity, struct str name, bool wildcards);
static bool shows(const struct identity *identity, const char *name, bool wildcards);
static SSL_CTX *context_for(struct identity *identity, const char *name);
static struct made *find_made(struct identity *identity, const char *name);
static SSL_CTX *make_context(struct identity *identity, const char *name, int64_t *renew_s,
                             struct tls_problem *problem);

/* Which identity a connection has. */
static int chosen_index(void) {
  static int index = -1;
  if (index < 0) index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
  return index;
}

bool tls_ticket_keys_make(struct tls_ticket_keys *keys) {
  return RAND_priv_bytes(keys->bytes, sizeof keys->bytes) == 1;
}

void tls_ticket_keys_wipe(struct tls_ticket_keys *keys) {
  OPENSSL_cleanse(keys, sizeof *keys);
}

struct tls_server *tls_server_new(const struct tls_server_plan *plan, struct tls_problem *problem) {
  struct tls_server *server = calloc(1, sizeof *server);
  bool good = server != NULL && chosen_index() >= 0;
  if (good) {
    server->tickets = *plan->tickets;
    server->http = plan->http;
    server->http2 = plan->http2;
    server->number = plan->number;
    server->identities = calloc(plan->count, sizeof *server->identities);
    good = server->identities != NULL;
  }
  if (!good) (void)tls_problem_no_memory(problem);
  for (unsigned i = 0; good && i < plan->count; i++) {
    server->identities[i].server = server;
    server->count++;
    good = identity_init(&server->identities[i], &plan->identities[i], problem);
  }
  if (good) {
    server->context = server->identities[0].context;
    SSL_CTX_set_client_hello_cb(server->context, on_hello, server);
    return server;
  }
  if (server) tls_server_free(server);
  return NULL;
}

void tls_server_free(struct tls_server *server) {
  for (unsigned i = 0; server->identities && i < server->count; i++) identity_free(&server->identities[i]);
  free(server->identities);
  tls_ticket_keys_wipe(&server->tickets);
  free(server);
}

SSL *tls_server_accept(struct tls_server *server, BIO *bio) {
  SSL *ssl = SSL_new(server->context);
  if (!ssl) {
    BIO_free(bio);
    return NULL;
  }
  SSL_set_bio(ssl, bio, bio);
  SSL_set_accept_state(ssl);
  return ssl;
}

char *tls_server_client(const SSL *ssl) {
  X509 *certificate = SSL_get0_peer_certificate(ssl);
  BIO *bio = BIO_new(BIO_s_mem());
  char *bytes, *subject = NULL;
  bool good =
      bio && (!certificate || X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >= 0);
  long len = good ? BIO_get_mem_data(bio, &bytes) : -1;
  if (len >= 0) subject = malloc((size_t)len + 1);
  if (subject) {
    if (len > 0) memcpy(subject, bytes, (size_t)len);
    subject[len] = '\0';
  }
  BIO_free(bio);
  return subject;
}

bool tls_server_is_satisfied(const SSL *ssl) {
  return (SSL_get_verify_mode(ssl) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) == 0 || SSL_get0_peer_certificate(ssl) != NULL;
}

unsigned tls_server_chosen(const SSL *ssl) {
  return (unsigned)(uintptr_t)SSL_get_ex_data(ssl, chosen_index());
}

/* --- identities --- */

static bool identity_init(struct identity *identity, const struct tls_identity *given, struct tls_problem *problem) {
  struct credential credential = {NULL, NULL, NULL};
  identity->authority = given->authority;
  identity->only_13 = given->only_13;
  identity->any_host = given->host_count == 0;
  if (!copy_hosts(identity, given)) return tls_problem_no_memory(problem);
  if (given->certificate.len == 0) return make_default(identity, problem);
  if (!credential_read(&credential, given->certificate, given->key, problem)) return false;
  identity->context = context_new(identity, &credential, problem);
  if (identity->context) {
    identity->leaf = credential.leaf;
    X509_up_ref(identity->leaf);
  }
  credential_free(&credential);
  return identity->context != NULL;
}

/* The plan need not outlive its server. */
static bool copy_hosts(struct identity *identity, const struct tls_identity *given) {
  size_t bytes = given->client_ca.len;
  for (unsigned i = 0; i < given->host_count; i++) bytes += given->hosts[i].len;
  identity->hosts = malloc((given->host_count + 1) * sizeof *identity->hosts + bytes);
  if (!identity->hosts) return false;
  char *at = (char *)(identity->hosts + given->host_count + 1);
  for (; identity->host_count < given->host_count; identity->host_count++) {
    struct str host = given->hosts[identity->host_count];
    identity->hosts[identity->host_count] = str_make(at, host.len);
    memcpy(at, host.ptr, host.len);
    at += host.len;
  }
  identity->client_ca = str_make(at, given->client_ca.len);
  if (given->client_ca.len) memcpy(at, given->client_ca.ptr, given->client_ca.len);
  return true;
}

static void identity_free(struct identity *identity) {
  for (unsigned i = 0; i < identity->made_count; i++) SSL_CTX_free(identity->made[i].context);
  free(identity->made);
  free(identity->hosts);
  X509_free(identity->leaf);
  SSL_CTX_free(identity->context);
}

/* For who asks for no name, as for an address. */
static bool make_default(struct identity *identity, struct tls_problem *problem) {
  identity->context = make_context(identity, NULL, &identity->renew_s, problem);
  return identity->context != NULL;
}

static SSL_CTX *context_new(const struct identity *identity, const struct credential *credential,
                            struct tls_problem *problem) {
  struct tls_server *server = identity->server;
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  unsigned char session[SHA256_DIGEST_LENGTH];
  bool good =
      context && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
      SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") ==
          1 &&
      SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
      SSL_CTX_use_cert_and_key(context, credential->leaf, credential->key, credential->chain, 1) == 1 &&
      SSL_CTX_set_tlsext_ticket_keys(context, server->tickets.bytes, sizeof server->tickets.bytes) == 1 &&
      SSL_CTX_set_num_tickets(context, 1) == 1 && session_name(identity, session) &&
      SSL_CTX_set_session_id_context(context, session, sizeof session) == 1;
  if (good) {
    /* The order is ours, since AES with 128 bits costs a tenth less; who has no AES in its processor says so by asking for
     * ChaCha first. */
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (server->http) SSL_CTX_set_alpn_select_cb(context, on_alpn, server);
    good = identity->client_ca.len == 0 || demand_clients(context, identity->client_ca, problem);
  } else {
    char reason[128];
    ERR_error_string_n(ERR_peek_last_error(), reason, sizeof reason);
    (void)tls_problem_say(problem, "%s", reason);
  }
  ERR_clear_error();
  if (good) return context;
  SSL_CTX_free(context);
  return NULL;
}

/* What a handshake has asked of a client counts for no other identity of the process, whichever listener's. */
static bool session_name(const struct identity *identity, unsigned char name[SHA256_DIGEST_LENGTH]) {
  unsigned numbers[] = {identity->server->number, (unsigned)(identity - identity->server->identities)};
  EVP_MD_CTX *digest = EVP_MD_CTX_new();
  bool good = digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 &&
              EVP_DigestUpdate(digest, numbers, sizeof numbers) == 1 &&
              EVP_DigestUpdate(digest, identity->client_ca.ptr, identity->client_ca.len) == 1 &&
              EVP_DigestFinal_ex(digest, name, NULL) == 1;
  EVP_MD_CTX_free(digest);
  return good;
}

/* The names of the authorities go to the client, so that it may choose among its certificates. */
static bool demand_clients(SSL_CTX *context, struct str client_ca, struct tls_problem *problem) {
  BIO *bio = client_ca.len <= INT32_MAX ? BIO_new_mem_buf(client_ca.ptr, (int)client_ca.len) : NULL;
  X509_STORE *store = SSL_CTX_get_cert_store(context);
  unsigned found = 0;
  bool good = bio != NULL;
  for (X509 *authority; good && (authority = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL; found++) {
    good = X509_STORE_add_cert(store, authority) == 1 && SSL_CTX_add_client_CA(context, authority) == 1;
    X509_free(authority);
  }
  bool damaged = found > 0 && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
  BIO_free(bio);
  ERR_clear_error();
  if (!good) return tls_problem_no_memory(problem);
  if (!found) return tls_problem_say(problem, "client_ca holds no certificate");
  if (damaged) return tls_problem_say(problem, "a certificate in client_ca is damaged");
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN); /* who is in the file vouches, whoever has vouched for it */
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  return true;
}

/* --- the handshake --- */

/* RFC 6066 §3. */
static bool asked_name(SSL *ssl, char name[NAME_BYTES + 1]) {
  const unsigned char *bytes;
  size_t len;
  enum { HEAD_BYTES = 5 };
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &len) != 1 || len <= HEAD_BYTES) return false;
  size_t listed = (size_t)bytes[0] << 8 | bytes[1], named = (size_t)bytes[3] << 8 | bytes[4];
  if (listed != len - 2 || bytes[2] != TLSEXT_NAMETYPE_host_name || named > len - HEAD_BYTES || named > NAME_BYTES) {
    return false;
  }
  for (size_t i = 0; i < named; i++) {
    unsigned char c = bytes[HEAD_BYTES + i];
    if (c <= ' ' || c > '~') return false;
    name[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  }
  name[named] = '\0';
  return named > 0;
}

static int on_hello(SSL *ssl, int *alert, void *owner) {
  struct tls_server *server = owner;
  char name[NAME_BYTES + 1] = "";
  bool asked = asked_name(ssl, name);
  unsigned chosen = asked && server->count > 1 ? choose(server, name) : 0;
  struct identity *identity = &server->identities[chosen];
  SSL_CTX *context = context_for(identity, asked ? name : NULL);
  *alert = SSL_AD_INTERNAL_ERROR;
  if (SSL_set_ex_data(ssl, chosen_index(), (void *)(uintptr_t)chosen) != 1) return SSL_CLIENT_HELLO_ERROR;
  if (context != SSL_get_SSL_CTX(ssl) && !SSL_set_SSL_CTX(ssl, context)) return SSL_CLIENT_HELLO_ERROR;
  SSL_set_verify(ssl, SSL_CTX_get_verify_mode(context), NULL); /* which does not go over with the context */
  if (identity->only_13 && SSL_set_min_proto_version(ssl, TLS1_3_VERSION) != 1) return SSL_CLIENT_HELLO_ERROR;
  return SSL_CLIENT_HELLO_SUCCESS;
}

static unsigned choose(const struct tls_server *server, const char *name) {
  for (int by_certificate = 0; by_certificate <= 1; by_certificate++) {
    for (int wildcards = 0; wildcards <= 1; wildcards++) {
      for (unsigned i = 0; i < server->count; i++) {
        const struct identity *identity = &server->identities[i];
        bool found = by_certificate ? shows(identity, name, wildcards) : has_host(identity, str_of(name), wildcards);
        if (found) return i;
      }
    }
  }
  for (unsigned i = 0; i < server->count; i++) {
    if (server->identities[i].any_host) return i;
  }
  return 0;
}

static bool host_matches(struct str host, struct str name, bool wildcards) {
  if (!str_starts_with(host, STR("*."))) return str_eq(host, name);
  struct str suffix = str_from(host, 1);
  return wildcards && name.len > suffix.len && str_ends_with(name, suffix);
}

static bool has_host(const struct identity *identity, struct str name, bool wildcards) {
  for (unsigned i = 0; i < identity->host_count; i++) {
    if (host_matches(identity->hosts[i], name, wildcards)) return true;
  }
  return false;
}

static bool shows(const struct identity *identity, const char *name, bool wildcards) {
  if (!identity->leaf) return has_host(identity, str_of(name), wildcards);
  unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | (wildcards ? 0 : X509_CHECK_FLAG_NO_WILDCARDS);
  return X509_check_host(identity->leaf, name, 0, flags, NULL) == 1;
}

/* RFC 7301 §3.2: who offers nothing that we speak is told so, and a server of another protocol is not mistaken for us. */
static int on_alpn(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_len, const unsigned char *offered,
                   unsigned offered_len, void *owner) {
  static const unsigned char both[] = "\x02h2\x08http/1.1", one[] = "\x08http/1.1";
  const struct tls_server *server = owner;
  const unsigned char *ours = server->http2 ? both : one;
  unsigned ours_len = server->http2 ? sizeof both - 1 : sizeof one - 1;
  unsigned char *selected;
  (void)ssl;
  if (SSL_select_next_proto(&selected, chosen_len, ours, ours_len, offered, offered_len) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = selected;
  return SSL_TLSEXT_ERR_OK;
}

/* --- what the local CA makes --- */

/* Without memory, or where the local CA may not: what all others see. */
static SSL_CTX *context_for(struct identity *identity, const char *name) {
  struct tls_problem problem;
  struct made *made = NULL;
  int64_t now_s = (int64_t)time(NULL);
  if (identity->leaf) return identity->context;
  struct str asked = str_of(name ? name : "");
  bool wanted =
      name && (identity->any_host || has_host(identity, asked, true)) && authority_permits(identity->authority, asked);
  if (wanted) made = find_made(identity, name);
  SSL_CTX **context = made ? &made->context : &identity->context;
  int64_t *renew_s = made ? &made->renew_s : &identity->renew_s;
  if (*context && now_s < *renew_s) return *context;
  SSL_CTX *fresh = make_context(identity, made ? name : NULL, renew_s, &problem);
  if (!fresh) return *context ? *context : identity->context;
  SSL_CTX *old = *context;
  *context = fresh;
  /* Its connections hold it. The first identity's begins all of them, and so stays what it was but for what it shows. */
  SSL_CTX_free(old);
  if (identity == identity->server->identities && !made) {
    identity->server->context = fresh;
    SSL_CTX_set_client_hello_cb(fresh, on_hello, identity->server);
  }
  return fresh;
}

/* Its place, perhaps a new one, or that of the name which was asked for the longest time ago. NULL: out of memory. */
static struct made *find_made(struct identity *identity, const char *name) {
  struct made *oldest = NULL;
  for (unsigned i = 0; i < identity->made_count; i++) {
    struct made *made = &identity->made[i];
    if (strcmp(made->name, name) == 0) {
      made->used = ++identity->server->askings;
      return made;
    }
    if (!oldest || made->used < oldest->used) oldest = made;
  }
  if (identity->made_count < MADE_MAX) {
    if ((identity->made_count & (identity->made_count - 1)) == 0) {
      size_t room = identity->made_count ? 2 * (size_t)identity->made_count : 1;
      struct made *grown = realloc(identity->made, room * sizeof *grown);
      if (!grown) return NULL;
      identity->made = grown;
    }
    oldest = &identity->made[identity->made_count++];
  } else {
    SSL_CTX_free(oldest->context);
  }
  *oldest = (struct made){.used = ++identity->server->askings};
  (void)snprintf(oldest->name, sizeof oldest->name, "%s", name);
  return oldest;
}

/* `name` NULL: for this machine, under no name of a route. */
static SSL_CTX *make_context(struct identity *identity, const char *name, int64_t *renew_s,
                             struct tls_problem *problem) {
  static const struct str machine[] = {STR_INIT("localhost"), STR_INIT("127.0.0.1"), STR_INIT("::1")};
  struct str one = str_of(name ? name : "");
  struct credential credential = {NULL, NULL, NULL};
  unsigned count = name ? 1 : sizeof machine / sizeof machine[0];
  if (!authority_issue_all(identity->authority, name ? &one : machine, count, &credential, problem)) return NULL;
  SSL_CTX *context = context_new(identity, &credential, problem);
  if (context) *renew_s = credential_renewal(&credential);
  credential_free(&credential);
  return context;
}
