/* The router itself is asked, so that what is told is what would happen. It is built only where there is such a redirect. */
#include "liteginx/config/circle.h"

#include <stdlib.h>

#include "liteginx/route/router.h"

/* Browsers give up after about as many. */
enum { STEPS = 20 };

/* The way back of one redirect. */
struct circle {
  unsigned by_way_of; /* the route that it leads to; the redirect's own: none */
  struct str path;    /* the one that leads back to the redirect */
  bool own_path;      /* it is the very path of the redirect, not one under it */
};

static bool is_fixed(const struct config_route *route);
static struct router *build(const struct config_listener *listener);
static bool comes_back(const struct config_listener *listener, const struct router *router, unsigned start,
                       struct circle *circle);
static bool is_own_path(const struct config_route *route, struct str path, bool *own);
static void warn(const struct config_listener *listener, unsigned start, const struct circle *circle,
                 struct config_report *report);

bool circle_warn(const struct config_listener *listener, struct config_report *report) {
  struct router *router = NULL;
  bool whole = true;
  for (unsigned i = 0; i < listener->route_count && whole; i++) {
    const struct config_route *route = &listener->routes[i];
    if (!is_fixed(route)) continue;
    if (!router) router = build(listener);
    if (!router) return false;
    struct circle circle;
    if (!comes_back(listener, router, i, &circle)) continue;
    whole = is_own_path(route, circle.path, &circle.own_path);
    if (whole) warn(listener, i, &circle, report);
  }
  if (router) router_free(router);
  return whole;
}

/* `match: exact` is advice only where it opens the circle. */
static void warn(const struct config_listener *listener, unsigned start, const struct circle *circle,
                 struct config_report *report) {
  const struct config_place *place = &listener->routes[start].redirect.place;
  const struct config_place *other = &listener->routes[circle->by_way_of].redirect.place;
  const char *exact = circle->own_path ? "" : ", or write 'match: exact'";
  if (circle->by_way_of == start) {
    config_report_add(report, false, *place,
                      "this redirect leads back to itself, so browsers end with an error (let it lead to a path of "
                      "another route%s)",
                      exact);
  } else {
    config_report_add(report, false, *place,
                      "this redirect leads back to itself by way of the one at %.*s:%u, so browsers end with an error "
                      "(let one of them lead to a path of another route%s)",
                      STR_ARG(other->file), other->line, exact);
  }
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

/* Would the redirect take that path if its route took no other path? False: out of memory. */
static bool is_own_path(const struct config_route *route, struct str path, bool *own) {
  struct pattern exact = route->pattern;
  struct router_match match;
  exact.match = PATTERN_EXACT;
  struct router_entry entry = {STR(""), &exact};
  struct router *router = router_build(&entry, 1);
  if (!router) return false;
  *own = router_find(router, STR(""), path, &match);
  router_free(router);
  return true;
}

/* A wildcard stands for some host: one label in front of what is written. */
static bool comes_back(const struct config_listener *listener, const struct router *router, unsigned start,
                       struct circle *circle) {
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
    if (step == 0) circle->by_way_of = at;
    circle->path = to->pieces[0].literal;
    if (at == start) return true;
    if (!is_fixed(&listener->routes[at])) return false;
  }
  return false;
}
