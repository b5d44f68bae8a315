/* What tests need of the system and libuv does not offer, on Windows. What each function promises is said in unix/os.h. */
#ifndef LITEGINX_TESTS_UNIT_OS_H
#define LITEGINX_TESTS_UNIT_OS_H

#include <fcntl.h>
#include <io.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

#define OS_NO_SOCKET INVALID_SOCKET

enum { OS_SHORTEST_QUEUE = 0 };

/* The C library tells the system, but not the other way round. */
static inline void os_set_variable(const char *name, const char *value) {
  _putenv_s(name, value);
}

static inline void os_set_zone(const char *zone) {
  _putenv_s("TZ", zone);
  _tzset();
}

/* The C library's own stands in the root of the drive, where not everybody may write. */
static inline FILE *os_temporary_file(void) {
  char *name = _tempnam(NULL, "liteginx");
  FILE *file = name ? fopen(name, "w+bD") : NULL;
  free(name);
  return file;
}

/* The C library's exit status behind abort(). */
static inline bool os_aborted(int64_t exit_status, int signal) {
  return exit_status == 3 && signal == 0;
}

/* --- descriptors --- */

static inline int os_duplicate(int descriptor) {
  return _dup(descriptor);
}

static inline bool os_replace(int descriptor, int by) {
  return _dup2(by, descriptor) == 0;
}

static inline void os_close(int descriptor) {
  _close(descriptor);
}

static inline bool os_pipe(int ends[2], size_t *room) {
  *room = 65536;
  return _pipe(ends, (unsigned)*room, _O_BINARY | _O_NOINHERIT) == 0;
}

static inline long os_read(int descriptor, void *into, size_t room) {
  return _read(descriptor, into, (unsigned)room);
}

static inline long os_write(int descriptor, const void *bytes, size_t len) {
  return _write(descriptor, bytes, (unsigned)len);
}

static inline bool os_is_silent(int descriptor) {
  DWORD waiting;
  return PeekNamedPipe((HANDLE)_get_osfhandle(descriptor), NULL, 0, NULL, &waiting, NULL) && waiting == 0;
}

static inline void os_never_wait(int descriptor) {
  DWORD mode = PIPE_READMODE_BYTE | PIPE_NOWAIT;
  SetNamedPipeHandleState((HANDLE)_get_osfhandle(descriptor), &mode, NULL, NULL);
}

/* --- sockets --- */

static inline int os_socket_code(int result) {
  return result < 0 ? uv_translate_sys_error(WSAGetLastError()) : result;
}

static inline void os_drop(uv_os_sock_t socket) {
  closesocket(socket);
}

static inline int os_receive(uv_os_sock_t socket, void *into, size_t room) {
  return os_socket_code(recv(socket, into, (int)room, 0));
}

static inline int os_receive_now(uv_os_sock_t socket, void *into, size_t room) {
  u_long on = 1, off = 0;
  ioctlsocket(socket, (long)FIONBIO, &on);
  int got = os_receive(socket, into, room);
  ioctlsocket(socket, (long)FIONBIO, &off);
  return got;
}

static inline int os_send(uv_os_sock_t socket, const void *bytes, size_t len) {
  return os_socket_code(send(socket, bytes, (int)len, 0));
}

static inline int os_half_close(uv_os_sock_t socket) {
  return shutdown(socket, SD_SEND);
}

static inline void os_reset(uv_os_sock_t socket) {
  static const struct linger at_once = {.l_onoff = 1};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, (const char *)&at_once, sizeof at_once);
  closesocket(socket);
}

static inline bool os_has_caller(uv_os_sock_t listener) {
  fd_set set;
  struct timeval now = {0};
  FD_ZERO(&set);
  FD_SET(listener, &set);
  return select(0, &set, NULL, NULL, &now) == 1;
}

#endif
