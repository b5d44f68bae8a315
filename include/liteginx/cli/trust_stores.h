/* All stores of this machine that are known, and what the verbs about them share. */
#ifndef LITEGINX_CLI_TRUST_STORES_H
#define LITEGINX_CLI_TRUST_STORES_H

#include "liteginx/cli/options.h"
#include "liteginx/cli/trust_store.h"
#include "liteginx/config/config.h"

/* Begins a job: whose it is, where the root is. `authority` as the job has it; it must outlive the job. */
void trust_stores_begin(struct trust_job *job, const struct authority *authority, FILE *out, bool dry_run);

/* False, and told to `err`: sudo has started us. Then this would be about root's CA and root's browsers, which is not what was meant;
 * what needs root asks for it by itself. */
ENSURE_CHECKED bool trust_stores_may_change(FILE *err);

/* Gives back all that was found out. */
void trust_stores_end(struct trust_job *job);

/* Those that are there, in the order in which they are served: the system's first, since others are made from it. */
struct trust_list trust_stores_find(struct trust_job *job);

/* Opens the CA, or makes it for the hosts of the configuration: of the paths that are named, or else of the usual place, where one
 * is. NULL: it was told to `err` why not. The caller frees it. */
struct authority *trust_stores_authority(const struct options *options, FILE *out, FILE *err);

/* Does the CA permit all hosts of the configuration that is named? Says to `out` which it does not, and to `err` what is wrong with the
 * configuration. True where none is named. */
ENSURE_CHECKED bool trust_stores_permit(const struct options *options, const struct authority *authority, FILE *out,
                                        FILE *err);

#endif
