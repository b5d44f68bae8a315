/* Names → addresses, remembered. A Unix socket's, "unix:PATH", is its own address, whose case counts. Literals,
 * `localhost` and `*.localhost` (always ::1 and 127.0.0.1) are known without a look-up; others are looked up
 * (getaddrinfo, both families) when first asked for, again in the background when used 30 s later or when connects
 * fail. Nobody waits for a refresh: the old addresses serve until new ones are there; a failed refresh keeps them. */
#ifndef LITEGINX_NET_RESOLVE_H
#define LITEGINX_NET_RESOLVE_H

#include "liteginx/net/loop.h"

enum { RESOLVE_MAX_ADDRESSES = 16, RESOLVE_REFRESH_MS = 30 * 1000 };

/* All names of one worker. */
struct resolver {
  struct loop *loop;
  struct list names; /* of struct resolve_name */
};

struct resolve_name; /* one name with its addresses, counted */

/* Who waits for a name's first look-up. Embedded in its owner. */
struct resolve_waiter {
  struct list node;
  /* From the loop: 0: there are addresses now; else the code of getaddrinfo (UV_EAI_…). */
  void (*on_resolved)(struct resolve_waiter *waiter, int status);
};

void resolver_init(struct resolver *resolver, struct loop *loop);

/* All names must have been released. Look-ups that run still go to their end on their own (libuv cannot stop them):
 * the loop stays alive until then. */
void resolver_free(struct resolver *resolver);

/* The entry for `host`, made if need be, with one more user. NULL: out of memory. */
struct resolve_name *resolve_acquire(struct resolver *resolver, struct str host);

/* One user less; the last one's leaving frees it (a running look-up first ends). */
void resolve_release(struct resolve_name *name);

/* 1: addresses are here; 0: `waiter` will be called; else a libuv code. Starts a look-up, or a refresh behind the
 * scenes where the addresses are old. After a failed look-up each new wait starts another. Never calls back at once. */
int resolve_wait(struct resolve_name *name, struct resolve_waiter *waiter);

/* `waiter` is not interested any more; harmless when it does not wait. */
void resolve_forget(struct resolve_waiter *waiter);

/* Connects fail: look the name up again soon (at most once a second), in the background. */
void resolve_refresh(struct resolve_name *name);

/* The addresses, the one that answered last in front; `port` is filled in, but for a Unix socket. Returns how many (0: none known). */
unsigned resolve_addresses(const struct resolve_name *name, unsigned port,
                           struct sockaddr_storage addresses[RESOLVE_MAX_ADDRESSES]);

/* This one answered: it comes first from now on. */
void resolve_prefer(struct resolve_name *name, const struct sockaddr *address);

#endif
