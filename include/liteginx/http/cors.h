/* Cross-origin requests (Fetch, "HTTP CORS protocol"): what an answer says so that a browser hands it to the page that asked.
 * Pages of this machine, and those of the very host that is asked, may send cookies along; all others get what anybody would.
 * Pure. BEHAVIOUR "cors". */
#ifndef LITEGINX_HTTP_CORS_H
#define LITEGINX_HTTP_CORS_H

#include "liteginx/http/forward.h"

/* Is it a browser's question whether a request may be made? */
bool cors_is_preflight(const struct head *request);

/* May a page of this origin ("http://localhost:5173") use this host's cookies? `host`: of the request, with or without port. */
bool cors_is_near(struct str origin, struct str host);

/* The fields of the answer to a request, or to a preflight, in the arena of the head; Vary alone where no page of another origin
 * asks. They are for answers that do not say anything about origins themselves. Where `own`, the route's rules for its answers
 * (NULL: none are known), say who may read them, these say the same. False: out of memory. */
ENSURE_CHECKED bool cors_rules(const struct head *request, struct str host, const struct rules *own,
                               struct rules *rules);

/* Names the fields of a response in its `changes.cors`, for a page that may send cookies, to which `*` names none. For each
 * response anew, when it is about to be written. False: out of memory. */
ENSURE_CHECKED bool cors_expose(const struct forward_response *response);

/* Does an answer say itself who may have it, by a field that `changes` leave in place, or by one of theirs? */
bool cors_is_said(const struct head *response, const struct rules *changes);

#endif
