/* The sentence that the client and the log are told when an exchange is refused or fails: that of the ending's cause, with
 * its values filled in. */
#ifndef LITEGINX_SESSION_REASON_H
#define LITEGINX_SESSION_REASON_H

#include "liteginx/base/ending.h"
#include "liteginx/config/config.h"

/* Longest sentence of CAUSE_TABLE with all its values. */
enum { REASON_MAX = 1000 };

struct reason {
  struct ending ending;
  const struct config_settings *settings;
  const struct config_route *route; /* NULL: none was found */
  struct str target;                /* the one tried last; empty: none */
  struct str host, path;            /* as asked for */
  uint64_t held_ms, waited_ms;      /* for a target to listen; since it was asked */
  unsigned passes;                  /* with CAUSE_LOOP */
  size_t bound_bytes;               /* of the memory that one exchange may take */
  bool bound_met;                   /* it wanted more */
};

/* The ending's cause, or the one that its kind and its code speak for. CAUSE_NONE: nothing was refused or went wrong. */
enum cause reason_cause(const struct reason *reason);

/* The sentence of an ending that has a cause, without a full stop, at most REASON_MAX bytes. What peers have sent is in it
 * escaped and shortened, so it can be written to a terminal. Lives in `arena`; where that has no room it is the cause's
 * label. */
struct str reason_text(struct arena *arena, const struct reason *reason);

#endif
