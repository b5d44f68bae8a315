/* Windows. libuv makes every socket non-blocking, so that WSASend and recv answer at once beside its own overlapped requests.
 * Its reads are overlapped ones of no bytes: it asks for a buffer only once there is something, so the block that all streams
 * share is safe. */
#include "liteginx/net/socket.h"

#ifndef SOMAXCONN_HINT /* MinGW's headers lack it */
#define SOMAXCONN_HINT(backlog) (-(backlog))
#endif

enum { SEND_MAX = 64 * 1024 };

static int last_error(void);

uv_os_sock_t socket_of(const uv_handle_t *handle) {
  uv_os_fd_t descriptor;
  int status = uv_fileno(handle, &descriptor);
  ENSURE(status == 0);
  return (uv_os_sock_t)(uintptr_t)descriptor;
}

uv_buf_t socket_buffer(uv_os_sock_t socket, char *block, size_t room, ssize_t *received) {
  (void)socket;
  (void)received;
  return uv_buf_init(block, (unsigned)room);
}

ssize_t socket_send(uv_os_sock_t socket, const struct slices *slices) {
  WSABUF pieces[SLICES_MAX];
  DWORD count = 0, sent = 0;
  for (size_t room = SEND_MAX; count < slices->count && room; count++) {
    struct str piece = str_upto(slices->at[count], room);
    /* Nothing is written to them, but the type cannot say so. */
    pieces[count] = (WSABUF){.buf = (char *)(uintptr_t)piece.ptr, .len = (ULONG)piece.len};
    room -= piece.len;
  }
  if (WSASend(socket, pieces, count, &sent, 0, NULL, NULL) == 0) return (ssize_t)sent;
  int status = last_error();
  return status == UV_ENOBUFS ? UV_EAGAIN : status;
}

size_t socket_send_max(void) {
  return SEND_MAX;
}

bool socket_quiet(uv_os_sock_t socket) {
  char byte;
  return recv(socket, &byte, sizeof byte, MSG_PEEK) == SOCKET_ERROR && WSAGetLastError() == WSAEWOULDBLOCK;
}

/* A hang-up is told beside the bytes that still wait. */
enum socket_peer socket_peer(uv_os_sock_t socket, size_t *waiting) {
  WSAPOLLFD asked = {.fd = socket, .events = POLLRDNORM};
  u_long bytes = 0;
  int found = WSAPoll(&asked, 1, 0);
  *waiting = ioctlsocket(socket, FIONREAD, &bytes) == 0 ? (size_t)bytes : 0;
  if (found <= 0) return SOCKET_PEER_HERE;
  if (asked.revents & (POLLERR | POLLNVAL)) return SOCKET_PEER_GONE;
  return asked.revents & POLLHUP ? SOCKET_PEER_ENDED : SOCKET_PEER_HERE;
}

/* There are no Unix sockets. */
bool socket_full_refuses(void) {
  return false;
}

int socket_half_close(uv_os_sock_t socket) {
  return shutdown(socket, SD_SEND) == 0 ? 0 : last_error();
}

/* What the system knows of it (SIO_TCP_INFO) is what is in flight, not what waits behind that. It is not much: SEND_MAX. */
size_t socket_unsent(uv_os_sock_t socket) {
  (void)socket;
  return 0;
}

bool socket_tells_unsent(void) {
  return false;
}

/* No child process gets it. Winsock itself is there as soon as libuv is (WSAStartup). */
int socket_open(int family, uv_os_sock_t *opened) {
  u_long on = 1;
  *opened = WSASocketW(family, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  if (*opened == INVALID_SOCKET) return last_error();
  if (ioctlsocket(*opened, (long)FIONBIO, &on) == 0) return 0;
  int status = last_error();
  socket_drop(*opened);
  return status;
}

/* What lingers of an earlier program is in nobody's way. SO_REUSEADDR would be another thing here: it takes a port from who
 * listens on it. */
int socket_bind(uv_os_sock_t socket, const struct sockaddr *address) {
  DWORD on = 1;
  bool six = address->sa_family == AF_INET6;
  int len = six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
  if ((six && setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, (const char *)&on, sizeof on) != 0) ||
      bind(socket, address, len) != 0) {
    return last_error();
  }
  return 0;
}

int socket_share(uv_os_sock_t socket) {
  (void)socket;
  return UV_ENOTSUP;
}

/* Within this process. */
int socket_duplicate(uv_os_sock_t socket, uv_os_sock_t *copy) {
  WSAPROTOCOL_INFOW info;
  if (WSADuplicateSocketW(socket, GetCurrentProcessId(), &info) != 0) return last_error();
  *copy = WSASocketW(info.iAddressFamily, info.iSocketType, info.iProtocol, &info, 0,
                     WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  return *copy == INVALID_SOCKET ? last_error() : 0;
}

int socket_address(uv_os_sock_t socket, struct sockaddr_storage *address) {
  int len = sizeof *address;
  *address = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
  return getsockname(socket, (struct sockaddr *)address, &len) == 0 ? 0 : last_error();
}

/* A plain number is cut down to 200. */
int socket_listen(uv_os_sock_t socket, int backlog) {
  return listen(socket, SOMAXCONN_HINT(backlog)) == 0 ? 0 : last_error();
}

int socket_accept(uv_os_sock_t listener, uv_os_sock_t *accepted) {
  *accepted = accept(listener, NULL, NULL);
  if (*accepted != INVALID_SOCKET) {
    (void)SetHandleInformation((HANDLE)*accepted, HANDLE_FLAG_INHERIT, 0);
    return 0;
  }
  int status = last_error();
  return status == UV_ECONNRESET ? UV_ECONNABORTED : status; /* it left while it waited */
}

void socket_drop(uv_os_sock_t socket) {
  closesocket(socket);
}

/* Windows says "aborted" where others say "reset", as libuv's reads do not. */
static int last_error(void) {
  int error = WSAGetLastError();
  return uv_translate_sys_error(error == WSAECONNABORTED ? WSAECONNRESET : error);
}
