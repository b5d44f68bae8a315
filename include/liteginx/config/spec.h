/* One spec of an ingress → what the merge makes listeners of. */
#ifndef LITEGINX_CONFIG_SPEC_H
#define LITEGINX_CONFIG_SPEC_H

#include "liteginx/config/merge.h"
#include "liteginx/config/take.h"

/* What a spec and a target are before anything was taken for them: read once from the rows, not for each. */
struct spec_start {
  enum config_bind bind;
  struct config_route route;
  struct config_target target;
};

void spec_start_init(struct spec_start *start, const struct config_settings *settings);

/* Takes the spec `from` of the ingress `name` into *spec, values in taking->kept. What is wrong is reported and leaves the
 * spec not whole, or, where its kind or its address is not known, *usable false. False: out of memory. */
ENSURE_CHECKED bool spec_take(const struct taking *taking, const struct spec_start *start, const struct take_from *from,
                              struct str name, struct merge_spec *spec, bool *usable);

#endif
