/* What to write instead of a value that cannot be used, or that will hardly be meant as it stands: made of what was
 * written. Each hint is a whole parenthesis in `arena`, empty where there is nothing to tell; ptr NULL: out of memory. */
#ifndef LITEGINX_CONFIG_HINT_H
#define LITEGINX_CONFIG_HINT_H

#include "liteginx/base/arena.h"

/* For what scalar_duration refused: "500" → "(did you mean '500ms' or '500s'?)", "5 min", "1.5s", "2d". */
struct str hint_duration(struct arena *arena, struct str text);

/* For a size that was refused, or is out of range: "10MB", "64k"; a number alone that is right as so many KiB. */
struct str hint_size(struct arena *arena, struct str text, uint64_t least, uint64_t most);

/* For what scalar_listen refused. */
struct str hint_listen(struct arena *arena, struct str text);

/* For what scalar_route_host refused, and for what it takes but nobody means. */
struct str hint_route_host(struct arena *arena, struct str text);
struct str hint_taken_host(struct arena *arena, struct str text);

/* For what scalar_target_host refused. */
struct str hint_target_host(struct arena *arena, struct str text);

/* For a single value where a list or a mapping is due. */
struct str hint_targets(struct arena *arena, struct str text);
struct str hint_networks(struct arena *arena, struct str text);
struct str hint_respond(struct arena *arena, struct str text);
struct str hint_timeouts(struct arena *arena, struct str text);
struct str hint_tls(struct arena *arena, struct str text);

/* Other words for true and false; constant. */
struct str hint_bool(struct str text);

/* For what variable_stray found in a value that stands. */
struct str hint_dollar(struct arena *arena, struct str stray);

/* For a value that was refused and has a '$' in it that is neither doubled nor fills in a variable, which no such value can
 * have; a name may be in any case then. Empty: none looks like a variable. */
struct str hint_refused_dollar(struct arena *arena, struct str text);

#endif
