/* Linux, macOS and their kin; what each has for itself stands in socket_linux.c and socket_macos.c. Bytes come by recv and go
 * by send: what read and write do for them beyond that, on behalf of files, is 2 or 3 % of a small request. */
#define _GNU_SOURCE /* POLLRDHUP, where there is such a thing */
#include "liteginx/net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static ssize_t send_pieces(int socket, const struct slices *slices);
static bool has_failed(int socket);

#ifdef POLLRDHUP
enum { ENDED = POLLRDHUP };
#else
enum { ENDED = POLLHUP }; /* macOS looks at the side to read from where this is asked for, and at nothing else */
#endif

#ifdef MSG_NOSIGNAL
enum { SEND_FLAGS = MSG_NOSIGNAL };
#else
enum { SEND_FLAGS = 0 };  /* SIGPIPE is ignored: system_unix.c */
#endif

uv_os_sock_t socket_of(const uv_handle_t *handle) {
  uv_os_fd_t descriptor;
  int status = uv_fileno(handle, &descriptor);
  ENSURE(status == 0);
  return descriptor;
}

uv_buf_t socket_buffer(uv_os_sock_t socket, char *block, size_t room, ssize_t *received) {
  ssize_t count;
  do {
    count = recv(socket, block, room, 0);
  } while (count < 0 && errno == EINTR);
  *received = count > 0 ? count : count == 0 ? UV_EOF : uv_translate_sys_error(errno);
  return uv_buf_init(NULL, 0);
}

ssize_t socket_send(uv_os_sock_t socket, const struct slices *slices) {
  ssize_t count;
  do {
    count = slices->count == 1 ? send(socket, slices->at[0].ptr, slices->at[0].len, SEND_FLAGS)
                               : send_pieces(socket, slices);
  } while (count < 0 && errno == EINTR);
  if (count >= 0) return count;
  /* macOS may say so, and keep to it, to who sends while the peer tears the connection down; no system has another use
   * for it here. libuv first tried again, which some VPN programs made endless, and calls it a reset since 1.44
   * (https://github.com/libuv/libuv/pull/3413). */
  if (errno == EPROTOTYPE) return UV_ECONNRESET;
  return errno == ENOBUFS ? UV_EAGAIN : uv_translate_sys_error(errno);
}

static ssize_t send_pieces(int socket, const struct slices *slices) {
  struct iovec pieces[SLICES_MAX];
  struct msghdr message = {.msg_iov = pieces};
  for (unsigned i = 0; i < slices->count; i++) {
    /* Nothing is written to them, but the type cannot say so. */
    pieces[i] = (struct iovec){(void *)(uintptr_t)slices->at[i].ptr, slices->at[i].len};
    message.msg_iovlen++; /* a size_t here, an int there (macOS, musl) */
  }
  return sendmsg(socket, &message, SEND_FLAGS);
}

/* What it has no room for is left. An int has to count the rest (uv_buf_t on other systems, libuv's results). */
size_t socket_send_max(void) {
  return INT_MAX;
}

bool socket_quiet(uv_os_sock_t socket) {
  char byte;
  return recv(socket, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* Linux tells a reset whatever is asked for, and an end that stands behind bytes by POLLRDHUP. To macOS both are a hang-up, bytes
 * or not: which of the two, only the socket's error says. A hang-up beside an end says no more than that both sides have
 * ended, or that the other end of a Unix socket was closed: what waits may still be had. */
enum socket_peer socket_peer(uv_os_sock_t socket, size_t *waiting) {
  struct pollfd asked = {.fd = socket, .events = ENDED};
  int bytes = 0;
  int found = poll(&asked, 1, 0);
  /* Behind an end nothing more comes: so the bytes in front of it are counted when it is known. */
  *waiting = ioctl(socket, FIONREAD, &bytes) == 0 && bytes > 0 ? (size_t)bytes : 0;
  if (found <= 0) return SOCKET_PEER_HERE;
  if (asked.revents & (POLLERR | POLLNVAL)) return SOCKET_PEER_GONE;
  if (!(asked.revents & (POLLHUP | ENDED))) return SOCKET_PEER_HERE;
  return has_failed(socket) ? SOCKET_PEER_GONE : SOCKET_PEER_ENDED;
}

/* Takes the error with it. */
static bool has_failed(int socket) {
  int error = 0;
  socklen_t len = sizeof error;
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0;
}

bool socket_tells_unsent(void) {
  return true;
}

int socket_half_close(uv_os_sock_t socket) {
  return shutdown(socket, SHUT_WR) == 0 ? 0 : uv_translate_sys_error(errno);
}

int socket_bind(uv_os_sock_t socket, const struct sockaddr *address) {
  int on = 1;
  bool six = address->sa_family == AF_INET6;
  socklen_t len = six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
  if (setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      (six && setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) || bind(socket, address, len) != 0) {
    return uv_translate_sys_error(errno);
  }
  return 0;
}

int socket_duplicate(uv_os_sock_t socket, uv_os_sock_t *copy) {
  *copy = fcntl(socket, F_DUPFD_CLOEXEC, 0);
  return *copy >= 0 ? 0 : uv_translate_sys_error(errno);
}

int socket_address(uv_os_sock_t socket, struct sockaddr_storage *address) {
  socklen_t len = sizeof *address;
  *address = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
  return getsockname(socket, (struct sockaddr *)address, &len) == 0 ? 0 : uv_translate_sys_error(errno);
}

int socket_listen(uv_os_sock_t socket, int backlog) {
  return listen(socket, backlog) == 0 ? 0 : uv_translate_sys_error(errno);
}

void socket_drop(uv_os_sock_t socket) {
  close(socket);
}
