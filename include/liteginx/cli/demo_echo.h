/* The demo's TCP upstream: answers each line with "Echo: " and the line; a last line without its end is a line too. */
#ifndef LITEGINX_CLI_DEMO_ECHO_H
#define LITEGINX_CLI_DEMO_ECHO_H

#include "liteginx/cli/demo_server.h"

/* A longer line is answered in pieces. */
enum { DEMO_ECHO_LINE_MAX = 64 * 1024 };

extern const struct demo_service demo_echo;

#endif
