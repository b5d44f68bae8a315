/* What one listener of one worker shows to clients that speak TLS: an identity for each document that has a part in it. The name
 * that a client asks for chooses among them: a document's host, exact before wildcard, since that is what its routes go by; else a
 * name in a certificate, likewise; else a document that takes any host; else the first. One worker's alone, since OpenSSL's contexts are slow to share;
 * resumption works across workers by their common keys, and for one identity of one listener alone. */
#ifndef LITEGINX_TLS_TLS_SERVER_H
#define LITEGINX_TLS_TLS_SERVER_H

#include <openssl/ssl.h>

#include "liteginx/tls/credential.h"

struct authority;
struct tls_server;

/* What is shown for one document. All texts are PEM. */
struct tls_identity {
  struct str certificate, key;       /* empty: the local CA makes them */
  struct str client_ca;              /* empty: no client is asked for a certificate */
  bool only_13;                      /* TLS 1.2 is refused */
  const struct authority *authority; /* that makes them; must live as long as the server */
  const struct str *hosts; /* of its routes: names in lower case, `*.name` for what stands below one; empty: any host */
  unsigned host_count;
};

/* Keys of the tickets by which sessions are resumed, for all workers of one process. */
enum { TLS_TICKET_KEY_BYTES = 80 };

struct tls_ticket_keys {
  unsigned char bytes[TLS_TICKET_KEY_BYTES];
};

struct tls_server_plan {
  const struct tls_identity *identities; /* at least one; not needed afterwards */
  unsigned count, number;                /* of identities; of this listener, within the process */
  const struct tls_ticket_keys *tickets;
  bool http, http2; /* which protocols are offered by ALPN; neither: none is spoken of */
};

/* False: the system has no random bytes. */
ENSURE_CHECKED bool tls_ticket_keys_make(struct tls_ticket_keys *keys);

/* OPENSSL_cleanse. */
void tls_ticket_keys_wipe(struct tls_ticket_keys *keys);

/* NULL: see *problem. */
struct tls_server *tls_server_new(const struct tls_server_plan *plan, struct tls_problem *problem);

/* Connections that were begun go on. */
void tls_server_free(struct tls_server *server);

/* The server's side of one connection, in accept state, with `bio` (whose reference it takes) for both directions. NULL: out of
 * memory. */
SSL *tls_server_accept(struct tls_server *server, BIO *bio);

/* The subject of the certificate that the client has shown, as RFC 2253 writes it, in ASCII; "": none was asked for. NULL: out of
 * memory. The caller frees it. */
char *tls_server_client(const SSL *ssl);

/* Has the client shown what its identity demands? Also where a session was resumed. */
bool tls_server_is_satisfied(const SSL *ssl);

/* Which identity the client's name has chosen: its number in the plan. */
unsigned tls_server_chosen(const SSL *ssl);

#endif
