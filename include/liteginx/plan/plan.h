/* What becomes of a request. Decided here alone, in the order of PLAN_STEPS, from the request's head, the listener that it
 * came in by, and what is known of the connection, before anything is done. Pure: no I/O, no clock; a request can be planned
 * without a socket. */
#ifndef LITEGINX_PLAN_PLAN_H
#define LITEGINX_PLAN_PLAN_H

#include "liteginx/base/ending.h"
#include "liteginx/http/forward.h"
#include "liteginx/net/peer.h"
#include "liteginx/route/router.h"
#include "liteginx/upstream/snapshot.h"

/* A chain of more proxies is a circle; each of its rounds costs a connection. */
enum { PLAN_MOST_PASSES = 10 };

/* name, function in plan.c, what is asked. The first step that has an answer of its own ends the plan. */
/* clang-format off */
#define PLAN_STEPS(row) \
  row(PLAN_METHOD, plan_method, "is it no CONNECT") \
  row(PLAN_TARGET, plan_target, "are target and Host sound") \
  row(PLAN_CONNECTION, plan_connection, "does Connection name what may be dropped") \
  row(PLAN_TRACE, plan_trace, "has a TRACE no body") \
  row(PLAN_LOOP, plan_loop, "has it come through here only a few times") \
  row(PLAN_LENGTH, plan_length, "is its body within max_body_bytes") \
  row(PLAN_PATH, plan_path, "has its path a normal form") \
  row(PLAN_FORWARDS, plan_forwards, "may it be forwarded once more, by Max-Forwards") \
  row(PLAN_ASTERISK, plan_asterisk, "does it ask for more than the server itself") \
  row(PLAN_ROUTE, plan_route, "does a route take host and path") \
  row(PLAN_SECURE, plan_secure, "has it come by the TLS that its route asks for") \
  row(PLAN_ORIGIN, plan_origin, "is it more than a question of another origin whether it may ask") \
  row(PLAN_ACTION, plan_action, "does its route send it to a target") \
  row(PLAN_REWRITE, plan_rewrite, "does its rewrite make a path") \
  row(PLAN_FORWARD, plan_forward, "which fields go up")
/* clang-format on */

enum plan_step {
#define PLAN_ENUM(name, function, question) name,
  PLAN_STEPS(PLAN_ENUM)
#undef PLAN_ENUM
      PLAN_STEP_COUNT
};

/* What is known beside the request. */
struct plan_facts {
  const struct snapshot_listener *listener;
  struct peer peer;       /* the client */
  uint16_t listener_port; /* the listener's real one; 0: a Unix socket */
  uint8_t port_len;       /* and as text */
  char port_text[5];
};

/* What an action answers. Location is a URI; none is sent where it is empty, and no Content-Type where the type is. */
struct plan_answer {
  unsigned status; /* 0: there is no such answer */
  struct str type, location, body;
};

struct plan {
  const struct plan_facts *facts;
  const struct head *request;
  enum plan_step decided; /* by which step; PLAN_STEP_COUNT: by none, and the request is proxied */
  struct ending ending;   /* where a step has decided: what is answered */
  struct str allow;       /* the field Allow of that answer; empty: none */
  bool close;             /* behind that answer nothing may be read from the client */
  struct str fresh_id;    /* given, before it is made: the X-Request-Id of a request that has none; empty: none */
  struct request_target parts;
  struct str normal;              /* the path in its normal form; ptr NULL: it has none, or is "*" */
  struct str path;                /* the same, rewritten */
  struct snapshot_route *route;   /* NULL: none */
  struct router_match match;      /* where there is a route; its slices are of the path before it was rewritten */
  struct str upgrade;             /* as forward_upgrade */
  struct forward_request forward; /* how the request goes up */
  struct rules request_rules;     /* of `forward`, where it has some */
  bool changes_answers;           /* its route does something to its answers: */
  struct forward_changes changes;
  struct relocate relocate;  /* of `changes`, where it has one; who knows the target fills it in */
  struct plan_answer answer; /* where PLAN_ACTION has decided; without a status, the ending says what is answered */
};

/* The port in both its forms. */
void plan_facts_port(struct plan_facts *facts, unsigned port);

/* Nothing is decided. What the log and an answer may ask of a plan may be asked. */
void plan_init(struct plan *plan);

/* Decides. `request` is a whole head; what the plan makes stands in its arena; `facts` must live as long as the plan. */
void plan_make(struct plan *plan, const struct plan_facts *facts, const struct head *request);

/* For actions; each returns false. The request is answered so, and all is well. */
bool plan_answer(struct plan *plan, const struct plan_answer *answer);

/* It is wrong in itself, for this cause; `what`: the bytes to blame. */
bool plan_refuse(struct plan *plan, enum cause cause, struct str what);

bool plan_lacks_memory(struct plan *plan);

/* What is done to an answer of ours: rules are for those that actions give. NULL: nothing. Valid as long as *changes. */
const struct forward_changes *plan_own_changes(const struct plan *plan, bool of_action,
                                               struct forward_changes *changes);

/* A step's name ("route") and question. Constant. */
const char *plan_step_name(enum plan_step step);
const char *plan_step_question(enum plan_step step);

/* Is the peer one of trusted_proxies? */
bool plan_trusts(const struct plan_facts *facts);

#endif
