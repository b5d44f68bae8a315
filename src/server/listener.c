/* A connection that is held back stays inside libuv, which then accepts no further one until it is taken: that is how a
 * libuv listener rests. Sockets are allocated one by one because a failed try at a port has to close in the loop
 * while the next one already runs. */
#include "liteginx/server/listener.h"

#include <stdio.h>
#include <stdlib.h>

#include "liteginx/net/tcp.h"
#include "liteginx/server/system.h"

enum { ANY_PORT_TRIES = 32, RETRY_MS = 100 };

struct listener_socket {
  uv_tcp_t tcp;
  struct listener *listener; /* NULL: it closes */
  bool withheld;             /* a connection waits inside libuv */
};

static int open_families(struct listener *listener, const struct config_address *address, struct listener_fault *fault);
static int open_socket(struct listener *listener, const struct sockaddr *address, bool joins,
                       struct listener_socket **opened);
static int bind_socket(struct listener_socket *socket, const struct sockaddr *address, bool joins);
static int join_socket(struct listener *listener, const struct listener_socket *first, struct listener_socket **opened,
                       struct listener_fault *fault);
static bool family_lacks(int status);
static int real_port(const struct listener_socket *socket, uint16_t *port);
static void close_socket(struct listener_socket **socket);
static void make_address(struct sockaddr_storage *storage, const struct config_address *address, bool six,
                         uint16_t port);
static void accept_one(struct listener_socket *socket);
static void accept_waiting(const struct listener_socket *socket);
static void on_connection(uv_stream_t *server, int status);
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
  if (listener->ipv4 && listener->ipv4->withheld) accept_one(listener->ipv4);
  if (listener->ipv6 && listener->ipv6->withheld) accept_one(listener->ipv6);
}

void listener_accept_waiting(struct listener *listener) {
  accept_waiting(listener->ipv4);
  accept_waiting(listener->ipv6);
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
  status = bind_socket(socket, address, joins);
  if (status == 0) status = uv_listen((uv_stream_t *)&socket->tcp, LISTENER_BACKLOG, on_connection);
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

/* Takes the connection that libuv holds. Where there is no room, it stays held back until the owner resumes; where that
 * fails (out of memory), until the retry. */
static void accept_one(struct listener_socket *socket) {
  struct listener *listener = socket->listener;
  struct stream *stream;
  socket->withheld = true;
  if (listener->admission && !admission_take(listener->admission)) return;
  int status = tcp_accept(listener->loop, (uv_stream_t *)&socket->tcp, &stream);
  socket->withheld = status != 0 && status != UV_EAGAIN;
  if (status == 0) {
    listener->on_stream(listener, stream);
    return;
  }
  if (listener->admission) admission_give(listener->admission);
  deadline_set(&listener->loop->deadlines, &listener->retry, RETRY_MS, on_retry);
}

static void accept_waiting(const struct listener_socket *socket) {
  struct listener *listener = socket ? socket->listener : NULL;
  struct stream *stream;
  if (!listener || socket->withheld) return; /* no room */
  while (!listener->admission || admission_take(listener->admission)) {
    if (tcp_accept_waiting(listener->loop, &socket->tcp, &stream) != 0) {
      if (listener->admission) admission_give(listener->admission);
      return;
    }
    listener->on_stream(listener, stream);
  }
}

static void on_connection(uv_stream_t *server, int status) {
  struct listener_socket *socket = container_of(server, struct listener_socket, tcp);
  if (!socket->listener) return;
  if (status != 0) {
    /* libuv calls again at once for as long as accept fails for want of descriptors: do not burn the processor. */
    uv_sleep(1);
  } else {
    accept_one(socket);
  }
}

static void on_retry(struct deadline *deadline) {
  listener_resume(container_of(deadline, struct listener, retry));
}

static void on_closed(uv_handle_t *handle) {
  free(container_of(handle, struct listener_socket, tcp));
}
