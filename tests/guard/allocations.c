/* Preloaded into the program under test: counts what it asks of the allocator, in the file that LITEGINX_ALLOCATIONS names,
 * which the test reads while the program runs. To the C library's own functions it goes by the names that glibc exports for
 * this purpose; looked up with dlsym they would be needed before they are found. */
#include <errno.h>
#include <fcntl.h>
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

/* Our names in C, the allocator's for the linker. */
void *counted_malloc(size_t bytes) __asm__("malloc");
void *counted_calloc(size_t count, size_t bytes) __asm__("calloc");
void *counted_realloc(void *piece, size_t bytes) __asm__("realloc");
void *counted_aligned_alloc(size_t alignment, size_t bytes) __asm__("aligned_alloc");
int counted_posix_memalign(void **piece, size_t alignment, size_t bytes) __asm__("posix_memalign");

static _Atomic uint64_t before_mapped;
static _Atomic(_Atomic uint64_t *) counter = &before_mapped;

__attribute__((constructor)) static void map_counter(void) {
  const char *path = getenv("LITEGINX_ALLOCATIONS");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0 || ftruncate(file, sizeof(uint64_t)) != 0) abort();
  void *mapped = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) abort();
  close(file);
  atomic_store(&counter, (_Atomic uint64_t *)mapped);
}

static void count_one(void) {
  atomic_fetch_add_explicit(atomic_load(&counter), 1, memory_order_relaxed);
}

void *counted_malloc(size_t bytes) {
  count_one();
  return __libc_malloc(bytes);
}

void *counted_calloc(size_t count, size_t bytes) {
  count_one();
  return __libc_calloc(count, bytes);
}

void *counted_realloc(void *piece, size_t bytes) {
  count_one();
  return __libc_realloc(piece, bytes);
}

void *counted_aligned_alloc(size_t alignment, size_t bytes) {
  count_one();
  return __libc_memalign(alignment, bytes);
}

int counted_posix_memalign(void **piece, size_t alignment, size_t bytes) {
  count_one();
  *piece = __libc_memalign(alignment, bytes);
  return *piece ? 0 : ENOMEM;
}
