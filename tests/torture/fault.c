/* Names in two underscores and "wrap" are the linker's (--wrap=NAME): __wrap_NAME is called instead of NAME,
 * __real_NAME is NAME. */
#include "fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <uv.h>

#include "liteginx/base/arena.h"
#include "liteginx/base/buf.h"
#include "liteginx/net/socket.h"

static bool fails(enum fault_kind kind, const char *name, void *caller);

static struct {
  _Atomic unsigned counts[FAULT_KINDS];
  _Atomic long live;
  _Atomic bool armed;
  enum fault_kind kind;
  unsigned number, burst;
  struct fault_place *place;
} fault;

static _Thread_local bool spared;

const char *fault_kind_name(enum fault_kind kind) {
  static const char *const names[FAULT_KINDS] = {"alloc", "piece", "uv", "system"};
  return names[kind];
}

void fault_arm(enum fault_kind kind, unsigned number, unsigned burst, struct fault_place *place) {
  fault.place = place;
  fault.kind = kind;
  fault.number = number;
  fault.burst = burst;
  fault.armed = true;
}

void fault_disarm(void) {
  fault.armed = false;
}

void fault_spare_thread(void) {
  spared = true;
}

unsigned fault_count(enum fault_kind kind) {
  return fault.counts[kind];
}

long fault_live(void) {
  return fault.live;
}

static bool fails(enum fault_kind kind, const char *name, void *caller) {
  if (spared || !fault.armed) return false;
  unsigned number = ++fault.counts[kind];
  if (kind != fault.kind || number < fault.number || number - fault.number >= fault.burst) return false;
  fault.place->caller = caller;
  fault.place->name = name;
  return true;
}

/* Declares the pair and begins the twin's body. */
#define WRAP(type, name, ...)      \
  type __real_##name(__VA_ARGS__); \
  type __wrap_##name(__VA_ARGS__); \
  type __wrap_##name(__VA_ARGS__)

#define FAILS(kind, name) fails(kind, #name, __builtin_return_address(0))

/* --- malloc and its kin --- */

WRAP(void *, malloc, size_t size) {
  void *block = FAILS(FAULT_ALLOC, malloc) ? NULL : __real_malloc(size);
  if (block) fault.live++;
  return block;
}

WRAP(void *, calloc, size_t count, size_t size) {
  void *block = FAILS(FAULT_ALLOC, calloc) ? NULL : __real_calloc(count, size);
  if (block) fault.live++;
  return block;
}

WRAP(void *, realloc, void *old, size_t size) {
  void *block = FAILS(FAULT_ALLOC, realloc) ? NULL : __real_realloc(old, size);
  if (!old && block) fault.live++;
  if (old && size == 0 && !block) fault.live--;
  return block;
}

WRAP(char *, strdup, const char *text) {
  char *block = FAILS(FAULT_ALLOC, strdup) ? NULL : __real_strdup(text);
  if (block) fault.live++;
  return block;
}

WRAP(void, free, void *block) {
  if (block) fault.live--;
  __real_free(block);
}

/* libuv's own are counted only: where it is refused memory it stops the program. */

static void *uv_malloc_counted(size_t size) {
  void *block = __real_malloc(size);
  if (block) fault.live++;
  return block;
}

static void *uv_calloc_counted(size_t count, size_t size) {
  void *block = __real_calloc(count, size);
  if (block) fault.live++;
  return block;
}

static void *uv_realloc_counted(void *old, size_t size) {
  void *block = __real_realloc(old, size);
  if (!old && block) fault.live++;
  if (old && size == 0 && !block) fault.live--;
  return block;
}

void fault_count_libuv(void) {
  if (uv_replace_allocator(uv_malloc_counted, uv_realloc_counted, uv_calloc_counted, __wrap_free) != 0) abort();
}

/* --- pieces --- */

WRAP(void *, arena_alloc, struct arena *arena, size_t bytes) {
  return FAILS(FAULT_PIECE, arena_alloc) ? NULL : __real_arena_alloc(arena, bytes);
}

