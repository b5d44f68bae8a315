/* What all TLS streams of a loop work on, one after the other: one BIO, which hands OpenSSL what the stream below offers and gathers
 * what it makes, and three blocks. So an idle connection holds no buffer. For tls_stream alone. */
#ifndef LITEGINX_NET_TLS_DESK_H
#define LITEGINX_NET_TLS_DESK_H

#include <openssl/ssl.h>

#include "liteginx/net/loop.h"

enum {
  TLS_DESK_RECORD_BYTES = SSL3_RT_MAX_PLAIN_LENGTH,
  TLS_DESK_OPENED_BYTES = LOOP_READ_BYTES,
  TLS_DESK_SEALED_BYTES = 320 * 1024 /* 256 KiB in records of any sizes, and a handshake's answer */
};

struct tls_desk {
  BIO_METHOD *method;
  BIO *bio;
  struct str in;     /* what OpenSSL may take now */
  char *opened;      /* what it has opened */
  char *sealed;      /* what it has made for the peer, */
  size_t sealed_len; /* so far; set to 0 before it is asked for anything */
  char *record;      /* small pieces, put together */
};

/* Made with the first call, and freed with the loop. NULL: out of memory. */
struct tls_desk *tls_desk_of(struct loop *loop);

#endif
