/* What OpenSSL has found, in words for people: "the client does not trust the certificate". */
#ifndef LITEGINX_TLS_WORDS_H
#define LITEGINX_TLS_WORDS_H

/* Of an error code as ERR_peek_last_error gives it. Constant text, without a full stop. */
const char *tls_words(unsigned long error);

#endif
