/* Addresses as values: where a listener binds, and whom a proxy trusts. */
#ifndef LITEGINX_CONFIG_ADDRESS_H
#define LITEGINX_CONFIG_ADDRESS_H

#include <stdint.h>

#include "liteginx/base/str.h"

/* An address or a network of trusted_proxies: the first `bits` bits of `bytes` (4 or 16 of them). */
struct config_network {
  unsigned char bytes[16];
  unsigned family; /* 4, 6, or 1: all that come over a Unix socket */
  unsigned bits;
};

/* Where a listener binds. A bare port is resolved with `bind` (and $LITEGINX_BIND) already: LOOPBACK or ALL. */
enum config_scope {
  SCOPE_LOOPBACK, /* 127.0.0.1 and ::1, a missing family is skipped */
  SCOPE_ALL,      /* 0.0.0.0 and ::, a missing family is skipped */
  SCOPE_IPV4,     /* one address */
  SCOPE_IPV6,     /* one address, IPv6 alone: "[::]:80" leaves IPv4 to others */
  SCOPE_LOCAL     /* a Unix socket */
};

struct config_address {
  enum config_scope scope;
  unsigned char bytes[16]; /* the address for SCOPE_IPV4 (4 bytes) and SCOPE_IPV6 */
  uint16_t port;           /* 0: any free one */
  struct str path;         /* for SCOPE_LOCAL, else empty: as this process reaches it */
  struct str text;         /* as written, for messages: "5000", "*:5000", "127.0.0.1:80", "unix:./x.sock" */
};

#endif
