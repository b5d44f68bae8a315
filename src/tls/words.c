/* One row for each error that people meet; the rest is told in OpenSSL's own words. */
#include "liteginx/tls/words.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stddef.h>

static const struct {
  int reason;
  const char *words;
} rows[] = {
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, "the client does not trust the certificate"},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "the client does not trust the certificate"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "the client does not trust the certificate"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "the certificate is out of date, says the client"},
    {SSL_R_UNSUPPORTED_PROTOCOL, "the client speaks no version of TLS that is allowed here"},
    {SSL_R_VERSION_TOO_LOW, "the client speaks no version of TLS that is allowed here"},
    {SSL_R_NO_SHARED_CIPHER, "the client knows none of our ciphers"},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, "the client cannot read a certificate of this kind"},
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "the client shows no certificate, and client_ca demands one"},
    {SSL_R_CERTIFICATE_VERIFY_FAILED, "the client's certificate is none that client_ca vouches for"},
    {SSL_R_NO_APPLICATION_PROTOCOL, "the client asks for a protocol that is not spoken here (ALPN)"},
    {SSL_R_NO_RENEGOTIATION, "the client asks for a new handshake, which is not granted"},
    {SSL_R_WRONG_VERSION_NUMBER, "what comes is not TLS"},
    {SSL_R_PACKET_LENGTH_TOO_LONG, "what comes is not TLS"},
    {SSL_R_BAD_RECORD_TYPE, "what comes is not TLS"},
    {SSL_R_UNEXPECTED_MESSAGE, "what comes is not TLS as it is spoken"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, "what comes was changed on its way"},
};

const char *tls_words(unsigned long error) {
  if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
      if (rows[i].reason == ERR_GET_REASON(error)) return rows[i].words;
    }
  }
  const char *words = error ? ERR_reason_error_string(error) : NULL;
  return words ? words : "TLS has failed";
}
