/* Who joins must share before it binds. The first one shares after it, or "in use" would be no error any more. */
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
  int status = endpoint_address(first, &address);
  return status == 0 ? open_at(endpoint, (const struct sockaddr *)&address, true, true) : status;
}

static int open_at(struct endpoint *endpoint, const struct sockaddr *address, bool joins, bool shared) {
  endpoint->family = address->sa_family;
  int status = socket_open(endpoint->family, &endpoint->socket);
  if (status != 0) return status;
  status = bind_at(endpoint, address, joins, shared);
  if (status == 0) status = socket_listen(endpoint->socket, ENDPOINT_BACKLOG);
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

int endpoint_accept(const struct endpoint *endpoint, struct loop *loop, struct stream **stream) {
  uv_os_sock_t taken;
  int status = socket_accept(endpoint->socket, &taken);
  return status == 0 ? tcp_open(loop, taken, stream) : status;
}

void endpoint_close(struct endpoint *endpoint) {
  socket_drop(endpoint->socket);
}
