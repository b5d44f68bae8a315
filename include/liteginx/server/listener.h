/* One listening address: up to two sockets, one per family, or a Unix socket; accepted streams go to its owner. Where there is no
 * room for one more connection nothing is accepted: connections wait in the system's queue.
 *
 * A port is never shared with another program in silence: "in use" is an error. Listeners of one process may share one:
 * the first binds as if it were alone and only then lets others join, so that a second program still fails. Those that join
 * a Unix socket accept from the one that the first has bound; its file goes with the first. */
#ifndef LITEGINX_SERVER_LISTENER_H
#define LITEGINX_SERVER_LISTENER_H

#include "liteginx/config/config.h"
#include "liteginx/net/stream.h"
#include "liteginx/server/admission.h"

enum { LISTENER_ADDRESS_BYTES = 128, LISTENER_OWNER_BYTES = 512 };

struct listener_socket;

/* All zeroes is closed; the owner sets the first five, then opens. */
struct listener {
  struct loop *loop;
  struct admission *admission; /* asked before a connection is taken; NULL: there is always room */
  bool shared;                 /* others may join */
  void (*on_stream)(struct listener *listener, struct stream *stream);
  void (*on_fault)(struct listener *listener, int status); /* NULL, or: accepting failed, and is tried again soon */
  struct listener_socket *ipv4, *ipv6, *local;             /* NULL: not bound; `local`: a Unix socket, alone */
  uint16_t port;                                           /* the real one, both families'; 0: a Unix socket */
  struct deadline retry;                                   /* after an accept that failed */
};

/* The address that could not be bound, and why. */
struct listener_fault {
  struct sockaddr_storage address;
  int status;
};

/* Binds and listens on `address`: on both families where it stands for both (one that the system lacks is left out;
 * port 0: any port that is free in both). Accepted streams go to on_stream, from the loop or from
 * listener_accept_waiting; each has taken its place in `admission`, and the owner gives it back. 0, or a libuv code
 * with *fault filled in and nothing left open but handles that the loop still has to close. */
ENSURE_CHECKED int listener_open(struct listener *listener, const struct config_address *address,
                                 struct listener_fault *fault);

/* As listener_open, on the very addresses of `first`, an open one with `shared`: from then on the system deals
 * connections out to both. */
ENSURE_CHECKED int listener_join(struct listener *listener, const struct listener *first, struct listener_fault *fault);

/* There may be room again: from the loop, takes connections that wait, while there is. */
void listener_resume(struct listener *listener);

/* Accepts at once what waits in the system's queue, while there is room: on_stream is called for each. To be done
 * before the listener_close of a drain, which would reset them. */
void listener_accept_waiting(struct listener *listener);

/* Stops listening; the sockets close in the loop. Twice is once; harmless on all zeroes. */
void listener_close(struct listener *listener);

/* "127.0.0.1:80", "[::1]:80", "unix:/run/x.sock". */
void listener_address_text(const struct sockaddr *address, char text[LISTENER_ADDRESS_BYTES]);

/* 0 for a Unix socket. */
uint16_t listener_address_port(const struct sockaddr *address);

#endif