WRAP(void *, arena_grow, struct arena *arena, void *piece, size_t old_bytes, size_t new_bytes) {
  return FAILS(FAULT_PIECE, arena_grow) ? NULL : __real_arena_grow(arena, piece, old_bytes, new_bytes);
}

WRAP(struct str, arena_dup, struct arena *arena, struct str s) {
  return FAILS(FAULT_PIECE, arena_dup) ? (struct str){NULL, 0} : __real_arena_dup(arena, s);
}

WRAP(bool, buf_append, struct buf *buf, struct str s, size_t max) {
  return FAILS(FAULT_PIECE, buf_append) ? false : __real_buf_append(buf, s, max);
}

struct str __wrap_arena_printf(struct arena *arena, const char *format, ...);
struct str __wrap_arena_printf(struct arena *arena, const char *format, ...) {
  struct str text = {NULL, 0};
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int len = vsnprintf(NULL, 0, format, args);
  char *piece = FAILS(FAULT_PIECE, arena_printf) ? NULL : __real_arena_alloc(arena, (size_t)len + 1);
  if (piece) {
    vsnprintf(piece, (size_t)len + 1, format, again);
    text = str_make(piece, (size_t)len);
  }
  va_end(again);
  va_end(args);
  return text;
}

/* --- libuv, and what we do instead of it: all calls of ours that can fail --- tests/house/faults_check.py says which
 * need no twin, and finds one that is missing. */

/* Once with a peer that lives, which tells wishful thinking, and once with one that is gone, as reading will tell. And
 * what is no failure: the system takes nothing at first, or only one byte. */
WRAP(ssize_t, socket_send, uv_os_sock_t socket, const struct slices *slices) {
  if (FAILS(FAULT_UV, socket_send)) return UV_ENOBUFS;
  if (FAILS(FAULT_UV, socket_send)) {
    shutdown(socket, SHUT_RDWR);
    return UV_EPIPE;
  }
  if (FAILS(FAULT_SYSTEM, socket_send)) return UV_EAGAIN;
  if (!FAILS(FAULT_SYSTEM, socket_send)) return __real_socket_send(socket, slices);
  struct slices first;
  slices_clear(&first);
  slices_add(&first, str_make(slices->at[0].ptr, 1));
  return __real_socket_send(socket, &first);
}

WRAP(uv_buf_t, socket_buffer, uv_os_sock_t socket, char *block, size_t room, ssize_t *received) {
  if (!FAILS(FAULT_UV, socket_buffer)) return __real_socket_buffer(socket, block, room, received);
  *received = UV_ENOMEM;
  return uv_buf_init(NULL, 0);
}

#define WRAP_UV(name, code, params, args)                       \
  int __real_##name params;                                     \
  int __wrap_##name params;                                     \
  int __wrap_##name params {                                    \
    return FAILS(FAULT_UV, name) ? (code) : __real_##name args; \
  }

WRAP_UV(uv_cancel, UV_EBUSY, (uv_req_t * req), (req))
WRAP_UV(uv_cond_init, UV_ENOMEM, (uv_cond_t * cond), (cond))
WRAP_UV(uv_cond_timedwait, UV_ETIMEDOUT, (uv_cond_t * cond, uv_mutex_t *mutex, uint64_t ns), (cond, mutex, ns))
WRAP_UV(uv_exepath, UV_ENOENT, (char *text, size_t *len), (text, len))
WRAP_UV(uv_interface_addresses, UV_ENOMEM, (uv_interface_address_t * *list, int *count), (list, count))
WRAP_UV(uv_getaddrinfo, UV_ENOMEM,
        (uv_loop_t * loop, uv_getaddrinfo_t *req, uv_getaddrinfo_cb cb, const char *node, const char *service,
         const struct addrinfo *hints),
        (loop, req, cb, node, service, hints))
