/* Unix sockets: uv_pipe_t as a socket_stream, and the files they are known by.
 *
 * Whose file it is shows by connecting with a socket of another kind: a dead program's refuses, a living one's finds the kind
 * wrong, before it is asked whether it listens yet and has room. A stream socket would be refused where a queue is full, if
 * the system is not Linux, and would else be a connection that means nothing. Who binds or replaces a file here locks its folder
 * meanwhile: of two liteginxes that find a dead one's file at the same moment the slower does not remove the other's new one. */
#include "liteginx/net/local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "liteginx/base/socket_path.h"
#include "liteginx/net/socket.h"
#include "liteginx/net/socket_stream.h"

struct local {
  struct socket_stream base;
  uv_pipe_t handle;
};

/* How long a lock that another holds is waited for: nobody needs it for longer than a few system calls. */
enum { LOCK_TRIES = 50, LOCK_TRY_MS = 10 };

static void tell_peer(const struct stream *stream, struct peer *peer);
static int lock_folder(const char *path);
static int bind_private(uv_os_sock_t socket, const struct sockaddr_un *address);
static int clear_stale(const struct sockaddr_un *address);
static int probe(const struct sockaddr_un *address);
static bool read_file(const char *path, struct stat *found);

/* A reset cannot be told over it: the peer sees an end. */
static const struct stream_ops local_ops = {
    .short_read_empties = true,
    .read_start = socket_stream_read_start,
    .read_stop = socket_stream_read_stop,
    .try_write = socket_stream_try_write,
    .write = socket_stream_write,
    .shutdown = socket_stream_shutdown,
    .close = socket_stream_close,
    .quiet = socket_stream_quiet,
    .unsent = socket_stream_unsent,
    .peer = socket_stream_peer,
    .facts = tell_peer,
    .fill = socket_stream_fill,
    .drain = socket_stream_drain,
};

/* --- addresses --- */

bool local_is(const struct sockaddr *address) {
  return address->sa_family == AF_UNIX;
}

bool local_address(struct str path, struct sockaddr_storage *address) {
  struct sockaddr_un *local = (struct sockaddr_un *)address;
  *address = (struct sockaddr_storage){.ss_family = AF_UNIX};
  if (path.len == 0 || path.len > socket_path_max()) return false;
  memcpy(local->sun_path, path.ptr, path.len);
  return true;
}

struct str local_path(const struct sockaddr *address) {
  return str_of(((const struct sockaddr_un *)(const void *)address)->sun_path);
}

/* --- streams --- */

static struct local *local_of(struct stream *stream) {
  return container_of(stream, struct local, base.stream);
}

struct stream *local_new(struct loop *loop) {
  struct local *local = calloc(1, sizeof *local);
  if (!local) return NULL;
  if (uv_pipe_init(&loop->uv, &local->handle, 0) != 0) {
    free(local);
    return NULL;
  }
  socket_stream_init(&local->base, &local_ops, loop, (uv_stream_t *)(void *)&local->handle);
  return &local->base.stream;
}

int local_open(struct loop *loop, uv_os_sock_t socket, struct stream **stream) {
  struct stream *opening = local_new(loop);
  int status = opening ? uv_pipe_open(&local_of(opening)->handle, socket) : UV_ENOMEM;
  if (status != 0) {
    socket_drop(socket);
    if (opening) stream_close(opening, false);
    return status;
  }
  socket_stream_opened(&local_of(opening)->base);
  *stream = opening;
  return 0;
}

/* The socket is made here, because libuv tells only by and by that it could not make one. */
int local_connect(struct stream *stream, uv_connect_t *request, const struct sockaddr *address,
                  uv_connect_cb on_connect) {
  struct local *local = local_of(stream);
  uv_os_sock_t socket;
  socket_stream_dials(&local->base);
  int status = socket_open(AF_UNIX, &socket);
  if (status != 0) return status;
  status = uv_pipe_open(&local->handle, socket);
  if (status != 0) {
    socket_drop(socket);
    return status;
  }
  socket_stream_opened(&local->base);
  uv_pipe_connect(request, &local->handle, local_path(address).ptr, on_connect);
  return 0;
}

