/* A build without TLS: no listener asks for it. */
#include "liteginx/net/tls_stream.h"

struct stream *tls_stream_accept(struct stream *below, struct tls_server *server) {
  (void)below;
  (void)server;
  ENSURE_UNREACHABLE();
}

const char *tls_stream_problem(const struct stream *stream) {
  (void)stream;
  return "";
}
