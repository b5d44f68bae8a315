/* LOOPBACK and ALL are both families at once; an IPv6 address leaves IPv4 to others. */
#include "liteginx/config/share.h"

#include "liteginx/base/ensure.h"

unsigned share_find(const struct config_address *address, struct share shares[SHARE_MOST]) {
  static const unsigned char none[16] = {0};
  struct share ipv4 = {.family = 4}, ipv6 = {.family = 6};
  switch (address->scope) {
  case SCOPE_LOOPBACK:
    shares[0] = ipv4;
    memcpy(shares[0].bytes, (const unsigned char[]){127, 0, 0, 1}, 4);
    shares[1] = ipv6;
    shares[1].bytes[15] = 1;
    return 2;
  case SCOPE_ALL:
    ipv4.every = ipv6.every = true;
    shares[0] = ipv4;
    shares[1] = ipv6;
    return 2;
  case SCOPE_IPV4:
  case SCOPE_IPV6:
    shares[0] = address->scope == SCOPE_IPV4 ? ipv4 : ipv6;
    memcpy(shares[0].bytes, address->bytes, sizeof address->bytes);
    shares[0].every = memcmp(address->bytes, none, sizeof none) == 0;
    return 1;
  case SCOPE_LOCAL:
    return 0;
  }
  ENSURE_UNREACHABLE();
}

bool share_holds(const struct share *share, const struct config_network *single) {
  return share->family == single->family &&
         (share->every || memcmp(share->bytes, single->bytes, sizeof share->bytes) == 0);
}
