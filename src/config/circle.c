/* The router itself is asked, so that what is told is what would happen. It is built only where there is such a redirect. */
#include "liteginx/config/circle.h"

#include <stdlib.h>

#include "liteginx/route/router.h"

/* Browsers give up after about as many. */
enum { STEPS = 20 };

static bool is_fixed(const struct config_route *route);
static struct router *build(const struct config_listener *listener);
static bool comes_back(const struct config_listener *listener, const struct router *router, unsigned start);

bool circle_warn(const struct config_listener *listener, struct config_report *report) {
  struct router *router = NULL;
  for (unsigned i = 0; i < listener->route_count; i++) {
    const struct config_route *route = &listener->routes[i];
    if (!is_fixed(route)) continue;
    if (!router) router = build(listener);
    if (!router) return false;
    if (!comes_back(listener, router, i)) continue;
    config_report_add(report, false, route->redirect.place,
                      "this redirect leads back to itself, so browsers end with an error (let it lead to a path of "
                      "another route, or write 'match: exact')");
  }
  if (router) router_free(router);
  return true;
}

/* Does it lead from any request to one and the same path? */
static bool is_fixed(const struct config_route *route) {
  const struct location *to = &route->redirect.to;
  return route->action == SPEC_redirect && to->origin.len == 0 && !to->has_params;
}

static struct router *build(const struct config_listener *listener) {
  struct router_entry *entries = calloc(listener->route_count, sizeof *entries);
  if (!entries) return NULL;
  for (unsigned i = 0; i < listener->route_count; i++) {
    entries[i] = (struct router_entry){listener->routes[i].host, &listener->routes[i].pattern};
  }
  struct router *router = router_build(entries, listener->route_count);
  free(entries);
  return router;
}

/* A wildcard stands for some host: one label in front of what is written. */
static bool comes_back(const struct config_listener *listener, const struct router *router, unsigned start) {
  struct str host = listener->routes[start].host;
  unsigned at = start;
  char name[300];
  if (str_starts_with(host, STR("*.")) && host.len < sizeof name) {
    memcpy(name, host.ptr, host.len);
    name[0] = 'x';
    host = str_make(name, host.len);
  }
  for (unsigned step = 0; step < STEPS; step++) {
    const struct location *to = &listener->routes[at].redirect.to;
    struct router_match match;
    ENSURE(to->query == 1); /* a path without parameters is one piece */
    if (!router_find(router, host, to->pieces[0].literal, &match)) return false;
    at = match.route;
    if (at == start) return true;
    if (!is_fixed(&listener->routes[at])) return false;
  }
  return false;
}
