/* Chromium goes by the keychain here. So does Firefox, unless told otherwise; its profiles are served all the same. */
#include "liteginx/cli/trust_nss_places.h"

void trust_nss_places_each(struct trust_job *job, const struct trust_nss_places *places) {
  const char *folder = job->home ? trust_text(job, "%s/Library/Application Support/Firefox/Profiles", job->home) : NULL;
  if (folder) places->firefox(job, folder, places->owner);
}

const char *trust_nss_places_new(struct trust_job *job) {
  (void)job;
  return NULL;
}

const char *trust_nss_places_package(void) {
  return "nss from Homebrew";
}
