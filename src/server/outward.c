/* Asked of the system's own routing, by way of a libuv socket, which is the same everywhere. */
#include "liteginx/server/outward.h"

static bool routed_address(char *text, size_t room);
static bool routed_by(uv_loop_t *loop, char *text, size_t room);
static bool interface_address(char *text, size_t room);

bool outward_address(char *text, size_t room) {
  return routed_address(text, room) || interface_address(text, room);
}

static bool routed_address(char *text, size_t room) {
  uv_loop_t loop;
  if (uv_loop_init(&loop) != 0) return false;
  bool found = routed_by(&loop, text, room);
  uv_run(&loop, UV_RUN_DEFAULT);
  int status = uv_loop_close(&loop);
  ENSURE(status == 0);
  return found;
}

/* A datagram socket is connected without a packet; TEST-NET-1 (RFC 5737) is nobody's, so it is reached by the way out. */
static bool routed_by(uv_loop_t *loop, char *text, size_t room) {
  struct sockaddr_in there, here;
  int len = sizeof here;
  uv_udp_t socket;
  if (uv_udp_init(loop, &socket) != 0) return false;
  bool found = uv_ip4_addr("192.0.2.1", 9, &there) == 0 &&
               uv_udp_connect(&socket, (const struct sockaddr *)&there) == 0 &&
               uv_udp_getsockname(&socket, (struct sockaddr *)&here, &len) == 0 && uv_ip4_name(&here, text, room) == 0;
  uv_close((uv_handle_t *)&socket, NULL);
  return found;
}

static bool interface_address(char *text, size_t room) {
  uv_interface_address_t *interfaces = NULL;
  int count = 0;
  bool found = false;
  if (uv_interface_addresses(&interfaces, &count) != 0) return false;
  for (int i = 0; i < count && !found; i++) {
    if (interfaces[i].is_internal || interfaces[i].address.address4.sin_family != AF_INET) continue;
    found = uv_ip4_name(&interfaces[i].address.address4, text, room) == 0;
  }
  uv_free_interface_addresses(interfaces, count);
  return found;
}
