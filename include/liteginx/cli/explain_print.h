/* An explained request, written down. */
#ifndef LITEGINX_CLI_EXPLAIN_PRINT_H
#define LITEGINX_CLI_EXPLAIN_PRINT_H

#include <stdio.h>

#include "liteginx/cli/explained.h"

/* Losing routes and turns that text shows; JSON has them all. */
enum { EXPLAIN_LOSERS = 40, EXPLAIN_TURNS = 12, EXPLAIN_NEAREST = 3 };

/* For people. What came from a configuration or a command line is escaped. */
void explain_print_text(const struct explained *explained, FILE *out);

/* For programs: one object, on one line. */
void explain_print_json(const struct explained *explained, FILE *out);

#endif
