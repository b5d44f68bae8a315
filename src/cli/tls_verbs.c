/* One door for four verbs, so that a build without TLS has one to close. */
#include "liteginx/cli/tls_verbs.h"

#include "liteginx/base/ensure.h"
#include "liteginx/cli/doctor.h"
#include "liteginx/cli/env.h"
#include "liteginx/cli/trust.h"
#include "liteginx/cli/untrust.h"

int tls_verbs_run(const struct options *options, FILE *out, FILE *err) {
  switch (options->verb) {
  case VERB_TRUST:
    return trust_run(options, out, err);
  case VERB_UNTRUST:
    return untrust_run(options, out, err);
  case VERB_DOCTOR:
    return doctor_run(options, out, err);
  default:
    ENSURE(options->verb == VERB_ENV);
    return env_run(options, out, err);
  }
}
