/* The end of the user's session: he logs off, or the machine shuts down. For Windows (session_end_windows.c), which tells
 * windows alone of it; elsewhere a signal does (session_end_none.c). */
#ifndef LITEGINX_SERVER_SESSION_END_H
#define LITEGINX_SERVER_SESSION_END_H

#include "liteginx/base/ensure.h"

/* Calls on_end once that comes, from a thread of its own; the system then waits some seconds for the process to end. One
 * watch for the process. 0 or a libuv code. */
ENSURE_CHECKED int session_end_watch(void (*on_end)(void *owner), void *owner);

/* on_end is not called any more, and does not run now. Harmless without a watch. */
void session_end_unwatch(void);

#endif
