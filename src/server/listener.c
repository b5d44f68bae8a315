/* Accepts itself, told by a uv_poll_t: libuv's own accepting, once it has run out of descriptors and of the one it
 * keeps for that case, tries again for ever within its callback, and nothing else of the worker's would go on. So a
 * listener rests by not looking: while there is no room, and for a moment after an accept that failed. Sockets are
 * allocated one by one because a failed try at a port has to close in the loop while the next one already runs. */
#include "liteginx/server/listener.h"

#include <stdio.h>
#include <stdlib.h>

#include "liteginx/net/endpoint.h"
#include "liteginx/server/system.h"

/* Others have their turn after so many new connections. */
enum { ANY_PORT_TRIES = 32, RETRY_MS = 100, TURN_ACCEPTS = 64 };

struct listener_socket {
  struct endpoint endpoint;
  uv_poll_t readable;
  struct listener *listener; /* NULL: it closes */
  bool resting;              /* not looked at: there was no room, or accept failed */
};

static int open_families(struct listener *listener, const struct config_address *address, struct listener_fault *fault);
static int open_local(struct listener *listener, const struct config_address *address, struct listener_fault *fault);
static int open_socket(struct listener *listener, const struct sockaddr *address, const struct endpoint *first,
                       struct listener_socket **opened);
static bool is_taken(const struct sockaddr *address);
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
    status =
        address->scope == SCOPE_LOCAL ? open_local(listener, address, fault) : open_families(listener, address, fault);
    if (status != 0) listener_close(listener);
    if (address->port != 0 || address->scope == SCOPE_LOCAL) break;
  }
  fault->status = status;
  return status;
}

int listener_join(struct listener *listener, const struct listener *first, struct listener_fault *fault) {
  ENSURE(first->shared);
  listener->port = first->port;
  int status = first->ipv4 ? join_socket(listener, first->ipv4, &listener->ipv4, fault) : 0;
  if (status == 0 && first->ipv6) status = join_socket(listener, first->ipv6, &listener->ipv6, fault);
  if (status == 0 && first->local) status = join_socket(listener, first->local, &listener->local, fault);
  if (status != 0) listener_close(listener);
  fault->status = status;
  return status;
}

void listener_resume(struct listener *listener) {
  if (listener->ipv4) resume(listener->ipv4);
  if (listener->ipv6) resume(listener->ipv6);
  if (listener->local) resume(listener->local);
}

void listener_accept_waiting(struct listener *listener) {
  while (listener->ipv4 && accept_one(listener->ipv4)) continue;
  while (listener->ipv6 && accept_one(listener->ipv6)) continue;
  while (listener->local && accept_one(listener->local)) continue;
}

void listener_close(struct listener *listener) {
  if (!listener->loop) return;
  deadline_clear(&listener->loop->deadlines, &listener->retry);
  close_socket(&listener->ipv4);
  close_socket(&listener->ipv6);
  close_socket(&listener->local);
}

void listener_address_text(const struct sockaddr *address, char text[LISTENER_ADDRESS_BYTES]) {
  char host[INET6_ADDRSTRLEN] = "?";
  if (endpoint_path(address).len) {
    snprintf(text, LISTENER_ADDRESS_BYTES, "unix:%.*s", STR_ARG(endpoint_path(address)));
  } else if (address->sa_family == AF_INET6) {
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
  if (endpoint_path(address).len) return 0;
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
    int status = open_socket(listener, (const struct sockaddr *)&wanted, NULL, place);
    if (status == 0) status = real_port(*place, &listener->port);
    if (status == 0) continue;
    fault->address = wanted;
    if (!both || !family_lacks(status)) return status;
    lacking = status;
  }
  return listener->ipv4 || listener->ipv6 ? 0 : lacking;
}

static int open_local(struct listener *listener, const struct config_address *address, struct listener_fault *fault) {
  if (!endpoint_address_of_path(address->path, &fault->address)) return UV_ENAMETOOLONG;
  listener->port = 0;
  return open_socket(listener, (const struct sockaddr *)&fault->address, NULL, &listener->local);
}

/* Has another program the address, which this system would not say by itself? */
static bool is_taken(const struct sockaddr *address) {
  char owner[LISTENER_OWNER_BYTES];
  bool asks = system_binds_beside_others() && listener_address_port(address) != 0;
  return asks && system_port_owner(address, owner, sizeof owner);
}

/* `first`: whose address it shares; NULL: none. */
static int open_socket(struct listener *listener, const struct sockaddr *address, const struct endpoint *first,
                       struct listener_socket **opened) {
  if (!first && is_taken(address)) return UV_EADDRINUSE;
  struct listener_socket *socket = calloc(1, sizeof *socket);
  if (!socket) return UV_ENOMEM;
  int status =
      first ? endpoint_join(&socket->endpoint, first) : endpoint_open(&socket->endpoint, address, listener->shared);
  if (status == 0) {
    status = uv_poll_init_socket(&listener->loop->uv, &socket->readable, socket->endpoint.socket);
    if (status != 0) endpoint_close(&socket->endpoint);
  }
  if (status != 0) {
    free(socket);
    return status;
  }
  socket->listener = listener;
  status = look(socket);
  *opened = socket;
  if (status != 0) close_socket(opened);
  return status;
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
  int status = endpoint_address(&first->endpoint, &fault->address);
  return status == 0 ? open_socket(listener, NULL, &first->endpoint, opened) : status;
}

/* How a system says that it has no such family, or no loopback address in it. */
static bool family_lacks(int status) {
  return status == UV_EAFNOSUPPORT || status == UV_EADDRNOTAVAIL || status == UV_EINVAL;
}

static int real_port(const struct listener_socket *socket, uint16_t *port) {
  struct sockaddr_storage address;
  int status = endpoint_address(&socket->endpoint, &address);
  if (status == 0) *port = listener_address_port((const struct sockaddr *)&address);
  return status;
}

/* First who looks, then what is looked at. */
static void close_socket(struct listener_socket **socket) {
  if (!*socket) return;
  (*socket)->listener = NULL;
  uv_close((uv_handle_t *)&(*socket)->readable, on_closed);
  endpoint_close(&(*socket)->endpoint);
  *socket = NULL;
}

static void make_address(struct sockaddr_storage *storage, const struct config_address *address, bool six,
                         uint16_t port) {
  *storage = (struct sockaddr_storage){0};
  if (six) {
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)storage;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    if (address->scope == SCOPE_LOOPBACK) in6->sin6_addr.s6_addr[15] = 1; /* ::1, else :: */
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
  int status = endpoint_accept(&socket->endpoint, listener->loop, &stream);
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
  /* Behind the first one nobody may be waiting. Where there is little room, that is left to the next turn, in which the system
   * tells whether there is. */
  for (unsigned i = 0; i < TURN_ACCEPTS && socket->listener; i++) {
    const struct admission *admission = socket->listener->admission;
    if (i > 0 && admission && !admission_is_ample(admission)) return;
    if (!accept_one(socket)) return;
  }
}

static void on_retry(struct deadline *deadline) {
  listener_resume(container_of(deadline, struct listener, retry));
}

static void on_closed(uv_handle_t *handle) {
  free(container_of((uv_poll_t *)(void *)handle, struct listener_socket, readable));
}
