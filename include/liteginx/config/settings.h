/* The settings document → struct config_settings. */
#ifndef LITEGINX_CONFIG_SETTINGS_H
#define LITEGINX_CONFIG_SETTINGS_H

#include "liteginx/config/config.h"
#include "liteginx/config/take.h"
#include "liteginx/config/variable.h"

/* What holds where no document says otherwise. */
void settings_init(struct config_settings *settings);

/* Takes the mapping under 'settings'. False: out of memory. */
ENSURE_CHECKED bool settings_take(const struct taking *taking, const struct take_from *from,
                                  struct config_settings *settings);

/* What the environment says wins: $LITEGINX_BIND. */
void settings_take_environment(config_getenv *env, void *env_owner, struct config_report *report,
                               struct config_settings *settings);

#endif
