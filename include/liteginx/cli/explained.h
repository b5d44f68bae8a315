/* One request, explained: made of words from a command line, planned by the code that serves, and with all there is to say
 * about it. No socket is opened. */
#ifndef LITEGINX_CLI_EXPLAINED_H
#define LITEGINX_CLI_EXPLAINED_H

#include "liteginx/base/uuid.h"
#include "liteginx/plan/plan.h"
#include "liteginx/route/rank.h"

/* The request as it was given. */
struct explained_request {
  struct str method;        /* empty: GET */
  struct str url;           /* as in cli/url.h; or a Unix socket's listener as it is written, and at once the path */
  const struct str *fields; /* "Name: value" */
  unsigned field_count;
  struct str from; /* the client's address; empty: 127.0.0.1 */
};

struct explained {
  struct arena arena;
  const struct snapshot *snapshot;
  const struct snapshot_listener *listener; /* NULL: none, see `problem` */
  struct str problem;                       /* why it cannot be explained: a sentence; empty: it can */
  bool no_memory;                           /* the problem is not the user's */
  struct head head;
  char fresh_id[UUID_LEN]; /* its X-Request-Id, where it has none */
  struct plan_facts facts;
  struct peer_tls tls; /* of `facts`, where the URL asks for TLS */
  struct plan plan;
  bool planned;         /* the head was sound HTTP/1: there is a plan */
  bool routed;          /* the plan has come to ask for a route: there are losers, and perhaps a winner */
  struct ending ending; /* of an answer of our own */
  bool answered;        /* it is one; else the request goes up */
  struct str sentence;  /* its sentence */
  struct str sent;      /* else the head as a target gets it */
};

/* Fills *explained; its texts stand in `request`, the snapshot, and its own arena. Call explained_free in any case. */
void explained_make(struct explained *explained, const struct snapshot *snapshot,
                    const struct explained_request *request);
void explained_free(struct explained *explained);

/* The status of an answer of our own; 0: there is none. */
unsigned explained_status(const struct explained *explained);

/* Is it a TCP listener's? Then there is no request: whatever comes goes to its targets. */
bool explained_is_tcp(const struct explained *explained);

/* The route that takes it; NULL: none. */
const struct snapshot_route *explained_route(const struct explained *explained);

/* Why route `index` of the listener does not get it. */
struct rank explained_loss(const struct explained *explained, unsigned index);

/* The routes most like what was asked for, best first, into `indexes`; returns how many. */
unsigned explained_nearest(const struct explained *explained, unsigned *indexes, unsigned most);

#endif
