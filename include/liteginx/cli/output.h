/* What was asked for (help, version, a summary) has to arrive: a file on a full disk takes it only seemingly. */
#ifndef LITEGINX_CLI_OUTPUT_H
#define LITEGINX_CLI_OUTPUT_H

#include <stdio.h>

#include "liteginx/base/str.h"

/* Writes out what `out` still holds. The exit status: 0, or 1 where something of it could not be written, and then `err`
 * is told why, behind `what` ("" or words that end in ", but "). */
int output_end(FILE *out, const char *what, FILE *err);

/* Writes a text that may be longer than the buffer, and ends as output_end does. */
int output_text(FILE *out, struct str text, FILE *err);

#endif
