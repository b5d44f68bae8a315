/* NSS databases: of Firefox, one in each profile, and of Chromium and its kin on Linux, one for each user and each package that
 * keeps a home of its own. */
#ifndef LITEGINX_CLI_TRUST_NSS_H
#define LITEGINX_CLI_TRUST_NSS_H

#include "liteginx/cli/trust_store.h"

/* Adds each that is there; and the one that Chromium would make at its first start, where it is installed. */
void trust_nss_find(struct trust_job *job, struct trust_list *list);

#endif