int local_reason(const struct sockaddr *address, int status) {
  struct stat found;
  if (status != UV_ECONNREFUSED || !read_file(local_path(address).ptr, &found)) return status;
  if (!S_ISSOCK(found.st_mode)) return UV_ENOTSOCK;
  return socket_full_refuses() && probe((const void *)address) == UV_EPROTOTYPE ? UV_EAGAIN : status;
}

static void tell_peer(const struct stream *stream, struct peer *peer) {
  (void)stream;
  *peer = (struct peer){.text = "unix:", .family = PEER_LOCAL};
}

/* --- listening --- */

int local_listen(uv_os_sock_t socket, const struct sockaddr *address, int backlog, struct local_file *file) {
  const struct sockaddr_un *local = (const void *)address;
  int lock = lock_folder(local->sun_path);
  int status = bind_private(socket, local);
  if (status == UV_EADDRINUSE) {
    status = clear_stale(local);
    if (status == 0) status = bind_private(socket, local);
  }
  if (status == 0) {
    struct stat found;
    if (read_file(local->sun_path, &found)) {
      *file = (struct local_file){(uint64_t)found.st_dev, (uint64_t)found.st_ino};
    }
    status = socket_listen(socket, backlog);
    if (status != 0) local_remove(address, file);
  }
  if (lock >= 0) close(lock);
  return status;
}

void local_remove(const struct sockaddr *address, const struct local_file *file) {
  const char *path = local_path(address).ptr;
  struct stat found;
  if ((!file->device && !file->number) || !read_file(path, &found)) return;
  if ((uint64_t)found.st_dev == file->device && (uint64_t)found.st_ino == file->number) (void)unlink(path);
}

/* A descriptor whose closing unlocks it; -1: it cannot be locked, which only binding tells the reason of. */
static int lock_folder(const char *path) {
  char folder[sizeof((struct sockaddr_un *)NULL)->sun_path + 1] = ".";
  const char *slash = strrchr(path, '/');
  if (slash) {
    size_t len = slash == path ? 1 : (size_t)(slash - path);
    memcpy(folder, path, len);
    folder[len] = '\0';
  }
  int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return -1;
  for (int i = 0; i < LOCK_TRIES; i++) {
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
    if (errno != EWOULDBLOCK) break;
    uv_sleep(LOCK_TRY_MS);
  }
  close(descriptor);
  return -1;
}

/* Nobody else may connect, not even for the moment until a chmod. */
static int bind_private(uv_os_sock_t socket, const struct sockaddr_un *address) {
  mode_t before = umask(S_IXUSR | S_IRWXG | S_IRWXO);
  int status = bind(socket, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : uv_translate_sys_error(errno);
  umask(before);
  return status;
}

/* 0: the file is gone; or why it stays. */
static int clear_stale(const struct sockaddr_un *address) {
  struct stat before, now;
  if (!read_file(address->sun_path, &before)) return 0;
  if (!S_ISSOCK(before.st_mode)) return UV_EEXIST;
  if (probe(address) != UV_ECONNREFUSED) return UV_EADDRINUSE;
  if (!read_file(address->sun_path, &now)) return 0;
  if (now.st_dev != before.st_dev || now.st_ino != before.st_ino) return UV_EADDRINUSE;
  return unlink(address->sun_path) == 0 || errno == ENOENT ? 0 : uv_translate_sys_error(errno);
}

/* What connecting there comes to for a datagram socket. UV_ECONNREFUSED: nobody has bound it; UV_EPROTOTYPE: somebody has, for
 * streams. */
static int probe(const struct sockaddr_un *address) {
  int datagrams = socket(AF_UNIX, SOCK_DGRAM, 0);
  if (datagrams < 0) return uv_translate_sys_error(errno);
  int failed = connect(datagrams, (const struct sockaddr *)address, sizeof *address);
  int status = failed ? uv_translate_sys_error(errno) : 0;
  close(datagrams);
  return status;
}

/* Of what lies there itself, which may be a link. */
static bool read_file(const char *path, struct stat *found) {
  return lstat(path, found) == 0;
}
