/* Chromium goes by the system's store here, and so does Firefox, unless told otherwise: NSS's certutil is found on few machines, and
 * Windows has another program of that name. */
#include "liteginx/cli/trust_nss_places.h"

void trust_nss_places_each(struct trust_job *job, const struct trust_nss_places *places) {
  (void)job, (void)places;
}

const char *trust_nss_places_new(struct trust_job *job) {
  (void)job;
  return NULL;
}

const char *trust_nss_places_package(void) {
  return "none is needed";
}
