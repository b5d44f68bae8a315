/* All files → one configuration. Pure: it takes {name, text} pairs; finding and reading files is cli/'s. */
#ifndef LITEGINX_CONFIG_LOAD_H
#define LITEGINX_CONFIG_LOAD_H

#include "liteginx/config/config.h"
#include "liteginx/config/world.h"

/* Builds the configuration of `texts` (of two equal routes the earlier wins), or returns NULL with at least one error
 * in *report (also when memory is out). Warnings may be there in both cases. The caller frees both. `texts` and `env`
 * are not needed afterwards. */
struct config *config_load(const struct config_text *texts, unsigned count, config_getenv *env, void *env_owner,
                           struct config_report *report);

/* The same where files may be named. */
struct config *config_load_in(const struct config_world *world, const struct config_text *texts, unsigned count,
                              struct config_report *report);
void config_free(struct config *config);

/* Private keys are not needed any more: their texts are overwritten, and empty from then on. */
void config_forget_keys(struct config *config);

#endif
