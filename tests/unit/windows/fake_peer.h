/* Lets a connection look as if it had met itself, while peer_is_own. How: fake_getaddrinfo.h says it. For one program's one .c
 * file. */
#ifndef LITEGINX_TESTS_UNIT_FAKE_PEER_H
#define LITEGINX_TESTS_UNIT_FAKE_PEER_H

#include <stdbool.h>
#include <uv.h>

typedef int(WSAAPI *fake_peer_function)(SOCKET socket, struct sockaddr *address, int *len);

static bool peer_is_own;

static int WSAAPI fake_getpeername(SOCKET socket, struct sockaddr *address, int *len) {
  if (peer_is_own) return getsockname(socket, address, len);
  FARPROC real = GetProcAddress(GetModuleHandleW(L"ws2_32.dll"), "getpeername");
  return ((fake_peer_function)(uintptr_t)real)(socket, address, len);
}

fake_peer_function __imp_getpeername = fake_getpeername;

#endif
