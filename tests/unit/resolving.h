/* Who asks for the addresses of names. For one program's one .c file. */
#ifndef LITEGINX_TESTS_UNIT_RESOLVING_H
#define LITEGINX_TESTS_UNIT_RESOLVING_H

#include "fake_names.h"
#include "liteginx/net/resolve.h"
#include "unit.h"

struct asker {
  struct resolve_waiter waiter;
  struct resolve_name *name;
  unsigned told;
  int status;
  bool again, let_go; /* in the callback: wait once more; release the name */
};

struct fixture {
  struct loop loop;
  struct resolver resolver;
};

static inline int set_up(void **state) {
  static struct fixture fixture;
  fake_names = NULL;
  atomic_store(&fake_asked, 0);
  int status = loop_init(&fixture.loop);
  resolver_init(&fixture.resolver, &fixture.loop);
  *state = &fixture;
  return status;
}

static inline int tear_down(void **state) {
  struct fixture *fixture = *state;
  if (!list_empty(&fixture->resolver.names)) return -1; /* the test failed */
  resolver_free(&fixture->resolver);
  loop_close(&fixture->loop);
  if (uv_run(&fixture->loop.uv, UV_RUN_DEFAULT) != 0) return -1;
  loop_free(&fixture->loop);
  return 0;
}

static inline void on_resolved(struct resolve_waiter *waiter, int status) {
  struct asker *asker = container_of(waiter, struct asker, waiter);
  asker->told++;
  asker->status = status;
  if (asker->again) {
    asker->again = false;
    assert_int_equal(resolve_wait(asker->name, &asker->waiter), 0);
  } else if (asker->let_go) {
    resolve_release(asker->name);
  }
}

static inline struct asker asker_of(struct fixture *fixture, const char *host) {
  struct resolve_name *name = resolve_acquire(&fixture->resolver, str_of(host));
  assert_non_null(name);
  return (struct asker){.waiter = {.on_resolved = on_resolved}, .name = name};
}

static inline void run(struct fixture *fixture) {
  assert_int_equal(uv_run(&fixture->loop.uv, UV_RUN_DEFAULT), 0);
}

/* Compares with "::1 127.0.0.1". */
static inline void check_addresses(const struct resolve_name *name, const char *expected) {
  struct sockaddr_storage addresses[RESOLVE_MAX_ADDRESSES];
  char text[RESOLVE_MAX_ADDRESSES * 50] = "";
  unsigned count = resolve_addresses(name, 8080, addresses);
  for (unsigned i = 0; i < count; i++) {
    char *end = text + strlen(text);
    if (i > 0) *end++ = ' ';
    if (addresses[i].ss_family == AF_INET) {
      const struct sockaddr_in *v4 = (const struct sockaddr_in *)&addresses[i];
      assert_int_equal(ntohs(v4->sin_port), 8080);
      uv_ip4_name(v4, end, 46);
    } else {
      const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&addresses[i];
      assert_int_equal(ntohs(v6->sin6_port), 8080);
      uv_ip6_name(v6, end, 46);
    }
  }
  assert_string_equal(text, expected);
}

static inline void prefer(struct resolve_name *name, const char *text) {
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  if (uv_ip4_addr(text, 99, &v4) == 0) {
    resolve_prefer(name, (const struct sockaddr *)&v4);
  } else {
    assert_int_equal(uv_ip6_addr(text, 99, &v6), 0);
    resolve_prefer(name, (const struct sockaddr *)&v6);
  }
}

#endif
