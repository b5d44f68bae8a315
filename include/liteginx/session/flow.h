/* What flows through a proxy: the request's head and content go up, the answer's come down, side by side. It calls nobody
 * back: who runs it after each event is told what came of it, so nothing ends under anybody's feet. */
#ifndef LITEGINX_SESSION_FLOW_H
#define LITEGINX_SESSION_FLOW_H

#include "liteginx/session/proxy.h"

enum flow_result {
  FLOW_WAITS,   /* for an event */
  FLOW_INTERIM, /* a 1xx head is in proxy->response: pass it on, run again */
  FLOW_HEAD,    /* the final head is: flow_relay, flow_tunnel or proxy_cancel, then run again */
  FLOW_ENDED,   /* the response was passed on whole, and the request as far as it goes; or the tunnel has ended */
  FLOW_FAILED   /* see proxy->ending; the connection is gone */
};

/* Moves what can be moved. */
enum flow_result flow_run(struct proxy *proxy);

/* After FLOW_HEAD: the head goes downstream, then the content, as the client's wire has it. `rules`: of the route, for its
 * trailers; NULL: none. */
void flow_relay(struct proxy *proxy, const struct wire_sink *sink, const struct rules *rules);

/* After FLOW_HEAD with a 101: the head goes downstream, then bytes both ways. */
void flow_tunnel(struct proxy *proxy, const struct wire_sink *sink);

#endif
