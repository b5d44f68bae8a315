/* Bump memory. The newest chunk is the one that pieces are cut from; pieces too large for a cached chunk get one of
 * their own, which is freed at reset instead of cached. */
#include "liteginx/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "liteginx/base/ensure.h"

struct arena_chunk {
  struct arena_chunk *next;
  size_t cap; /* of bytes */
  max_align_t bytes[];
};

enum { ALIGNMENT = sizeof(max_align_t) };

/* Up to here no sum of sizes can overflow. */
#define PIECE_MAX (SIZE_MAX / 4)

static inline void *cut(struct arena *arena, size_t size);
ENSURE_APART static void *alloc_apart(struct arena *arena, size_t size);
static struct arena_chunk *take_chunk(struct arena *arena, size_t bytes);
static void give_chunk(struct arena_cache *cache, struct arena_chunk *chunk);

void arena_cache_init(struct arena_cache *cache, unsigned max_kept) {
  *cache = (struct arena_cache){.max_kept = max_kept};
}

void arena_cache_free(struct arena_cache *cache) {
  while (cache->free) {
    struct arena_chunk *chunk = cache->free;
    cache->free = chunk->next;
    free(chunk);
  }
  cache->kept = 0;
}

void arena_init(struct arena *arena, struct arena_cache *cache, size_t max_bytes) {
  *arena = (struct arena){.cache = cache, .max_bytes = max_bytes};
}

static size_t round_up(size_t bytes) {
  return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void *arena_alloc(struct arena *arena, size_t bytes) {
  if (bytes > PIECE_MAX) return NULL;
  size_t size = round_up(bytes ? bytes : 1);
  bool fits = arena->chunk && size <= arena->chunk->cap - arena->used;
  if (!fits || size > arena->max_bytes - arena->total_bytes) return alloc_apart(arena, size);
  return cut(arena, size);
}

static inline void *cut(struct arena *arena, size_t size) {
  void *piece = (char *)arena->chunk->bytes + arena->used;
  arena->used += size;
  arena->total_bytes += size;
  arena->last = piece;
  return piece;
}

/* From a new chunk, or not at all: apart, so that a piece of the chunk at hand costs little. */
static void *alloc_apart(struct arena *arena, size_t size) {
  bool beyond = size > arena->max_bytes - arena->total_bytes;
  arena->bound_met |= beyond;
  struct arena_chunk *chunk = beyond ? NULL : take_chunk(arena, size);
  if (!chunk) return NULL;
  chunk->next = arena->chunk;
  arena->chunk = chunk;
  arena->used = 0;
  return cut(arena, size);
}

void *arena_grow(struct arena *arena, void *piece, size_t old_bytes, size_t new_bytes) {
  if (!piece) return arena_alloc(arena, new_bytes);
  ENSURE(new_bytes >= old_bytes);
  if (new_bytes > PIECE_MAX) return NULL;
  if (piece == arena->last) {
    size_t offset = (size_t)((char *)piece - (char *)arena->chunk->bytes);
    size_t more = offset + round_up(new_bytes);
    if (more <= arena->used) return piece;
    if (more <= arena->chunk->cap && more - arena->used <= arena->max_bytes - arena->total_bytes) {
      arena->total_bytes += more - arena->used;
      arena->used = more;
      return piece;
    }
  }
  void *moved = arena_alloc(arena, new_bytes);
  if (moved && old_bytes) memcpy(moved, piece, old_bytes);
  return moved;
}

struct str arena_dup(struct arena *arena, struct str s) {
  char *copy = arena_alloc(arena, s.len);
  if (!copy) return (struct str){NULL, 0};
  if (s.len) memcpy(copy, s.ptr, s.len);
  return str_make(copy, s.len);
}

struct str arena_printf(struct arena *arena, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int len = vsnprintf(NULL, 0, format, args);
  va_end(args);
  ENSURE(len >= 0);
  char *text = arena_alloc(arena, (size_t)len + 1);
  if (text) vsnprintf(text, (size_t)len + 1, format, again);
  va_end(again);
  return text ? str_make(text, (size_t)len) : (struct str){NULL, 0};
}

void arena_reset(struct arena *arena) {
  while (arena->chunk) {
    struct arena_chunk *chunk = arena->chunk;
    arena->chunk = chunk->next;
    give_chunk(arena->cache, chunk);
  }
  arena_init(arena, arena->cache, arena->max_bytes);
}

enum { CACHED_CAP = ARENA_CHUNK_BYTES - sizeof(struct arena_chunk) };

static struct arena_chunk *take_chunk(struct arena *arena, size_t bytes) {
  struct arena_cache *cache = arena->cache;
  if (cache && cache->free && bytes <= CACHED_CAP) {
    struct arena_chunk *chunk = cache->free;
    cache->free = chunk->next;
    cache->kept--;
    return chunk;
  }
  size_t cap = bytes <= CACHED_CAP ? CACHED_CAP : bytes;
  struct arena_chunk *chunk = malloc(sizeof *chunk + cap);
  if (chunk) chunk->cap = cap;
  return chunk;
}

static void give_chunk(struct arena_cache *cache, struct arena_chunk *chunk) {
  if (!cache || chunk->cap != CACHED_CAP || cache->kept >= cache->max_kept) {
    free(chunk);
    return;
  }
  chunk->next = cache->free;
  cache->free = chunk;
  cache->kept++;
}