WRAP_UV(uv_inet_ntop, UV_ENOSPC, (int family, const void *from, char *text, size_t size), (family, from, text, size))
WRAP_UV(uv_ip4_name, UV_ENOSPC, (const struct sockaddr_in *address, char *text, size_t size), (address, text, size))
WRAP_UV(uv_ip6_name, UV_ENOSPC, (const struct sockaddr_in6 *address, char *text, size_t size), (address, text, size))
WRAP_UV(uv_loop_init, UV_EMFILE, (uv_loop_t * loop), (loop))
WRAP_UV(socket_accept, UV_EMFILE, (uv_os_sock_t listener, uv_os_sock_t *accepted), (listener, accepted))
WRAP_UV(socket_duplicate, UV_EMFILE, (uv_os_sock_t socket, uv_os_sock_t *copy), (socket, copy))
WRAP_UV(socket_half_close, UV_ENOBUFS, (uv_os_sock_t socket), (socket))
WRAP_UV(socket_open, UV_EMFILE, (int family, uv_os_sock_t *opened), (family, opened))
WRAP_UV(socket_bind, UV_EACCES, (uv_os_sock_t socket, const struct sockaddr *address), (socket, address))
WRAP_UV(socket_share, UV_ENOTSUP, (uv_os_sock_t socket), (socket))
WRAP_UV(socket_address, UV_ENOBUFS, (uv_os_sock_t socket, struct sockaddr_storage *address), (socket, address))
WRAP_UV(socket_listen, UV_ENOBUFS, (uv_os_sock_t socket, int backlog), (socket, backlog))
WRAP_UV(uv_pipe_init, UV_EMFILE, (uv_loop_t * loop, uv_pipe_t *pipe, int ipc), (loop, pipe, ipc))
WRAP_UV(uv_pipe_open, UV_EINVAL, (uv_pipe_t * pipe, uv_file file), (pipe, file))
WRAP_UV(uv_poll_init_socket, UV_EMFILE, (uv_loop_t * loop, uv_poll_t *poll, uv_os_sock_t socket), (loop, poll, socket))
WRAP_UV(uv_poll_start, UV_EBADF, (uv_poll_t * poll, int events, uv_poll_cb on_poll), (poll, events, on_poll))
WRAP_UV(uv_mutex_init, UV_ENOMEM, (uv_mutex_t * mutex), (mutex))
WRAP_UV(uv_os_get_passwd, UV_ENOENT, (uv_passwd_t * user), (user))
WRAP_UV(uv_os_gethostname, UV_ENOSYS, (char *text, size_t *size), (text, size))
WRAP_UV(uv_os_homedir, UV_ENOENT, (char *text, size_t *size), (text, size))
WRAP_UV(uv_prepare_init, UV_ENOMEM, (uv_loop_t * loop, uv_prepare_t *prepare), (loop, prepare))
WRAP_UV(uv_prepare_start, UV_EINVAL, (uv_prepare_t * prepare, uv_prepare_cb cb), (prepare, cb))
WRAP_UV(uv_random, UV_ENOSYS,
        (uv_loop_t * loop, uv_random_t *req, void *bytes, size_t len, unsigned flags, uv_random_cb on_random),
        (loop, req, bytes, len, flags, on_random))
WRAP_UV(uv_read_start, UV_ENOTCONN, (uv_stream_t * stream, uv_alloc_cb alloc, uv_read_cb read), (stream, alloc, read))
WRAP_UV(uv_sem_init, UV_ENOMEM, (uv_sem_t * sem, unsigned value), (sem, value))
WRAP_UV(uv_signal_init, UV_EMFILE, (uv_loop_t * loop, uv_signal_t *signal), (loop, signal))
WRAP_UV(uv_signal_start, UV_EINVAL, (uv_signal_t * signal, uv_signal_cb cb, int number), (signal, cb, number))
WRAP_UV(uv_tcp_close_reset, UV_EINVAL, (uv_tcp_t * tcp, uv_close_cb cb), (tcp, cb))
WRAP_UV(uv_tcp_connect, UV_EADDRNOTAVAIL,
        (uv_connect_t * req, uv_tcp_t *tcp, const struct sockaddr *address, uv_connect_cb cb), (req, tcp, address, cb))
