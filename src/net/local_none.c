/* Where there are none: socket_path_max is 0, so no configuration names one, and no address is ever made of a path. */
#include "liteginx/net/local.h"

bool local_is(const struct sockaddr *address) {
  (void)address;
  return false;
}

bool local_address(struct str path, struct sockaddr_storage *address) {
  (void)path;
  *address = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
  return false;
}

struct str local_path(const struct sockaddr *address) {
  (void)address;
  return STR("");
}

struct stream *local_new(struct loop *loop) {
  (void)loop;
  return NULL;
}

int local_open(struct loop *loop, uv_os_sock_t socket, struct stream **stream) {
  (void)loop;
  (void)socket;
  (void)stream;
  return UV_ENOTSUP;
}

int local_connect(struct stream *stream, uv_connect_t *request, const struct sockaddr *address,
                  uv_connect_cb on_connect) {
  (void)stream;
  (void)request;
  (void)address;
  (void)on_connect;
  return UV_ENOTSUP;
}

int local_reason(const struct sockaddr *address, int status) {
  (void)address;
  return status;
}

int local_listen(uv_os_sock_t socket, const struct sockaddr *address, int backlog, struct local_file *file) {
  (void)socket;
  (void)address;
  (void)backlog;
  (void)file;
  return UV_ENOTSUP;
}

void local_remove(const struct sockaddr *address, const struct local_file *file) {
  (void)address;
  (void)file;
}
