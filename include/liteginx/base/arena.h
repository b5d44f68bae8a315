/* Bump memory of one exchange: many small pieces, freed together. Its chunks come from a cache that the worker
 * keeps, so that steady traffic calls no malloc. Bounded: a peer cannot grow it past `max_bytes`. */
#ifndef LITEGINX_BASE_ARENA_H
#define LITEGINX_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "liteginx/base/ensure.h"
#include "liteginx/base/str.h"

/* Bytes of one cached chunk, its header included: an ordinary exchange fits into one. */
enum { ARENA_CHUNK_BYTES = 4096 };

struct arena_chunk;

/* Chunks of ARENA_CHUNK_BYTES that wait for their next use, at most `max_kept`. */
struct arena_cache {
  struct arena_chunk *free;
  unsigned kept, max_kept;
};

struct arena {
  struct arena_cache *cache; /* may be NULL: straight from malloc */
  struct arena_chunk *chunk; /* the newest; older ones hang behind it */
  size_t used;               /* bytes taken of the newest */
  size_t total_bytes;        /* asked for since the last reset */
  size_t max_bytes;
  bool bound_met; /* more than max_bytes was asked for: what was refused would not have been without the bound */
  void *last;     /* the newest piece, which alone can grow in place */
};

void arena_cache_init(struct arena_cache *cache, unsigned max_kept);
void arena_cache_free(struct arena_cache *cache);

/* Takes no memory yet. `cache` must outlive the arena. */
void arena_init(struct arena *arena, struct arena_cache *cache, size_t max_bytes);

/* `bytes` bytes aligned for any type; NULL when memory or the bound is exhausted. Valid until arena_reset. */
void *arena_alloc(struct arena *arena, size_t bytes);

/* Makes the piece at `piece` of `old_bytes` at least `new_bytes` long, in place where it is the newest and its
 * chunk has room, else as a copy. NULL as in arena_alloc; the old piece is then still there. `piece` NULL: new. */
void *arena_grow(struct arena *arena, void *piece, size_t old_bytes, size_t new_bytes);

/* A copy of `s`; ptr is NULL where arena_alloc failed. An empty slice stays empty and non-NULL. */
struct str arena_dup(struct arena *arena, struct str s);

/* printf into the arena. ptr is NULL where arena_alloc failed. */
struct str arena_printf(struct arena *arena, const char *format, ...) ENSURE_PRINTF(2, 3);

/* Gives all memory back; the arena can be used again. */
void arena_reset(struct arena *arena);

#endif
