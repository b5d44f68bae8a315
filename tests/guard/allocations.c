/* Preloaded into the program under test: counts what it asks of the allocator and what it has not given back, in the
 * file that LITEGINX_ALLOCATIONS names, which the test reads while the program runs. To the C library's own functions
 * it goes by the names that glibc exports for this purpose; looked up with dlsym they would be needed before they are
 * found. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *piece, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *piece);

/* Our names in C, the allocator's for the linker. */
void *counted_malloc(size_t bytes) __asm__("malloc");
void *counted_calloc(size_t count, size_t bytes) __asm__("calloc");
void *counted_realloc(void *piece, size_t bytes) __asm__("realloc");
void *counted_aligned_alloc(size_t alignment, size_t bytes) __asm__("aligned_alloc");
int counted_posix_memalign(void **piece, size_t alignment, size_t bytes) __asm__("posix_memalign");
void counted_free(void *piece) __asm__("free");

/* As the file holds them. */
struct counts {
  _Atomic uint64_t asked;         /* how often something was asked for */
  _Atomic uint64_t pieces, bytes; /* in use now; the bytes as the allocator rounds them */
};

static struct counts before_mapped;
static _Atomic(struct counts *) counts = &before_mapped;

__attribute__((constructor)) static void map_counts(void) {
  const char *path = getenv("LITEGINX_ALLOCATIONS");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0 || ftruncate(file, sizeof(struct counts)) != 0) abort();
  void *mapped = mmap(NULL, sizeof(struct counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) abort();
  close(file);
  struct counts *shared = mapped;
  /* The pieces from before may be given back later; no thread runs yet. */
  atomic_store(&shared->asked, atomic_load(&before_mapped.asked));
  atomic_store(&shared->pieces, atomic_load(&before_mapped.pieces));
  atomic_store(&shared->bytes, atomic_load(&before_mapped.bytes));
  atomic_store(&counts, shared);
}

static void *taken(void *piece) {
  struct counts *now = atomic_load(&counts);
  atomic_fetch_add_explicit(&now->asked, 1, memory_order_relaxed);
  if (!piece) return NULL;
  atomic_fetch_add_explicit(&now->pieces, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&now->bytes, malloc_usable_size(piece), memory_order_relaxed);
  return piece;
}

static void given_back(size_t usable_bytes) {
  struct counts *now = atomic_load(&counts);
  atomic_fetch_sub_explicit(&now->pieces, 1, memory_order_relaxed);
  atomic_fetch_sub_explicit(&now->bytes, usable_bytes, memory_order_relaxed);
}

void *counted_malloc(size_t bytes) {
  return taken(__libc_malloc(bytes));
}

void *counted_calloc(size_t count, size_t bytes) {
  return taken(__libc_calloc(count, bytes));
}

void *counted_realloc(void *piece, size_t bytes) {
  size_t before = piece ? malloc_usable_size(piece) : 0;
  void *moved = __libc_realloc(piece, bytes);
  /* Asked for nothing, glibc frees. */
  if (piece && (moved || bytes == 0)) given_back(before);
  return taken(moved);
}

void *counted_aligned_alloc(size_t alignment, size_t bytes) {
  return taken(__libc_memalign(alignment, bytes));
}

int counted_posix_memalign(void **piece, size_t alignment, size_t bytes) {
  *piece = taken(__libc_memalign(alignment, bytes));
  return *piece ? 0 : ENOMEM;
}

void counted_free(void *piece) {
  if (!piece) return;
  given_back(malloc_usable_size(piece));
  __libc_free(piece);
}
