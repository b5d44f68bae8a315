/* getaddrinfo as the test wants it: fake_getaddrinfo.h puts it in the place of the
 * system's. A gate holds look-ups back
 * as a slow name server would. For one program's one .c file. */
#ifndef LITEGINX_TESTS_UNIT_FAKE_NAMES_H
#define LITEGINX_TESTS_UNIT_FAKE_NAMES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "liteginx/net/resolve.h"

enum { FAKE_MAX_ADDRESSES = 40 };

struct fake_name {
  const char *name;
  int code; /* what getaddrinfo returns where it is not 0 */
  const char *addresses[FAKE_MAX_ADDRESSES];
};

static const struct fake_name *fake_names; /* up to one without a name; any other name is unknown */
static atomic_uint fake_asked;
static uv_once_t fake_gate_once = UV_ONCE_INIT;
static uv_mutex_t fake_gate;

static void fake_make_gate(void) {
  if (uv_mutex_init(&fake_gate) != 0) abort();
}

static inline void fake_hold(void) {
  uv_once(&fake_gate_once, fake_make_gate);
  uv_mutex_lock(&fake_gate);
}

static inline void fake_let_go(void) {
  uv_mutex_unlock(&fake_gate);
}

static struct addrinfo *fake_address(const char *text) {
  union {
    struct sockaddr_storage storage;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } *address = calloc(1, sizeof *address);
  struct addrinfo *one = calloc(1, sizeof *one);
  if (!one || !address) abort();
  bool six = uv_ip4_addr(text, 0, &address->v4) != 0;
  if (six && uv_ip6_addr(text, 0, &address->v6) != 0) abort();
  one->ai_family = six ? AF_INET6 : AF_INET;
  one->ai_addrlen = six ? sizeof address->v6 : sizeof address->v4;
  one->ai_addr = (struct sockaddr *)address;
  return one;
}

/* What getaddrinfo answers. */
static int fake_find(const char *name, struct addrinfo **found) {
  atomic_fetch_add(&fake_asked, 1);
  fake_hold();
  const struct fake_name *fake = fake_names;
  while (fake && fake->name && strcmp(fake->name, name) != 0) fake++;
  int code = !fake || !fake->name ? EAI_NONAME : fake->code;
  *found = NULL;
  for (unsigned i = 0; code == 0 && i < FAKE_MAX_ADDRESSES && fake->addresses[i]; i++) {
    struct addrinfo **end = found;
    while (*end) end = &(*end)->ai_next;
    *end = fake_address(fake->addresses[i]);
  }
  fake_let_go();
  return code;
}

static void fake_free(struct addrinfo *found) {
  while (found) {
    struct addrinfo *next = found->ai_next;
    free(found->ai_addr);
    free(found);
    found = next;
  }
}

#include "fake_getaddrinfo.h"

#endif
