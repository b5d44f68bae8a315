/* What depends on the transport in accepting is decided here, and in connecting in dial.c; nowhere else.
 *
 * Who joins must share before it binds. The first one shares after it, or "in use" would be no error any more. */
#include "liteginx/net/endpoint.h"

#include "liteginx/net/socket.h"
#include "liteginx/net/tcp.h"

static int open_at(struct endpoint *endpoint, const struct sockaddr *address, bool joins, bool shared);
static int bind_at(const struct endpoint *endpoint, const struct sockaddr *address, bool joins, bool shared);

int endpoint_open(struct endpoint *endpoint, const struct sockaddr *address, bool shared) {
  return open_at(endpoint, address, false, shared);
}

int endpoint_join(struct endpoint *endpoint, const struct endpoint *first) {
  struct sockaddr_storage address;
  if (first->family == AF_UNIX) {
    *endpoint = (struct endpoint){.family = first->family};
    return socket_duplicate(first->socket, &endpoint->socket);
  }
  int status = endpoint_address(first, &address);
  return status == 0 ? open_at(endpoint, (const struct sockaddr *)&address, true, true) : status;
}

static int open_at(struct endpoint *endpoint, const struct sockaddr *address, bool joins, bool shared) {
  *endpoint = (struct endpoint){.family = address->sa_family};
  int status = socket_open(endpoint->family, &endpoint->socket);
  if (status != 0) return status;
  if (local_is(address)) {
    status = local_listen(endpoint->socket, address, ENDPOINT_BACKLOG, &endpoint->file);
  } else {
    status = bind_at(endpoint, address, joins, shared);
    if (status == 0) status = socket_listen(endpoint->socket, ENDPOINT_BACKLOG);
  }
  if (status != 0) endpoint_close(endpoint);
  return status;
}

static int bind_at(const struct endpoint *endpoint, const struct sockaddr *address, bool joins, bool shared) {
  int status = joins ? socket_share(endpoint->socket) : 0;
  if (status == 0) status = socket_bind(endpoint->socket, address);
  if (status == 0 && shared && !joins) status = socket_share(endpoint->socket);
  return status;
}

int endpoint_address(const struct endpoint *endpoint, struct sockaddr_storage *address) {
  return socket_address(endpoint->socket, address);
}

bool endpoint_address_of_path(struct str path, struct sockaddr_storage *address) {
  return local_address(path, address);
}

struct str endpoint_path(const struct sockaddr *address) {
  return local_is(address) ? local_path(address) : (struct str){NULL, 0};
}

int endpoint_accept(const struct endpoint *endpoint, struct loop *loop, struct stream **stream) {
  uv_os_sock_t taken;
  int status = socket_accept(endpoint->socket, &taken);
  if (status != 0) return status;
  return endpoint->family == AF_UNIX ? local_open(loop, taken, stream) : tcp_open(loop, taken, stream);
}

void endpoint_close(struct endpoint *endpoint) {
  struct sockaddr_storage address;
  bool local = endpoint->family == AF_UNIX && endpoint_address(endpoint, &address) == 0;
  if (local) local_remove((const struct sockaddr *)&address, &endpoint->file);
  socket_drop(endpoint->socket);
}
