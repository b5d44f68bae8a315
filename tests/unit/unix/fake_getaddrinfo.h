/* A program's own definition goes before the C library's. */
#ifndef LITEGINX_TESTS_UNIT_FAKE_GETADDRINFO_H
#define LITEGINX_TESTS_UNIT_FAKE_GETADDRINFO_H

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
  (void)service;
  (void)hints;
  return fake_find(name, found);
}

void freeaddrinfo(struct addrinfo *found) {
  fake_free(found);
}

#endif
