/* HTTP/1.1 towards a target: requests written as text, responses read by a parser. */
#ifndef LITEGINX_WIRE_HTTP1_UP_H
#define LITEGINX_WIRE_HTTP1_UP_H

#include "liteginx/wire/wire.h"

wire_up_new http1_up_new;

#endif
