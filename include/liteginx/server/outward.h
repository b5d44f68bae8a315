/* The address by which other devices reach this machine. */
#ifndef LITEGINX_SERVER_OUTWARD_H
#define LITEGINX_SERVER_OUTWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "liteginx/base/ensure.h"

/* As text of at most `room` bytes: that of the interface that leads out, else of one that is up. IPv4, since people have to
 * type it. No packet leaves. False: there is none. */
bool outward_address(char *text, size_t room);

#endif
