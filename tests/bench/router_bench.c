/* What a lookup costs with 10 to 100,000 routes: on a hot set (8 paths again and again: what the tree itself adds) and
 * at random over all routes (what the caches add). Goals, with 10,000 against 10 routes: 2 and 6 times as much; they
 * are read, not judged, since a busy machine measures badly. The exit status judges what depends on no machine: no
 * lookup looks at more nodes of the tree, however many routes there are. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "liteginx/route/router.h"

enum { FEW = 10, HOT = 8, ORDER = 1 << 16, TEXT_BYTES = 64 };

struct bench {
  struct arena arena;
  struct router *router;
  unsigned routes;
  struct str *paths; /* one that each route matches */
  unsigned *order;   /* of the lookups */
  unsigned visited;  /* nodes, by the lookup that looked at most */
};

static const char *const forms[] = {
    "/api/v1/service-%u",      "/api/v1/service-%u/users/{id}", "/api/v1/service-%u/files/{*rest}",
    "/shop-%u/{item}/reviews", "/static/bundle-%u-{hash}.js",
};
static const char *const requests[] = {
    "/api/v1/service-%u/status", "/api/v1/service-%u/users/4711", "/api/v1/service-%u/files/a/b/c",
    "/shop-%u/shoe/reviews",     "/static/bundle-%u-0f1e2d.js",
};
enum { FORMS = sizeof forms / sizeof forms[0] };

static void bench_open(struct bench *bench, unsigned routes);
static void bench_close(struct bench *bench);
static void choose(struct bench *bench, unsigned set);
static void look_up(void *owner);

int main(void) {
  static const unsigned sizes[] = {FEW, 1000, 10000, 100000};
  double few_hot_ns = 0, few_random_ns = 0;
  unsigned few_visited = 0;
  int status = 0;
  printf("%8s %12s %7s %12s %7s %14s\n", "routes", "hot set", "ratio", "random", "ratio", "nodes, at most");
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct bench bench;
    bench_open(&bench, sizes[i]);
    choose(&bench, HOT);
    double hot_ns = bench_best_ns(look_up, &bench, ORDER);
    choose(&bench, sizes[i]);
    double random_ns = bench_best_ns(look_up, &bench, ORDER);
    bench_close(&bench);
    if (i == 0) few_hot_ns = hot_ns, few_random_ns = random_ns, few_visited = bench.visited;
    double hot = hot_ns / few_hot_ns, random = random_ns / few_random_ns;
    printf("%8u %9.0f ns %6.2fx %9.0f ns %6.2fx %14u\n", sizes[i], hot_ns, hot, random_ns, random, bench.visited);
    if (bench.visited == 0 || bench.visited > few_visited) status = 1;
  }
  return status;
}

/* Text of `form` with `number` in it. The forms are constants of this file, each with one hole. */
static struct str text_of(struct arena *arena, const char *form, unsigned number) {
  char *text = arena_alloc(arena, TEXT_BYTES);
  ENSURE(text);
  struct str s = str_of(form);
  size_t hole = str_find(s, '%');
  int len = snprintf(text, TEXT_BYTES, "%.*s%u%s", (int)hole, form, number, form + hole + 2);
  ENSURE(len > 0 && len < TEXT_BYTES);
  return str_make(text, (size_t)len);
}

static void bench_open(struct bench *bench, unsigned routes) {
  *bench = (struct bench){.routes = routes};
  arena_init(&bench->arena, NULL, SIZE_MAX / 2);
  struct pattern *patterns = arena_alloc(&bench->arena, routes * sizeof *patterns);
  struct router_entry *entries = arena_alloc(&bench->arena, routes * sizeof *entries);
  bench->paths = arena_alloc(&bench->arena, routes * sizeof *bench->paths);
  bench->order = arena_alloc(&bench->arena, ORDER * sizeof *bench->order);
  ENSURE(patterns && entries && bench->paths && bench->order);
  struct template_fault fault;
  for (unsigned i = 0; i < routes; i++) {
    struct str text = text_of(&bench->arena, forms[i % FORMS], i / FORMS);
    ENSURE(pattern_parse(&bench->arena, text, PATTERN_PREFIX, &patterns[i], &fault));
    entries[i] = (struct router_entry){.pattern = &patterns[i]};
    bench->paths[i] = text_of(&bench->arena, requests[i % FORMS], i / FORMS);
  }
  bench->router = router_build(entries, routes);
  ENSURE(bench->router);
}

static void bench_close(struct bench *bench) {
  router_free(bench->router);
  arena_reset(&bench->arena);
}

/* The order of lookups: at random over `set` routes, which are spread over all. */
static void choose(struct bench *bench, unsigned set) {
  uint64_t seed = 88172645463325252u;
  for (unsigned i = 0; i < ORDER; i++) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    unsigned pick = (unsigned)(seed >> 33) % set;
    /* The same forms are picked from few and from many. */
    bench->order[i] = set == bench->routes ? pick : pick + bench->routes / FORMS / 2 * FORMS * (pick % 2);
    bench->order[i] %= bench->routes;
  }
}

static void look_up(void *owner) {
  struct bench *bench = owner;
  struct router_match match;
  for (unsigned i = 0; i < ORDER; i++) {
    unsigned route = bench->order[i];
    ENSURE(router_find(bench->router, STR("localhost"), bench->paths[route], &match) && match.route == route);
    if (match.visited > bench->visited) bench->visited = match.visited;
  }
}
