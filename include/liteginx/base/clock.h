/* The time of day; one source file for each kind of system. */
#ifndef LITEGINX_BASE_CLOCK_H
#define LITEGINX_BASE_CLOCK_H

#include <time.h>

/* Seconds and nanoseconds since 1970 in UTC. */
struct timespec clock_now(void);

#endif
