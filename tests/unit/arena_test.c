#include "liteginx/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>
#include <string.h>

static void pieces_are_aligned_and_apart(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, 1 << 20);
  char *before = NULL;
  for (size_t bytes = 0; bytes < 200; bytes++) {
    char *piece = arena_alloc(&arena, bytes);
    assert_non_null(piece);
    assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
    assert_ptr_not_equal(piece, before);
    memset(piece, (int)bytes, bytes);
    if (before && bytes > 1) assert_int_equal((unsigned char)before[bytes - 2], bytes - 1);
    before = piece;
  }
  arena_reset(&arena);
}

static void the_bound_holds(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, 4096);
  assert_null(arena_alloc(&arena, 4097));
  assert_null(arena_alloc(&arena, SIZE_MAX));
  assert_non_null(arena_alloc(&arena, 4096));
  assert_null(arena_alloc(&arena, 1));
  assert_null(arena_alloc(&arena, 0)); /* an empty piece takes room too */
  assert_null(arena_alloc(&arena, 1));
  arena_reset(&arena);
  assert_non_null(arena_alloc(&arena, 4096));
  arena_reset(&arena);
}

static void many_pieces_are_bounded_together(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, 10000);
  size_t pieces = 0;
  while (arena_alloc(&arena, 100)) pieces++;
  assert_in_range(pieces, 70, 100);
  assert_true(arena.total_bytes <= 10000);
  arena_reset(&arena);
}

static void the_newest_grows_in_place(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, 1 << 20);
  char *piece = arena_alloc(&arena, 10);
  memcpy(piece, "0123456789", 10);
  assert_ptr_equal(arena_grow(&arena, piece, 10, 1000), piece);
  assert_ptr_equal(arena_grow(&arena, piece, 1000, 1000), piece);
  char *other = arena_alloc(&arena, 1);
  assert_true(other >= piece + 1000);
  char *moved = arena_grow(&arena, piece, 10, 2000);
  assert_ptr_not_equal(moved, piece);
  assert_memory_equal(moved, "0123456789", 10);
  char *large = arena_grow(&arena, moved, 10, 100000);
  assert_memory_equal(large, "0123456789", 10);
  assert_non_null(arena_grow(&arena, NULL, 0, 5));
  assert_null(arena_grow(&arena, large, 10, 1 << 20));
  assert_memory_equal(large, "0123456789", 10);
  arena_reset(&arena);
}

static void chunks_are_kept_for_the_next(void **state) {
  (void)state;
  struct arena_cache cache;
  struct arena arena;
  arena_cache_init(&cache, 2);
  arena_init(&arena, &cache, 1 << 20);
  assert_int_equal(cache.kept, 0);
  void *first = arena_alloc(&arena, 8);
  for (int i = 0; i < 4; i++) assert_non_null(arena_alloc(&arena, 3000));
  assert_non_null(arena_alloc(&arena, 100000)); /* has a chunk of its own, which is never kept */
  arena_reset(&arena);
  assert_int_equal(cache.kept, 2);
  (void)first;
  assert_non_null(arena_alloc(&arena, 8));
  assert_int_equal(cache.kept, 1);
  arena_reset(&arena);
  assert_int_equal(cache.kept, 2);
  arena_cache_free(&cache);
  assert_int_equal(cache.kept, 0);
}

static void copies_and_prints(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, 256);
  assert_true(str_eq(arena_dup(&arena, STR("abc")), STR("abc")));
  struct str empty = arena_dup(&arena, STR(""));
  assert_non_null(empty.ptr);
  assert_int_equal(empty.len, 0);
  assert_true(str_eq(arena_printf(&arena, "%d-%s", 42, "x"), STR("42-x")));
  assert_null(arena_printf(&arena, "%0256d", 1).ptr);
  assert_null(arena_dup(&arena, str_make("", 257)).ptr);
  arena_reset(&arena);
}

static void absurd_sizes_are_refused(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, SIZE_MAX);
  void *piece = arena_alloc(&arena, 8);
  assert_non_null(piece);
  for (size_t less = 0; less < 64; less++) {
    assert_null(arena_alloc(&arena, SIZE_MAX - less));
    assert_null(arena_grow(&arena, piece, 8, SIZE_MAX - less));
  }
  assert_null(arena_alloc(&arena, SIZE_MAX / 2));
  arena_reset(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_are_aligned_and_apart),
      cmocka_unit_test(the_bound_holds),
      cmocka_unit_test(many_pieces_are_bounded_together),
      cmocka_unit_test(the_newest_grows_in_place),
      cmocka_unit_test(absurd_sizes_are_refused),
      cmocka_unit_test(chunks_are_kept_for_the_next),
      cmocka_unit_test(copies_and_prints),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
