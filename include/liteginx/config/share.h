/* What a listen address takes of its port: in one family or two, one address or all of them. */
#ifndef LITEGINX_CONFIG_SHARE_H
#define LITEGINX_CONFIG_SHARE_H

#include <stdbool.h>

#include "liteginx/config/address.h"

enum { SHARE_MOST = 2 };

/* One family's share of an address. */
struct share {
  unsigned char family; /* as in a config_network */
  bool every;           /* all addresses of the family */
  unsigned char bytes[16];
};

/* How many there are of this address; none of a Unix socket's, which has no port. */
unsigned share_find(const struct config_address *address, struct share shares[SHARE_MOST]);

/* Is this single address in the share? */
bool share_holds(const struct share *share, const struct config_network *single);

#endif
