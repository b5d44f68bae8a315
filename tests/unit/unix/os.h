/* What tests need of the system and libuv does not offer, on Unix. windows/os.h promises the same there; meson chooses the folder.
 * Sockets are plain ones that wait, for the far end of what is tested. */
#ifndef LITEGINX_TESTS_UNIT_OS_H
#define LITEGINX_TESTS_UNIT_OS_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum { OS_NO_SOCKET = -1 };

/* The queue that one connection fills: Linux takes one more than it is told, and macOS takes none for as many as can be. */
#ifdef __linux__
enum { OS_SHORTEST_QUEUE = 0 };
#else
enum { OS_SHORTEST_QUEUE = 1 };
#endif

/* Where a program's own variables are and where the C library looks. "" may be none. */
static inline void os_set_variable(const char *name, const char *value) {
  setenv(name, value, 1);
}

/* The zone of local times, in POSIX's words. */
static inline void os_set_zone(const char *zone) {
  setenv("TZ", zone, 1);
  tzset();
}

/* Goes when it is closed, or with the program. NULL: it could not be made. */
static inline FILE *os_temporary_file(void) {
  return tmpfile();
}

/* Did this end of a process come of abort()? */
static inline bool os_aborted(int64_t exit_status, int signal) {
  return exit_status == 0 && signal == SIGABRT;
}

/* --- descriptors --- */

static inline int os_duplicate(int descriptor) {
  return dup(descriptor);
}

/* `descriptor` is what `by` is from now on. */
static inline bool os_replace(int descriptor, int by) {
  return dup2(by, descriptor) == descriptor;
}

static inline void os_close(int descriptor) {
  close(descriptor);
}

/* A pipe; [0] is its end for reading. The other one waits in writing as soon as `*room` bytes are in it. */
static inline bool os_pipe(int ends[2], size_t *room) {
  *room = 65536;
  return pipe(ends) == 0;
}

/* Waits for bytes. How many there are; 0: none will come. */
static inline long os_read(int descriptor, void *into, size_t room) {
  return (long)read(descriptor, into, room);
}

static inline long os_write(int descriptor, const void *bytes, size_t len) {
  return (long)write(descriptor, bytes, len);
}

/* Would os_read of a pipe wait? */
static inline bool os_is_silent(int descriptor) {
  char byte;
  int flags = fcntl(descriptor, F_GETFL);
  fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
  bool silent = read(descriptor, &byte, 1) == -1 && errno == EAGAIN;
  fcntl(descriptor, F_SETFL, flags);
  return silent;
}

/* From now on nobody waits in writing to a pipe that is full. */
static inline void os_never_wait(int descriptor) {
  fcntl(descriptor, F_SETFL, O_NONBLOCK);
}

/* --- sockets --- */

static inline void os_drop(uv_os_sock_t socket) {
  close(socket);
}

/* Bytes; 0: the end; or a libuv code. */
static inline int os_receive(uv_os_sock_t socket, void *into, size_t room) {
  ssize_t got = recv(socket, into, room, 0);
  return got < 0 ? uv_translate_sys_error(errno) : (int)got;
}

/* The same without waiting: UV_EAGAIN where there is nothing. */
static inline int os_receive_now(uv_os_sock_t socket, void *into, size_t room) {
  ssize_t got = recv(socket, into, room, MSG_DONTWAIT);
  return got < 0 ? uv_translate_sys_error(errno) : (int)got;
}

static inline int os_send(uv_os_sock_t socket, const void *bytes, size_t len) {
  ssize_t sent = send(socket, bytes, len, 0);
  return sent < 0 ? uv_translate_sys_error(errno) : (int)sent;
}

/* Ends the output. */
static inline int os_half_close(uv_os_sock_t socket) {
  return shutdown(socket, SHUT_WR);
}

/* Closes it with a reset. */
static inline void os_reset(uv_os_sock_t socket) {
  static const struct linger at_once = {.l_onoff = 1};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(socket);
}

/* Does a connection wait to be accepted? */
static inline bool os_has_caller(uv_os_sock_t listener) {
  fd_set set;
  struct timeval now = {0};
  FD_ZERO(&set);
  FD_SET(listener, &set);
  return select(listener + 1, &set, NULL, NULL, &now) == 1;
}

#endif
