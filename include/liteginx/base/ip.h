/* IP addresses as text. Read here and not by inet_pton, which is not in every libc, and which lets forms through that
 * differ from system to system. */
#ifndef LITEGINX_BASE_IP_H
#define LITEGINX_BASE_IP_H

#include "liteginx/base/ensure.h"
#include "liteginx/base/str.h"

/* "1.2.3.4": four decimal numbers without leading zeros. False: it is none, and `bytes` may be spoilt. */
ENSURE_CHECKED bool ip_read_v4(struct str text, unsigned char bytes[4]);

/* IPv6 in any form of RFC 4291 §2.2, without brackets and zone. False: as above. */
ENSURE_CHECKED bool ip_read_v6(struct str text, unsigned char bytes[16]);

#endif