WRAP_UV(uv_tcp_getpeername, UV_ENOTCONN, (const uv_tcp_t *tcp, struct sockaddr *name, int *len), (tcp, name, len))
WRAP_UV(uv_tcp_getsockname, UV_ENOBUFS, (const uv_tcp_t *tcp, struct sockaddr *name, int *len), (tcp, name, len))
WRAP_UV(uv_tcp_init, UV_EMFILE, (uv_loop_t * loop, uv_tcp_t *tcp), (loop, tcp))
WRAP_UV(uv_udp_connect, UV_ENETUNREACH, (uv_udp_t * udp, const struct sockaddr *address), (udp, address))
WRAP_UV(uv_udp_getsockname, UV_ENOBUFS, (const uv_udp_t *udp, struct sockaddr *name, int *len), (udp, name, len))
WRAP_UV(uv_udp_init, UV_EMFILE, (uv_loop_t * loop, uv_udp_t *udp), (loop, udp))
WRAP_UV(uv_async_init, UV_EMFILE, (uv_loop_t * loop, uv_async_t *async, uv_async_cb on_async), (loop, async, on_async))
WRAP_UV(uv_tcp_keepalive, UV_EINVAL, (uv_tcp_t * tcp, int enable, unsigned delay), (tcp, enable, delay))
WRAP_UV(uv_tcp_nodelay, UV_EINVAL, (uv_tcp_t * tcp, int enable), (tcp, enable))
WRAP_UV(uv_tcp_open, UV_EINVAL, (uv_tcp_t * tcp, uv_os_sock_t socket), (tcp, socket))
WRAP_UV(uv_thread_create, UV_EAGAIN, (uv_thread_t * thread, uv_thread_cb entry, void *owner), (thread, entry, owner))
WRAP_UV(uv_write, UV_ENOMEM,
        (uv_write_t * req, uv_stream_t *stream, const uv_buf_t bufs[], unsigned count, uv_write_cb cb),
        (req, stream, bufs, count, cb))

/* What could not be started has a handle nevertheless, which the real one makes. */
int __real_uv_spawn(uv_loop_t *loop, uv_process_t *process, const uv_process_options_t *options);
int __wrap_uv_spawn(uv_loop_t *loop, uv_process_t *process, const uv_process_options_t *options);
int __wrap_uv_spawn(uv_loop_t *loop, uv_process_t *process, const uv_process_options_t *options) {
  uv_process_options_t nobody = *options;
  nobody.file = "/nobody/is/here";
  return __real_uv_spawn(loop, process, FAILS(FAULT_UV, uv_spawn) ? &nobody : options);
}

static bool shows_terminal;

void fault_show_terminal(void) {
  shows_terminal = true;
}

uv_handle_type __real_uv_guess_handle(uv_file file);
uv_handle_type __wrap_uv_guess_handle(uv_file file);
uv_handle_type __wrap_uv_guess_handle(uv_file file) {
  if (FAILS(FAULT_UV, uv_guess_handle)) return UV_UNKNOWN_HANDLE;
  return shows_terminal && file == STDERR_FILENO ? UV_TTY : __real_uv_guess_handle(file);
}

/* --- the system: pipes, their size, splice --- */

WRAP(int, pipe2, int ends[2], int flags) {
  if (!FAILS(FAULT_SYSTEM, pipe2)) return __real_pipe2(ends, flags);
  errno = EMFILE;
  return -1;
}

WRAP(ssize_t, splice, int in, off_t *in_at, int out, off_t *out_at, size_t len, unsigned flags) {
  if (!FAILS(FAULT_SYSTEM, splice)) return __real_splice(in, in_at, out, out_at, len, flags);
  errno = EINVAL;
  return -1;
}

/* Under the name that the C library gives it here; what we set by it is an int, or nothing. */
#define FCNTL_NAME_(prefix, name) prefix##name
#define FCNTL_NAME(prefix, name)  FCNTL_NAME_(prefix, name)
int FCNTL_NAME(__real_, FCNTL)(int descriptor, int command, ...);
int FCNTL_NAME(__wrap_, FCNTL)(int descriptor, int command, ...);
int FCNTL_NAME(__wrap_, FCNTL)(int descriptor, int command, ...) {
  va_list args;
  va_start(args, command);
  int value = va_arg(args, int);
  va_end(args);
  if (!FAILS(FAULT_SYSTEM, fcntl)) return FCNTL_NAME(__real_, FCNTL)(descriptor, command, value);
  errno = EPERM;
  return -1;
}

