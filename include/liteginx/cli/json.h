/* Values of JSON, written to a file. */
#ifndef LITEGINX_CLI_JSON_H
#define LITEGINX_CLI_JSON_H

#include <stdio.h>

#include "liteginx/config/report.h"

/* A string. Bytes that are not UTF-8, and control characters, are written as \u00HH: what a program reads is what a terminal
 * may see. */
void json_text(FILE *out, struct str s);

/* A place, as "FILE:LINE:COLUMN". */
void json_place(FILE *out, const struct config_place *place);

#endif
