/* A connection that has just been accepted where TLS is spoken: its first byte says whether it speaks TLS, and hands are shaken
 * before anybody knows what is spoken within.
 *
 *   FIRST ──0x16──▶ HANDSHAKE ──done──▶ http1_conn, or tcp_session
 *     └──any other byte──▶ http1_conn, in plain
 *
 * Both have the time of a request head together. It goes once the connection is another's, or with its stream. */
#ifndef LITEGINX_SESSION_ARRIVAL_H
#define LITEGINX_SESSION_ARRIVAL_H

#include "liteginx/session/sessions.h"

enum arrival_state { ARRIVAL_FIRST, ARRIVAL_HANDSHAKE, ARRIVAL_CLOSING };

struct arrival {
  struct list node; /* in sessions->arrivals */
  struct sessions *sessions;
  struct stream *stream;
  const struct snapshot_listener *listener;
  unsigned listener_port;
  struct deadline deadline;
  enum arrival_state state;
  uint64_t id, started_ns;
  /* Who goes on with a connection: it knows which kinds there are. */
  void (*next)(struct sessions *sessions, struct stream *stream, const struct snapshot_listener *listener,
               unsigned listener_port);
};

/* Takes over an accepted stream. `next`: who goes on with it, once it is known what is spoken. */
void arrival_start(struct sessions *sessions, struct stream *stream, const struct snapshot_listener *listener,
                   unsigned listener_port,
                   void (*next)(struct sessions *sessions, struct stream *stream,
                                const struct snapshot_listener *listener, unsigned listener_port));

/* Ends it if it has sent nothing yet; hands have to be shaken within a second. */
void arrival_drain(struct arrival *arrival);

/* Ends it now. */
void arrival_cut(struct arrival *arrival);

#endif