/* --- files --- */

/* Synchronous file operations leave a request that is cleaned up whatever came of it. */
#define WRAP_FS(name, code, params, args)                  \
  int __real_##name params;                                \
  int __wrap_##name params;                                \
  int __wrap_##name params {                               \
    if (!FAILS(FAULT_UV, name)) return __real_##name args; \
    memset(req, 0, sizeof *req);                           \
    req->result = (code);                                  \
    return code;                                           \
  }

/* A descriptor is gone even where closing it failed. */
int __real_uv_fs_close(uv_loop_t *loop, uv_fs_t *req, uv_file file, uv_fs_cb cb);
int __wrap_uv_fs_close(uv_loop_t *loop, uv_fs_t *req, uv_file file, uv_fs_cb cb);
int __wrap_uv_fs_close(uv_loop_t *loop, uv_fs_t *req, uv_file file, uv_fs_cb cb) {
  int status = __real_uv_fs_close(loop, req, file, cb);
  return FAILS(FAULT_UV, uv_fs_close) ? UV_EIO : status;
}

/* The real one goes to its end first: uv_fs_req_cleanup() takes a list whose last entry was given out for freed, and
 * that entry is so only by the call that tells UV_EOF. The real one has no failure between the two. */
WRAP(int, uv_fs_scandir_next, uv_fs_t *req, uv_dirent_t *entry) {
  if (!FAILS(FAULT_UV, uv_fs_scandir_next)) return __real_uv_fs_scandir_next(req, entry);
  while (__real_uv_fs_scandir_next(req, entry) == 0) continue;
  return UV_EIO;
}

WRAP_FS(uv_fs_access, UV_EACCES, (uv_loop_t * loop, uv_fs_t *req, const char *path, int mode, uv_fs_cb cb),
        (loop, req, path, mode, cb))
WRAP_FS(uv_fs_realpath, UV_EACCES, (uv_loop_t * loop, uv_fs_t *req, const char *path, uv_fs_cb cb),
        (loop, req, path, cb))
WRAP_FS(uv_fs_rename, UV_EACCES, (uv_loop_t * loop, uv_fs_t *req, const char *path, const char *to, uv_fs_cb cb),
        (loop, req, path, to, cb))
WRAP_FS(uv_fs_open, UV_EMFILE, (uv_loop_t * loop, uv_fs_t *req, const char *path, int flags, int mode, uv_fs_cb cb),
        (loop, req, path, flags, mode, cb))
WRAP_FS(uv_fs_read, UV_EIO,
        (uv_loop_t * loop, uv_fs_t *req, uv_file file, const uv_buf_t bufs[], unsigned count, int64_t at, uv_fs_cb cb),
        (loop, req, file, bufs, count, at, cb))
WRAP_FS(uv_fs_scandir, UV_EACCES, (uv_loop_t * loop, uv_fs_t *req, const char *path, int flags, uv_fs_cb cb),
        (loop, req, path, flags, cb))
WRAP_FS(uv_fs_stat, UV_EACCES, (uv_loop_t * loop, uv_fs_t *req, const char *path, uv_fs_cb cb), (loop, req, path, cb))
WRAP_FS(uv_fs_unlink, UV_EACCES, (uv_loop_t * loop, uv_fs_t *req, const char *path, uv_fs_cb cb), (loop, req, path, cb))
WRAP_FS(uv_fs_write, UV_EIO,
        (uv_loop_t * loop, uv_fs_t *req, uv_file file, const uv_buf_t bufs[], unsigned count, int64_t at, uv_fs_cb cb),
        (loop, req, file, bufs, count, at, cb))

/* Where lines are counted, each run would write its counts as it ends, which takes longer than the run. They are not wanted
 * (docs/COVERAGE.md). */
void __wrap___gcov_exit(void);
void __wrap___gcov_exit(void) {
}
