/* What this system allows as the path of a Unix socket; one source file for each kind of system (socket_path_unix.c). */
#ifndef LITEGINX_BASE_SOCKET_PATH_H
#define LITEGINX_BASE_SOCKET_PATH_H

#include <stddef.h>

/* The most bytes that it may have, without a NUL behind it. 0: this system has no Unix sockets. */
size_t socket_path_max(void);

#endif
