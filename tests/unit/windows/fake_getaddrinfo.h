/* libuv, linked statically, calls what is in a table of pointers into Windows' own DLL: an entry of that name here goes before
 * the one that an import library brings. Names of hosts are ASCII. */
#ifndef LITEGINX_TESTS_UNIT_FAKE_GETADDRINFO_H
#define LITEGINX_TESTS_UNIT_FAKE_GETADDRINFO_H

/* Wide addresses differ from others in their names only, which ours have not. */
static INT WSAAPI fake_get_addr_info(const wchar_t *name, const wchar_t *service, const ADDRINFOW *hints,
                                     ADDRINFOW **found) {
  char narrow[256] = "";
  struct addrinfo *addresses;
  (void)service;
  (void)hints;
  for (size_t i = 0; name[i] && i < sizeof narrow - 1; i++) narrow[i] = (char)name[i];
  int code = fake_find(narrow, &addresses);
  *found = (ADDRINFOW *)addresses;
  return code;
}

static void WSAAPI fake_free_addr_info(ADDRINFOW *found) {
  fake_free((struct addrinfo *)found);
}

INT(WSAAPI *__imp_GetAddrInfoW)
(const wchar_t *, const wchar_t *, const ADDRINFOW *, ADDRINFOW **) = fake_get_addr_info;
void(WSAAPI *__imp_FreeAddrInfoW)(ADDRINFOW *) = fake_free_addr_info;

#endif
