/* A connection to one host:port, or to one Unix socket: resolve, then try its addresses, each 250 ms after the last or
 * at once when that one fails (RFC 8305), all under one deadline. The first to answer wins, the others are dropped.
 *
 *   IDLE ──▶ RESOLVE ──▶ CONNECT ──▶ IDLE: on_done */
#ifndef LITEGINX_NET_DIAL_H
#define LITEGINX_NET_DIAL_H

#include "liteginx/net/resolve.h"

/* When the next address is tried beside the last; when a Unix socket whose queue was full is tried again. */
enum { DIAL_NEXT_MS = 250, DIAL_FULL_MS = 20 };

enum dial_state {
  DIAL_IDLE,
  DIAL_RESOLVE, /* for the name's first addresses */
  DIAL_CONNECT  /* for the first attempt to answer, or the last to fail */
};

struct stream;

/* Embedded in its owner; all zeroes is idle. */
struct dial {
  enum dial_state state;
  struct loop *loop;
  struct resolve_name *name;
  struct resolve_waiter waiter;
  struct deadline give_up, next;
  struct list attempts; /* connects under way */
  struct sockaddr_storage addresses[RESOLVE_MAX_ADDRESSES];
  unsigned count, tried;
  uint16_t port;
  int status; /* of the last attempt that failed */
  void (*on_done)(struct dial *dial, struct stream *stream, int status);
};

/* Starts. on_done comes once, from the loop, never from within this call, with a connected stream (the owner's from
 * then on, no events set) or NULL and why: UV_ETIMEDOUT where connect_ms (0: never) ran out, the last connect's code,
 * or UV_EAI_… where the name has no address. The dial is idle again by then: its owner may start anew or free it. */
void dial_start(struct dial *dial, struct loop *loop, struct resolve_name *name, uint16_t port, uint64_t connect_ms,
                void (*on_done)(struct dial *dial, struct stream *stream, int status));

/* Stops without on_done; harmless when idle. */
void dial_cancel(struct dial *dial);

#endif
