/* Where browsers keep their NSS databases. One source file for each kind of system. */
#ifndef LITEGINX_CLI_TRUST_NSS_PLACES_H
#define LITEGINX_CLI_TRUST_NSS_PLACES_H

#include "liteginx/cli/trust_store.h"

/* Folders that hold databases: of Firefox one level below each, a profile; of Chromium the folder itself. Those that are not
 * there count for nothing. `found` is called for each. */
struct trust_nss_places {
  void (*firefox)(struct trust_job *job, const char *folder, void *owner);
  void (*chromium)(struct trust_job *job, const char *folder, void *owner);
  void *owner;
};

void trust_nss_places_each(struct trust_job *job, const struct trust_nss_places *places);

/* The database that Chromium makes when it is started first. NULL: it does not go by one here, or is not installed. */
const char *trust_nss_places_new(struct trust_job *job);

/* The package that has certutil: "libnss3-tools on Debian …". */
const char *trust_nss_places_package(void);

#endif
