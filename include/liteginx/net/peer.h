/* What is known of who is at the other end of a stream, whatever it runs over. */
#ifndef LITEGINX_NET_PEER_H
#define LITEGINX_NET_PEER_H

#include <stdbool.h>

struct sockaddr;

/* Room for an address as text, the longest IPv6 form and a NUL. */
enum { PEER_TEXT_BYTES = 46 };

/* The numbers are those of a network's family in the configuration. */
enum peer_family { PEER_UNKNOWN = 0, PEER_LOCAL = 1 /* of this machine, by a path */, PEER_IPV4 = 4, PEER_IPV6 = 6 };

/* What TLS knows of it. */
struct peer_tls {
  const char *version; /* "TLSv1.3"; constant */
  unsigned chosen;     /* which of the listener's identities its name has chosen */
  bool http2;          /* agreed on by ALPN */
  const char *subject; /* of the peer's certificate, as RFC 2253 writes it; "": none was asked for */
};

/* All zeroes: nothing is known. */
struct peer {
  char text[PEER_TEXT_BYTES]; /* the address without port; "unix:" for one that has none */
  unsigned char bytes[16];    /* the same as networks are compared with: 4 or 16 of them */
  enum peer_family family;
  unsigned port;
  const struct peer_tls *tls; /* NULL: nothing is hidden on its way; lives as long as the stream */
};

/* Has it an address that tells it from others? */
static inline bool peer_has_address(const struct peer *peer) {
  return peer->family >= PEER_IPV4;
}

/* The facts that an address tells; an IPv4-mapped one counts as IPv4. */
void peer_from_address(struct peer *peer, const struct sockaddr *address);

#endif
