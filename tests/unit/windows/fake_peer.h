/* Lets a connection look as if it had met itself, while peer_is_own. How: fake_getaddrinfo.h says it. For one program's one .c
 * file. */
#ifndef LITEGINX_TESTS_UNIT_FAKE_PEER_H
#define LITEGINX_TESTS_UNIT_FAKE_PEER_H

#include <stdbool.h>
#include <string.h>
#include <uv.h>

static bool peer_is_own;

static int WSAAPI fake_getpeername(SOCKET socket, struct sockaddr *address, int *len) {
  int(WSAAPI * real)(SOCKET, struct sockaddr *, int *);
  FARPROC found = GetProcAddress(GetModuleHandleW(L"ws2_32.dll"), "getpeername");
  memcpy(&real, &found, sizeof real);
  return peer_is_own ? getsockname(socket, address, len) : real(socket, address, len);
}

int(WSAAPI *__imp_getpeername)(SOCKET, struct sockaddr *, int *) = fake_getpeername;

#endif
