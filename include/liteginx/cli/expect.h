/* Route tests: a list of requests, and where each should go. */
#ifndef LITEGINX_CLI_EXPECT_H
#define LITEGINX_CLI_EXPECT_H

#include <stdio.h>

#include "liteginx/upstream/snapshot.h"

/* Reads `path`, a YAML list of mappings: `url`, if need be `method`, `headers` (a list of "Name: value") and `from`;
 * and at least one of `route` (an ingress' name), `target`, `path` (what upstream gets, with its query) and `status`
 * (of an answer of liteginx' own). Plans each request; what goes elsewhere, and what is wrong with the file, is told
 * on `err`, how many there are on `out`. The exit status: 0 if all go where they should, else 1. */
int expect_run(const struct snapshot *snapshot, const char *path, FILE *out, FILE *err, bool color);

#endif
