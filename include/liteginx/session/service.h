/* What is done with a request, by whichever wire it came: it is planned, proxied, and its answer is passed on; or it is
 * answered here. For wires, which alone know when a head is whole. */
#ifndef LITEGINX_SESSION_SERVICE_H
#define LITEGINX_SESSION_SERVICE_H

#include "liteginx/session/exchange.h"

/* The head is whole: has it planned, and starts the proxy or answers. */
void service_start(struct exchange *exchange);

/* There is no valid request, for this cause: answers, and nothing can follow. `what`: the bytes to blame, in the arena. */
void service_reject(struct exchange *exchange, enum cause cause, struct str what);

/* Something happened on either side: moves on what can be moved. */
void service_run(struct exchange *exchange);

#endif
