/* What one loop has of pipes, for splice.h, which works on them. */
#ifndef LITEGINX_NET_SPLICES_H
#define LITEGINX_NET_SPLICES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liteginx/base/list.h"
#include "liteginx/net/deadline.h"

/* What a pipe is asked to hold, and so the most that waits in one; and how many there may be at once: half of what Linux
 * grants an unprivileged user (fs.pipe-user-pages-soft, 64 MiB). */
enum { SPLICE_MAX_BYTES = 1024 * 1024, SPLICES_MAX = 32 };

struct stream;

struct splice {
  struct list node; /* in splices->spare, or ->held */
  int in, out;
  size_t bytes;          /* in it */
  struct stream *source; /* whose input they are */
};

/* All of one loop. */
struct splices {
  struct list spare, held; /* empty ones; those with a source */
  unsigned spare_count, open;
  _Atomic unsigned *all_open; /* of all loops that share this count */
  _Atomic unsigned own_open;  /* where they are counted, unless the owner has one count for several loops */
  struct deadline spare_due;  /* to close them, unless one was taken since it was set: `taken` */
  bool taken;
  bool closing;      /* no spare one is kept any more */
  bool refused;      /* the kernel has none of this: never asked again */
  uint64_t retry_ms; /* no pipe could be made: none is tried before this */
};

static inline void splices_init(struct splices *splices) {
  list_init(&splices->spare);
  list_init(&splices->held);
  splices->all_open = &splices->own_open;
}

#endif
