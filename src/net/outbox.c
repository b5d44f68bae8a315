/* Pieces lie in the block one behind the other. One that is taken out of turn leaves a hole; room comes back when the
 * last one goes, which is once per turn. */
#include "liteginx/net/outbox.h"

static struct outbox_piece *open_piece(struct outbox *outbox, struct stream *stream, uint16_t *piece, size_t len);

void outbox_init(struct outbox *outbox, char *block) {
  outbox->block = block;
  outbox->used = 0;
  outbox->count = outbox->waiting = outbox->next = 0;
}

bool outbox_put(struct outbox *outbox, struct stream *stream, uint16_t *piece, const struct slices *slices) {
  struct outbox_piece *open = open_piece(outbox, stream, piece, slices->bytes);
  if (!open) return false;
  for (unsigned i = 0; i < slices->count; i++) {
    memcpy(outbox->block + outbox->used, slices->at[i].ptr, slices->at[i].len);
    outbox->used += (uint32_t)slices->at[i].len;
  }
  open->len = outbox->used - open->at;
  return true;
}

static struct outbox_piece *open_piece(struct outbox *outbox, struct stream *stream, uint16_t *piece, size_t len) {
  if (len > OUTBOX_PIECE_BYTES || len > OUTBOX_BYTES - outbox->used) return NULL;
  if (*piece > 0) return *piece == outbox->count ? &outbox->pieces[*piece - 1] : NULL;
  if (outbox->count == OUTBOX_PIECES) return NULL;
  struct outbox_piece *fresh = &outbox->pieces[outbox->count++];
  *fresh = (struct outbox_piece){stream, outbox->used, 0};
  *piece = (uint16_t)outbox->count;
  outbox->waiting++;
  return fresh;
}

struct str outbox_take(struct outbox *outbox, uint16_t *piece) {
  ENSURE(*piece > 0 && *piece <= outbox->count);
  struct outbox_piece *taken = &outbox->pieces[*piece - 1];
  struct str bytes = str_make(outbox->block + taken->at, taken->len);
  ENSURE(taken->stream);
  taken->stream = NULL;
  *piece = 0;
  if (--outbox->waiting == 0) outbox_init(outbox, outbox->block);
  return bytes;
}

struct stream *outbox_oldest(struct outbox *outbox) {
  while (outbox->next < outbox->count && !outbox->pieces[outbox->next].stream) outbox->next++;
  return outbox->next < outbox->count ? outbox->pieces[outbox->next].stream : NULL;
}
