/* Accepts itself, told by a uv_poll_t: libuv's own accepting, once it has run out of descriptors and of the one it
 * keeps for that case, tries again for ever within its callback, and nothing else of the worker's would go on. So a
 * listener rests by not looking: while there is no room, and for a moment after an accept that failed. Sockets are
 * allocated one by one because a failed try at a port has to close in the loop while the next one already runs. */
#include "liteginx/server/listener.h"

#include <stdio.h>
#include <stdlib.h>

#include "liteginx/net/socket.h"
#include "liteginx/net/tcp.h"
#include "liteginx/server/system.h"

/* Others have their turn after so many new connections. */
enum { ANY_PORT_TRIES = 32, RETRY_MS = 100, TURN_ACCEPTS = 64 };

struct listener_socket {
  uv_tcp_t tcp;
  uv_poll_t readable;        /* data: NULL, it was never opened */
  struct listener *listener; /* NULL: it closes */
  bool resting;              /* not looked at: there was no room, or accept failed */
  unsigned handles;          /* that the loop still has to close */
};

static int open_families(struct listener *listener, const struct config_address *address, struct listener_fault *fault);
static int open_socket(struct listener *listener, const struct sockaddr *address, bool joins,
                       struct listener_socket **opened);
static int bind_socket(struct listener_socket *socket, const struct sockaddr *address, bool joins);
static int listen_socket(struct listener_socket *socket);
static int look(struct listener_socket *socket);
static void rest(struct listener_socket *socket);
static void resume(struct listener_socket *socket);
static int join_socket(struct listener *listener, const struct listener_socket *first, struct listener_socket **opened,
                       struct listener_fault *fault);
static bool family_lacks(int status);
static int real_port(const struct listener_socket *socket, uint16_t *port);
static void close_socket(struct listener_socket **socket);
static void make_address(struct sockaddr_storage *storage, const struct config_address *address, bool six,
                         uint16_t port);
static bool accept_one(struct listener_socket *socket);
static void retry_soon(struct listener *listener);
static void on_readable(uv_poll_t *poll, int status, int events);
static void on_retry(struct deadline *deadline);
static void on_closed(uv_handle_t *handle);

int listener_open(struct listener *listener, const struct config_address *address, struct listener_fault *fault) {
  int status = UV_EADDRINUSE;
  for (unsigned tries = 0; tries < ANY_PORT_TRIES && status == UV_EADDRINUSE; tries++) {
    status = open_families(listener, address, fault);
    if (status != 0) listener_close(listener);
    if (address->port != 0) break;
  }
  fault->status = status;
  return status;
}

int listener_join(struct listener *listener, const struct listener *first, struct listener_fault *fault) {
  ENSURE(first->shared);
  listener->port = first->port;
  int status = first->ipv4 ? join_socket(listener, first->ipv4, &listener->ipv4, fault) : 0;
  if (status == 0 && first->ipv6) status = join_socket(listener, first->ipv6, &listener->ipv6, fault);
  if (status != 0) listener_close(listener);
  fault->status = status;
  return status;
}

void listener_resume(struct listener *listener) {
  if (listener->ipv4) resume(listener->ipv4);
  if (listener->ipv6) resume(listener->ipv6);
}

void listener_accept_waiting(struct listener *listener) {
  while (listener->ipv4 && accept_one(listener->ipv4)) continue;
  while (listener->ipv6 && accept_one(listener->ipv6)) continue;
}

void listener_close(struct listener *listener) {
  if (!listener->loop) return;
  deadline_clear(&listener->loop->deadlines, &listener->retry);
  close_socket(&listener->ipv4);
  close_socket(&listener->ipv6);
}

void listener_address_text(const struct sockaddr *address, char text[LISTENER_ADDRESS_BYTES]) {
  char host[INET6_ADDRSTRLEN] = "?";
  if (address->sa_family == AF_INET6) {
    const struct sockaddr_in6 *in6 = (const void *)address;
    uv_ip6_name(in6, host, sizeof host);
    snprintf(text, LISTENER_ADDRESS_BYTES, "[%s]:%u", host, ntohs(in6->sin6_port));
  } else {
    const struct sockaddr_in *in = (const void *)address;
    uv_ip4_name(in, host, sizeof host);
    snprintf(text, LISTENER_ADDRESS_BYTES, "%s:%u", host, ntohs(in->sin_port));
  }
}

