/* Small output of one turn of the loop, until it is sent all at once: code that parses and routes stays in the caches
 * while it does so for one connection after the other, instead of being driven out by the kernel each time. Holds bytes
 * and whose they are; sending is stream_output.c's. */
#ifndef LITEGINX_NET_OUTBOX_H
#define LITEGINX_NET_OUTBOX_H

#include "liteginx/base/ensure.h"
#include "liteginx/base/slices.h"

enum { OUTBOX_BYTES = 64 * 1024, OUTBOX_PIECE_BYTES = 1024, OUTBOX_PIECES = 256 };

struct stream;

struct outbox_piece {
  struct stream *stream; /* NULL: taken */
  uint32_t at, len;
};

struct outbox {
  char *block;
  uint32_t used;
  unsigned count, waiting, next; /* pieces begun; not taken; where to look for the oldest of them */
  struct outbox_piece pieces[OUTBOX_PIECES];
};

/* `block` has OUTBOX_BYTES, and stays its owner's. */
void outbox_init(struct outbox *outbox, char *block);

/* Adds a copy of `slices` behind what `stream` has in it. *piece is the stream's: 0 while it has nothing in the box.
 * False: too long, no room, or others came in between; nothing was added. */
ENSURE_CHECKED bool outbox_put(struct outbox *outbox, struct stream *stream, uint16_t *piece,
                               const struct slices *slices);

/* Is there no room for just any small piece any more? */
static inline bool outbox_full(const struct outbox *outbox) {
  return outbox->count == OUTBOX_PIECES || outbox->used > OUTBOX_BYTES - OUTBOX_PIECE_BYTES;
}

/* Takes out what *piece stands for (not 0): valid until the next outbox_put. */
struct str outbox_take(struct outbox *outbox, uint16_t *piece);

/* Whose the oldest piece is; NULL: the box is empty. */
struct stream *outbox_oldest(struct outbox *outbox);

#endif
