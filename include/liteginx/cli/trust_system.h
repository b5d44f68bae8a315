/* The store that a system's own libraries and most of its programs go by. One source file for each kind of system. */
#ifndef LITEGINX_CLI_TRUST_SYSTEM_H
#define LITEGINX_CLI_TRUST_SYSTEM_H

#include "liteginx/cli/trust_store.h"

/* Adds it to the list, where this system has one that is known. */
void trust_system_find(struct trust_job *job, struct trust_list *list);

/* The file in which the system keeps its roots for programs. NULL: it has none. */
const char *trust_system_bundle(void);

#endif