uint16_t listener_address_port(const struct sockaddr *address) {
  return ntohs(address->sa_family == AF_INET6 ? ((const struct sockaddr_in6 *)(const void *)address)->sin6_port
                                              : ((const struct sockaddr_in *)(const void *)address)->sin_port);
}

/* One try. An address that stands for both families is content with one of them. */
static int open_families(struct listener *listener, const struct config_address *address,
                         struct listener_fault *fault) {
  bool both = address->scope == SCOPE_LOOPBACK || address->scope == SCOPE_ALL;
  int lacking = UV_EADDRNOTAVAIL;
  listener->port = address->port;
  for (int six = 0; six <= 1; six++) {
    if (!both && six != (address->scope == SCOPE_IPV6)) continue;
    struct listener_socket **place = six ? &listener->ipv6 : &listener->ipv4;
    struct sockaddr_storage wanted;
    make_address(&wanted, address, six, listener->port);
    int status = open_socket(listener, (const struct sockaddr *)&wanted, false, place);
    if (status == 0) status = real_port(*place, &listener->port);
    if (status == 0) continue;
    fault->address = wanted;
    if (!both || !family_lacks(status)) return status;
    lacking = status;
  }
  return listener->ipv4 || listener->ipv6 ? 0 : lacking;
}

static int open_socket(struct listener *listener, const struct sockaddr *address, bool joins,
                       struct listener_socket **opened) {
  struct listener_socket *socket = calloc(1, sizeof *socket);
  if (!socket) return UV_ENOMEM;
  /* With a family it has its descriptor at once. */
  int status = uv_tcp_init_ex(&listener->loop->uv, &socket->tcp, address->sa_family);
  if (status != 0) {
    free(socket);
    return status;
  }
  socket->listener = listener;
  socket->handles = 1;
  status = bind_socket(socket, address, joins);
  if (status == 0) status = listen_socket(socket);
  *opened = socket;
  if (status != 0) close_socket(opened);
  return status;
}

/* Who joins must share before it binds. The first one shares after it, or "in use" would be no error any more. */
static int bind_socket(struct listener_socket *socket, const struct sockaddr *address, bool joins) {
  /* Without it [::] would take IPv4 too, and collide with 0.0.0.0 on the same port. */
  unsigned flags = address->sa_family == AF_INET6 ? UV_TCP_IPV6ONLY : 0;
  int status = joins ? system_share_port(&socket->tcp) : 0;
  if (status == 0) status = uv_tcp_bind(&socket->tcp, address, flags);
  if (status == 0 && socket->listener->shared && !joins) status = system_share_port(&socket->tcp);
  return status;
}

static int listen_socket(struct listener_socket *socket) {
  struct sockaddr_storage bound;
  int len = sizeof bound;
  /* That an address is in use libuv says only when it is asked for it. */
  int status = uv_tcp_getsockname(&socket->tcp, (struct sockaddr *)&bound, &len);
  if (status == 0) status = socket_listen(socket_of(&socket->tcp), LISTENER_BACKLOG);
  if (status == 0) status = uv_poll_init_socket(socket->tcp.loop, &socket->readable, socket_of(&socket->tcp));
  if (status != 0) return status;
  socket->readable.data = socket;
  socket->handles++;
  return look(socket);
}

static int look(struct listener_socket *socket) {
  socket->resting = false;
  return uv_poll_start(&socket->readable, UV_READABLE, on_readable);
}

static void rest(struct listener_socket *socket) {
  socket->resting = true;
  (void)uv_poll_stop(&socket->readable);
}

static void resume(struct listener_socket *socket) {
  if (!socket->resting || look(socket) == 0) return;
  rest(socket);
  retry_soon(socket->listener);
}

