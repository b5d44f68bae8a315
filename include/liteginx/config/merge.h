/* Specs of all documents and files → listeners: those with one address become one; what cannot live together is an
 * error that names both places. The work per spec does not grow with their number. */
#ifndef LITEGINX_CONFIG_MERGE_H
#define LITEGINX_CONFIG_MERGE_H

#include "liteginx/config/config.h"

struct merge_draft; /* a listener in the making */
struct merge_tls;
struct merge_entry;

struct merge {
  struct arena *scratch, *kept;
  struct config_report *report;
  struct merge_draft *first, *last;
  unsigned count;
  struct merge_entry **slots; /* a hash table of all that may be there only once */
  size_t slot_count, entry_count;
};

/* One spec. */
struct merge_spec {
  enum config_kind kind;
  struct config_address address;
  struct config_place listen_place, hold_place, timeouts_place;
  bool whole; /* nothing is wrong with it: `route` can be used, else it only takes its address */
  struct config_route route;
};

/* `scratch` can go after merge_finish; `kept` is the config's arena. */
void merge_init(struct merge *merge, struct arena *scratch, struct arena *kept, struct config_report *report);

/* Adds one spec. What it points to must lie in `kept`, but for the address's text, of which a copy is taken.
 * False: out of memory. */
ENSURE_CHECKED bool merge_add(struct merge *merge, const struct merge_spec *spec);

/* Makes config->listeners of all specs, in order of their first appearance. False: out of memory. */
ENSURE_CHECKED bool merge_finish(struct merge *merge, struct config *config);

#endif
