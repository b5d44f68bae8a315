/* Java's keystore of roots, cacerts, of the Java that $JAVA_HOME or else PATH leads to. */
#ifndef LITEGINX_CLI_TRUST_JAVA_H
#define LITEGINX_CLI_TRUST_JAVA_H

#include "liteginx/cli/trust_store.h"

/* Adds it, where there is one with its keytool. */
void trust_java_find(struct trust_job *job, struct trust_list *list);

#endif
