/* One listening address: up to two sockets, one per family, whose accepted streams go to its owner. While it is paused
 * nothing is accepted: connections wait in the system's queue.
 *
 * A port is never shared with another program in silence: "in use" is an error. */
#ifndef LITEGINX_SERVER_LISTENER_H
#define LITEGINX_SERVER_LISTENER_H

#include "liteginx/config/config.h"
#include "liteginx/net/stream.h"

enum { LISTENER_BACKLOG = 4096, LISTENER_ADDRESS_BYTES = 80 };

struct listener_socket;

/* All zeroes is closed. */
struct listener {
  struct loop *loop;
  struct listener_socket *ipv4, *ipv6; /* NULL: not bound */
  uint16_t port;                       /* the real one, both families' */
  bool paused;
  struct deadline retry; /* after an accept that failed */
  void (*on_stream)(struct listener *listener, struct stream *stream);
};

/* The address that could not be bound, and why. */
struct listener_fault {
  struct sockaddr_storage address;
  int status;
};

/* Binds and listens on `address`: on both families where it stands for both (one that the system lacks is left out;
 * port 0: any port that is free in both). Accepted streams go to on_stream, from the loop or from listener_pause. 0, or
 * a libuv code with *fault filled in and nothing left open but handles that the loop still has to close. */
ENSURE_CHECKED int listener_open(struct listener *listener, struct loop *loop, const struct config_address *address,
                                 void (*on_stream)(struct listener *listener, struct stream *stream),
                                 struct listener_fault *fault);

/* Whether to stop accepting. Going on first hands over what was held back: on_stream may be called at once, and may
 * pause again. */
void listener_pause(struct listener *listener, bool paused);

/* Stops listening; the sockets close in the loop. Twice is once; harmless on all zeroes. */
void listener_close(struct listener *listener);

/* "127.0.0.1:80", "[::1]:80". */
void listener_address_text(const struct sockaddr *address, char text[LISTENER_ADDRESS_BYTES]);

uint16_t listener_address_port(const struct sockaddr *address);

#endif
