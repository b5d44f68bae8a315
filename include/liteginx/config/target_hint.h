/* What to say about a target in one word that is none of ours, or that says more than is heard: whole sentences, in `arena`;
 * ptr NULL: out of memory. */
#ifndef LITEGINX_CONFIG_TARGET_HINT_H
#define LITEGINX_CONFIG_TARGET_HINT_H

#include "liteginx/config/scalar.h"
#include "liteginx/config/yaml.h"

/* For a text of which scalar_split_target made `form` and `target`. For TARGET_PLAIN it is a warning, empty where all is as
 * it should be; else the error. */
struct str target_hint(struct arena *arena, struct str text, enum scalar_target_form form,
                       const struct scalar_target *target);

/* For a mapping in the place of a target: "localhost: 3000" with a blank that makes a key of the host. Empty: it is none
 * of these. */
struct str target_hint_mapping(struct arena *arena, const struct yaml_node *mapping);

/* The same where the whole list is such a mapping: what to write, as a parenthesis. */
struct str target_hint_list(struct arena *arena, const struct yaml_node *mapping);

#endif