static int join_socket(struct listener *listener, const struct listener_socket *first, struct listener_socket **opened,
                       struct listener_fault *fault) {
  int len = sizeof fault->address;
  fault->address = (struct sockaddr_storage){0};
  int status = uv_tcp_getsockname(&first->tcp, (struct sockaddr *)&fault->address, &len);
  return status == 0 ? open_socket(listener, (struct sockaddr *)&fault->address, true, opened) : status;
}

/* How a system says that it has no such family, or no loopback address in it. */
static bool family_lacks(int status) {
  return status == UV_EAFNOSUPPORT || status == UV_EADDRNOTAVAIL || status == UV_EINVAL;
}

static int real_port(const struct listener_socket *socket, uint16_t *port) {
  struct sockaddr_storage address = {0};
  int len = sizeof address;
  int status = uv_tcp_getsockname(&socket->tcp, (struct sockaddr *)&address, &len);
  if (status != 0) return status;
  *port = listener_address_port((const struct sockaddr *)&address);
  return 0;
}

static void close_socket(struct listener_socket **socket) {
  if (!*socket) return;
  (*socket)->listener = NULL;
  (*socket)->tcp.data = *socket;
  /* First who looks, then what is looked at. */
  if ((*socket)->readable.data) uv_close((uv_handle_t *)&(*socket)->readable, on_closed);
  uv_close((uv_handle_t *)&(*socket)->tcp, on_closed);
  *socket = NULL;
}

static void make_address(struct sockaddr_storage *storage, const struct config_address *address, bool six,
                         uint16_t port) {
  *storage = (struct sockaddr_storage){0};
  if (six) {
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)storage;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    in6->sin6_addr = address->scope == SCOPE_LOOPBACK ? in6addr_loopback : in6addr_any;
    if (address->scope == SCOPE_IPV6) memcpy(&in6->sin6_addr, address->bytes, 16);
  } else {
    struct sockaddr_in *in = (struct sockaddr_in *)storage;
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    in->sin_addr.s_addr = htonl(address->scope == SCOPE_LOOPBACK ? INADDR_LOOPBACK : INADDR_ANY);
    if (address->scope == SCOPE_IPV4) memcpy(&in->sin_addr, address->bytes, 4);
  }
}

/* Takes a connection out of the system's queue. False: there is none, or no room for it, or that fails. */
static bool accept_one(struct listener_socket *socket) {
  struct listener *listener = socket->listener;
  struct stream *stream;
  if (listener->admission && !admission_take(listener->admission)) {
    rest(socket); /* the owner resumes */
    return false;
  }
  int status = tcp_accept(listener->loop, &socket->tcp, &stream);
  if (status == 0) {
    listener->on_stream(listener, stream);
    return true;
  }
  if (listener->admission) admission_give(listener->admission);
  if (status == UV_ECONNABORTED) return true; /* it left while it waited */
  if (status != UV_EAGAIN) {
    rest(socket);
    retry_soon(listener);
    if (listener->on_fault) listener->on_fault(listener, status);
  }
  return false;
}

static void retry_soon(struct listener *listener) {
  deadline_set(&listener->loop->deadlines, &listener->retry, RETRY_MS, on_retry);
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  struct listener_socket *socket = container_of(poll, struct listener_socket, readable);
  (void)events;
  if (status < 0) {
    rest(socket);
    retry_soon(socket->listener);
    return;
  }
  /* Behind the first one nobody may be waiting: then it is no news that there is no room. */
  for (unsigned i = 0; i < TURN_ACCEPTS && socket->listener; i++) {
    const struct admission *admission = socket->listener->admission;
    if (i > 0 && admission && !admission_has_room(admission)) return;
    if (!accept_one(socket)) return;
  }
}

static void on_retry(struct deadline *deadline) {
  listener_resume(container_of(deadline, struct listener, retry));
}

static void on_closed(uv_handle_t *handle) {
  struct listener_socket *socket = handle->data;
  if (--socket->handles == 0) free(socket);
}
