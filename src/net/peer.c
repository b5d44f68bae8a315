/* An IPv4 client of an IPv6 socket is known by its IPv4 address, since networks are written so. */
#include "liteginx/net/peer.h"

#include <uv.h>

#include <string.h>

static void from_ipv4(struct peer *peer, const struct sockaddr_in *address);
static void from_ipv6(struct peer *peer, const struct sockaddr_in6 *address);

void peer_from_address(struct peer *peer, const struct sockaddr *address) {
  *peer = (struct peer){.family = PEER_UNKNOWN};
  if (address->sa_family == AF_INET) from_ipv4(peer, (const void *)address);
  if (address->sa_family == AF_INET6) from_ipv6(peer, (const void *)address);
}

static void from_ipv4(struct peer *peer, const struct sockaddr_in *address) {
  peer->family = PEER_IPV4;
  peer->port = ntohs(address->sin_port);
  memcpy(peer->bytes, &address->sin_addr, 4);
  uv_ip4_name(address, peer->text, sizeof peer->text);
}

static void from_ipv6(struct peer *peer, const struct sockaddr_in6 *address) {
  static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const unsigned char *bytes = (const unsigned char *)&address->sin6_addr;
  bool is_mapped = memcmp(bytes, mapped, sizeof mapped) == 0;
  peer->family = is_mapped ? PEER_IPV4 : PEER_IPV6;
  peer->port = ntohs(address->sin6_port);
  memcpy(peer->bytes, is_mapped ? bytes + 12 : bytes, is_mapped ? 4 : 16);
  uv_inet_ntop(is_mapped ? AF_INET : AF_INET6, peer->bytes, peer->text, sizeof peer->text);
}
