/* What is known of who is at the other end of a stream, whatever it runs over. Later transports add what they know: the name
 * that TLS was asked for, its version, the protocol that both agreed on. */
#ifndef LITEGINX_NET_PEER_H
#define LITEGINX_NET_PEER_H

#include <uv.h>

/* Room for an address as text, the longest IPv6 form and a NUL. */
enum { PEER_TEXT_BYTES = 46 };

/* All zeroes: nothing is known. */
struct peer {
  char text[PEER_TEXT_BYTES]; /* the address without port */
  unsigned char bytes[16];    /* the same as networks are compared with: 4 or 16 of them */
  unsigned family;            /* 4, 6, or 0: it has no address */
  unsigned port;
};

/* The facts that an address tells; an IPv4-mapped one counts as IPv4. */
void peer_from_address(struct peer *peer, const struct sockaddr *address);

#endif
