/* Linked into the program where the thread sanitizer is. GCC 12's keeps a thread's pending signals in a block that it
 * makes at the first call that may block, and makes it twice when a signal comes at just that moment: the signal is
 * then forgotten. For the main thread that call would be its first epoll_wait, right after "ready": a SIGTERM sent at
 * once got lost in one start of forty on a busy machine. Here it blocks once before anybody can send one. */
#include <unistd.h>

static void __attribute__((constructor)) first_wait(void) {
  usleep(1);
}
