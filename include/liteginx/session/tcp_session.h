/* One TCP connection pair: the client's stream, a target's, a relay each way.
 *
 *   DIAL (connecting, or holding) ──▶ RELAY (each direction OPEN or at its end) ──▶ CLOSING */
#ifndef LITEGINX_SESSION_TCP_SESSION_H
#define LITEGINX_SESSION_TCP_SESSION_H

#include "liteginx/net/relay.h"
#include "liteginx/session/sessions.h"
#include "liteginx/upstream/connector.h"

/* DIAL waits for the connector (which also holds), RELAY for either stream, CLOSING for the streams to be gone. */
enum tcp_session_state { TCP_SESSION_DIAL, TCP_SESSION_RELAY, TCP_SESSION_CLOSING };

struct tcp_session {
  struct list node; /* in sessions->tcp_sessions */
  struct sessions *sessions;
  struct snapshot *snapshot;
  struct snapshot_route *route;
  enum tcp_session_state state;
  struct stream *downstream, *upstream;
  struct connector connector;
  struct relay up, down;
  struct deadline idle, look; /* look: whether a client that is not read from is still there */
  bool looks;                 /* it is armed */
  bool up_broken;             /* the target refused our bytes: what it has sent is still read */
  bool client_ended_first;
  unsigned listener_port;
  struct str socket; /* the listener's path, where it has no port */
  uint64_t id, started_ns;
  char client[PEER_TEXT_BYTES];
};

/* Takes over the client's stream and starts. Out of memory: the client gets a reset. */
void tcp_session_start(struct sessions *sessions, struct stream *stream, const struct snapshot_listener *listener,
                       unsigned listener_port);

/* Ends it now, with a reset to both. */
void tcp_session_cut(struct tcp_session *session);

#endif
