/* SHA-1 (RFC 3174), and base64 (RFC 4648 §4): what a WebSocket's handshake is made of (RFC 6455 §4.2.2). It proves that who answers
 * has understood the question, and keeps no secret. */
#ifndef LITEGINX_BASE_SHA1_H
#define LITEGINX_BASE_SHA1_H

#include "liteginx/base/str.h"

enum { SHA1_BYTES = 20 };

void sha1_of(struct str bytes, unsigned char digest[SHA1_BYTES]);

/* So many characters are `len` bytes. */
#define SHA1_BASE64_LEN(len) (((len) + 2) / 3 * 4)

/* `len` bytes as base64, SHA1_BASE64_LEN(len) characters without a NUL. */
void sha1_base64(const unsigned char *bytes, size_t len, char *text);

#endif
