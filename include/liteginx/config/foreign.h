/* Whose configuration it is that was given to us, where it is certainly none of ours: people paste what they have. */
#ifndef LITEGINX_CONFIG_FOREIGN_H
#define LITEGINX_CONFIG_FOREIGN_H

#include "liteginx/config/yaml.h"

/* "nginx", of a text that is no YAML mapping or list; NULL: nobody's that is known. */
const char *foreign_text(struct str text);

/* The same of a document that is YAML. */
const char *foreign_tree(const struct yaml_node *document);

#endif
