/* The routing tree: each rule of precedence by itself, then random routes against a slow matcher that knows nothing of
 * trees, then how much a lookup looks at. */
#include "liteginx/route/router.h"

#include "unit.h"

enum { MAX_ROUTES = 16, ROOM = 64 * 1024 * 1024 };

/* A route as text: "HOST PATH" for a prefix, "HOST =PATH" for exact; host "-" for none. */
struct table {
  struct arena arena;
  struct router *router;
};

static void open_table(struct table *table, const char *const *routes, unsigned count) {
  arena_init(&table->arena, NULL, ROOM);
  struct router_entry *entries = arena_alloc(&table->arena, (count + 1) * sizeof *entries);
  struct pattern *patterns = arena_alloc(&table->arena, (count + 1) * sizeof *patterns);
  assert_non_null(entries);
  assert_non_null(patterns);
  for (unsigned i = 0; i < count; i++) {
    struct str path = str_of(routes[i]), host;
    assert_true(str_next(&path, ' ', &host));
    bool exact = path.ptr[0] == '=';
    struct template_fault fault;
    if (!pattern_parse(&table->arena, str_from(path, exact), exact ? PATTERN_EXACT : PATTERN_PREFIX, &patterns[i],
                       &fault)) {
      fail_msg("%s: %s", routes[i], fault.what);
    }
    entries[i] = (struct router_entry){str_eq(host, STR("-")) ? STR("") : host, &patterns[i]};
  }
  table->router = router_build(entries, count);
  assert_non_null(table->router);
}

static void close_table(struct table *table) {
  router_free(table->router);
  arena_reset(&table->arena);
}

struct row {
  const char *routes[6];
  const char *host, *path;
  int route;          /* -1: none */
  const char *params; /* joined by '|' */
  const char *rest;
};

static const struct row rows[] = {
    /* a prefix ends at a segment border */
    {{"- /one"}, "", "/one", 0, "", ""},
    {{"- /one"}, "", "/one/", 0, "", "/"},
    {{"- /one"}, "", "/one/x", 0, "", "/x"},
    {{"- /one"}, "", "/onex", -1, "", ""},
    {{"- /one"}, "", "/on", -1, "", ""},
    {{"- /one"}, "", "/", -1, "", ""},
    {{"- /one"}, "", "//one", -1, "", ""},
    {{"- /one/"}, "", "/one", 0, "", ""},
    {{"- /one/"}, "", "/one/", 0, "", "/"},
    {{"- /one/"}, "", "/one//x", 0, "", "//x"},
    {{"- /one/"}, "", "/onex", -1, "", ""},
    {{"- /One"}, "", "/one", -1, "", ""},
    {{"- /"}, "", "/", 0, "", "/"},
    {{"- /"}, "", "/x/y", 0, "", "/x/y"},
    {{"- /"}, "", "//", 0, "", "//"},
    {{"- /"}, "", "", -1, "", ""},
    {{"- /"}, "", "*", -1, "", ""},
    {{"- //"}, "", "/", 0, "", ""},
    {{"- //"}, "", "//x", 0, "", "/x"},
    {{"- //"}, "", "/x", -1, "", ""},
    {{"- /a//b"}, "", "/a//b", 0, "", ""},
    {{"- /a//b"}, "", "/a/b", -1, "", ""},
    /* exact is exact */
    {{"- =/a"}, "", "/a", 0, "", ""},
    {{"- =/a"}, "", "/a/", -1, "", ""},
    {{"- =/a/"}, "", "/a/", 0, "", ""},
    {{"- =/a/"}, "", "/a", -1, "", ""},
    {{"- =/a/"}, "", "/a//", -1, "", ""},
    {{"- =/"}, "", "/", 0, "", ""},
    {{"- =/"}, "", "/a", -1, "", ""},
    {{"- =/"}, "", "//", -1, "", ""},
    /* a parameter is one non-empty segment */
    {{"- /u/{id}"}, "", "/u/7", 0, "7", ""},
    {{"- /u/{id}"}, "", "/u/7/posts", 0, "7", "/posts"},
    {{"- /u/{id}"}, "", "/u/", -1, "", ""},
    {{"- /u/{id}"}, "", "/u", -1, "", ""},
    {{"- /u/{id}"}, "", "/u//", -1, "", ""},
    {{"- /{a}/{b}"}, "", "/1/2/3", 0, "1|2", "/3"},
    {{"- =/img-{id}.png"}, "", "/img-7.png", 0, "7", ""},
    {{"- =/img-{id}.png"}, "", "/img-.png", -1, "", ""},
    {{"- =/img-{id}.png"}, "", "/img-7.jpg", -1, "", ""},
    {{"- =/img-{id}.png"}, "", "/img-7.png.png", 0, "7.png", ""},
    {{"- =/a{x}a"}, "", "/a", -1, "", ""},
    {{"- =/a{x}a"}, "", "/aa", -1, "", ""},
    {{"- =/a{x}a"}, "", "/aaa", 0, "a", ""},
    /* a literal never begins or ends inside an encoded character */
    {{"- /{x}2F"}, "", "/a%2F", -1, "", ""},
    {{"- /{x}F"}, "", "/a%2F", -1, "", ""},
    {{"- /{x}F"}, "", "/%2F", -1, "", ""},
    {{"- /{x}2F"}, "", "/%252F", 0, "%25", ""},
    {{"- /{x}%2F"}, "", "/a%2F", 0, "a", ""},
    /* a catch-all is a non-empty tail */
    {{"- /old/{*rest}"}, "", "/old/a/b", 0, "a/b", ""},
    {{"- /old/{*rest}"}, "", "/old/a/", 0, "a/", ""},
    {{"- /old/{*rest}"}, "", "/old//", 0, "/", ""},
    {{"- /old/{*rest}"}, "", "/old/", -1, "", ""},
    {{"- /old/{*rest}"}, "", "/old", -1, "", ""},
    {{"- /{*rest}"}, "", "/", -1, "", ""},
    {{"- /{x}/{*rest}"}, "", "/a/b/c", 0, "a|b/c", ""},
    /* segment by segment: static > more literal characters > longer literal prefix > bare > catch-all > end */
    {{"- /{x}", "- /a"}, "", "/a", 1, "", ""},
    {{"- /{x}", "- /a"}, "", "/b", 0, "b", ""},
    {{"- /a{x}", "- /a{x}bc", "- /abc"}, "", "/abc", 2, "", ""},
    {{"- /a{x}", "- /{x}bc", "- /{x}"}, "", "/abc", 1, "a", ""},
    {{"- /{x}c", "- /a{x}", "- /{x}"}, "", "/abc", 1, "bc", ""},
    {{"- /{x}", "- /{x}c"}, "", "/abc", 1, "ab", ""},
    {{"- /a{x}d", "- /ab{x}", "- /{x}cd"}, "", "/abcd", 1, "cd", ""},
    {{"- /{*x}", "- /{x}"}, "", "/abc", 1, "abc", ""},
    {{"- /{*x}", "- /{x}"}, "", "/abc/d", 1, "abc", "/d"},
    {{"- /", "- /{*x}"}, "", "/abc", 1, "abc", ""},
    {{"- /", "- /{*x}"}, "", "/", 0, "", "/"},
    {{"- /a", "- /a/{x}"}, "", "/a/b", 1, "b", ""},
    {{"- /a", "- /a/{x}"}, "", "/a/", 0, "", "/"},
    {{"- /a", "- /a/b"}, "", "/a/b/c", 1, "", "/c"},
    /* the first segment decides */
    {{"- /{x}/b/c", "- /a"}, "", "/a/b/c", 1, "", "/b/c"},
    {{"- =/{x}/b", "- =/a/{y}"}, "", "/a/b", 1, "b", ""},
    {{"- /{x}/b/c", "- /a/{*t}"}, "", "/a/b/c", 1, "b/c", ""},
    /* it steps back from dead ends, deep ones too, and forgets their parameters */
    {{"- =/{x}/b", "- =/a/c"}, "", "/a/b", 0, "a", ""},
    {{"- =/{x}/b/c/d", "- =/a/{y}/c/e"}, "", "/a/b/c/d", 0, "a", ""},
    {{"- =/a{x}/b", "- =/{x}c/d", "- =/{x}/{y}"}, "", "/abc/e", 2, "abc|e", ""},
    {{"- =/{x}/{y}/z", "- =/{x}/b/{w}/q", "- /"}, "", "/a/b/z", 0, "a|b", ""},
    {{"- =/{x}/{y}/z", "- =/{x}/b/{w}/q", "- /"}, "", "/a/b/y", 2, "", "/a/b/y"},
    /* exact > prefix, the first of two equal ones */
    {{"- /a", "- =/a"}, "", "/a", 1, "", ""},
    {{"- /a", "- =/a"}, "", "/a/", 0, "", "/"},
    {{"- /", "- =/"}, "", "/", 1, "", ""},
    {{"- =/{x}", "- /a"}, "", "/a", 1, "", ""},
    {{"- /{*x}", "- =/{*y}"}, "", "/a", 1, "a", ""},
    {{"- =/{*x}", "- /{*y}"}, "", "/a", 0, "a", ""},
    {{"- /a", "- /a/"}, "", "/a", 0, "", ""},
    {{"- /{x}", "- /{y}"}, "", "/a", 0, "a", ""},
    {{"- /a//", "- /a"}, "", "/a/", 0, "", ""},
    /* hosts: exact > longest wildcard > none, falling through */
    {{"- /", "a.test /", "*.test /"}, "a.test", "/", 1, "", "/"},
    {{"- /", "a.test /", "*.test /"}, "A.TesT", "/", 1, "", "/"},
    {{"- /", "a.test /", "*.test /"}, "a.test.", "/", 1, "", "/"},
    {{"- /", "a.test /", "*.test /"}, "b.test", "/", 2, "", "/"},
    {{"- /", "a.test /", "*.test /"}, "x.a.test", "/", 2, "", "/"},
    {{"- /", "a.test /", "*.test /"}, "test", "/", 0, "", "/"},
    {{"- /", "a.test /", "*.test /"}, ".test", "/", 0, "", "/"},
    {{"- /", "a.test /", "*.test /"}, "xtest", "/", 0, "", "/"},
    {{"- /", "a.test /", "*.test /"}, "", "/", 0, "", "/"},
    {{"- /", "a.test /", "*.test /"}, ".", "/", 0, "", "/"},
    {{"*.test /", "*.a.test /", "*.b.a.test /"}, "c.a.test", "/", 1, "", "/"},
    {{"*.test /", "*.a.test /", "*.b.a.test /"}, "a.test", "/", 0, "", "/"},
    {{"*.test /", "*.a.test /", "*.b.a.test /"}, "d.c.b.a.test", "/", 2, "", "/"},
    {{"a.test /a", "*.test /b", "- /c"}, "a.test", "/a", 0, "", ""},
    {{"a.test /a", "*.test /b", "- /c"}, "a.test", "/b", 1, "", ""},
    {{"a.test /a", "*.test /b", "- /c"}, "a.test", "/c", 2, "", ""},
    {{"a.test /a", "*.test /b", "- /c"}, "a.test", "/d", -1, "", ""},
    {{"a.test /a", "*.test /b", "- /c"}, "other", "/b", -1, "", ""},
    {{"a.test /{x}/b", "- /a/c"}, "a.test", "/a/c", 1, "", ""},
    {{"- =/a", "a.test /"}, "a.test", "/a", 1, "", "/a"},
    {{"a.test /a"}, "", "/a", -1, "", ""},
};

static void join_params(const struct router_match *match, char *out) {
  *out = '\0';
  for (unsigned i = 0; i < match->count; i++) out += sprintf(out, "%s%.*s", i ? "|" : "", STR_ARG(match->params[i]));
}

static void test_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    const struct row *row = &rows[i];
    struct table table;
    unsigned count = 0;
    while (count < UNIT_COUNT(row->routes) && row->routes[count]) count++;
    open_table(&table, row->routes, count);
    struct router_match match;
    int route = router_find(table.router, str_of(row->host), str_of(row->path), &match) ? (int)match.route : -1;
    if (route != row->route) fail_msg("row %zu: %s%s → %d", i, row->host, row->path, route);
    if (route >= 0) {
      char params[64];
      join_params(&match, params);
      if (strcmp(params, row->params) != 0) fail_msg("row %zu: %s has %s", i, row->path, params);
      assert_str(match.rest, str_of(row->rest));
      assert_ptr_equal(match.matched.ptr, row->path);
      assert_int_equal(match.matched.len + match.rest.len, strlen(row->path));
    }
    close_table(&table);
  }
}

static void test_empty(void **state) {
  (void)state;
  struct table table;
  struct router_match match;
  open_table(&table, NULL, 0);
  assert_false(router_find(table.router, STR("a.test"), STR("/"), &match));
  close_table(&table);
  router_free(NULL);
}

/* A name longer than any host name is none, and finds what needs none. */
static void test_long_host(void **state) {
  (void)state;
  static const char *const routes[] = {"- /", "*.test /"};
  char host[300];
  memset(host, 'a', sizeof host);
  memcpy(host + sizeof host - 5, ".test", 5);
  struct table table;
  struct router_match match;
  open_table(&table, routes, 2);
  assert_true(router_find(table.router, str_make(host, sizeof host), STR("/"), &match));
  assert_int_equal(match.route, 0);
  assert_true(router_find(table.router, str_make(host + 45, 255), STR("/"), &match));
  assert_int_equal(match.route, 1);
  close_table(&table);
}

/* The slow matcher. It works on the routes' texts: a route that matches gets one key per segment that it looked at,
 * a larger one the better the segment is, and the route with the largest keys (compared from the left) wins. */

enum { MAX_KEYS = 16, KEY_STATIC = 50000, KEY_PARAM = 30000, KEY_TAIL = 20000, KEY_END = 10000 };

struct rank {
  int keys[MAX_KEYS];
  char params[128];
  size_t rest; /* length of what is left over */
};

static bool ends_character(const char *begin, const char *end) {
  return !(end - begin >= 1 && end[-1] == '%') && !(end - begin >= 2 && end[-2] == '%');
}

static void note_param(struct rank *rank, const char *value, size_t len) {
  size_t at = strlen(rank->params);
  sprintf(rank->params + at, "%s%.*s", at ? "|" : "", (int)len, value);
}

/* The key of `pattern` (a segment's text) for the segment of the path; 0: no match. */
static int segment_key(struct rank *rank, struct str pattern, struct str segment) {
  size_t open = str_find(pattern, '{');
  if (open == pattern.len) return str_eq(pattern, segment) ? KEY_STATIC : 0;
  struct str suffix = str_from(pattern, str_find(pattern, '}') + 1);
  size_t literals = open + suffix.len;
  if (literals >= segment.len || !str_starts_with(segment, str_upto(pattern, open)) ||
      !str_ends_with(segment, suffix)) {
    return 0;
  }
  const char *value = segment.ptr + open, *end = segment.ptr + segment.len - suffix.len;
  if (!ends_character(value, end)) return 0;
  note_param(rank, value, (size_t)(end - value));
  return KEY_PARAM + (int)(100 * literals + open);
}

static bool rank_path(const char *pattern_text, bool exact, const char *path_text, struct rank *rank) {
  struct str pattern = str_of(pattern_text + 1), path = str_of(path_text + 1), part, segment;
  int count = 0;
  if (!exact && str_ends_with(str_of(pattern_text), STR("/"))) {
    pattern = pattern.len ? str_upto(pattern, pattern.len - 1) : (struct str){NULL, 0};
  }
  while (str_next(&pattern, '/', &part)) {
    if (!path.ptr) return false;
    if (str_starts_with(part, STR("{*"))) {
      if (path.len == 0) return false;
      note_param(rank, path.ptr, path.len);
      rank->keys[count++] = KEY_TAIL;
      rank->keys[count] = exact ? 2 : 1;
      rank->rest = 0;
      return true;
    }
    if (!str_next(&path, '/', &segment)) return false;
    rank->keys[count] = segment_key(rank, part, segment);
    if (rank->keys[count++] == 0) return false;
  }
  rank->keys[count] = path.ptr ? KEY_END : exact ? 2 : 1;
  rank->rest = path.ptr ? path.len + 1 : 0;
  return !path.ptr || !exact;
}

/* 1000 + length for the exact host, the length for a wildcard, 0 for none, -1: another host. */
static int rank_host(struct str route, const char *host_text) {
  struct str host = str_of(host_text);
  if (str_eq(route, STR("-"))) return 0;
  if (host.len && host.ptr[host.len - 1] == '.') host.len--;
  if (route.ptr[0] != '*') return str_eq_nocase(route, host) ? 1000 : -1;
  struct str ending = str_from(route, 1);
  bool matches = host.len > ending.len && str_eq_nocase(str_from(host, host.len - ending.len), ending);
  return matches ? (int)ending.len : -1;
}

static int slow_find(const char *const *routes, unsigned count, const char *host, const char *path, struct rank *best) {
  int winner = -1;
  for (unsigned i = 0; i < count; i++) {
    struct str rest = str_of(routes[i]), name;
    str_next(&rest, ' ', &name);
    struct rank rank = {0};
    bool exact = rest.ptr[0] == '=';
    rank.keys[0] = rank_host(name, host);
    struct rank tail = {0};
    if (rank.keys[0] < 0 || !rank_path(rest.ptr + exact, exact, path, &tail)) continue;
    memcpy(rank.keys + 1, tail.keys, (MAX_KEYS - 1) * sizeof *tail.keys);
    strcpy(rank.params, tail.params);
    rank.rest = tail.rest;
    int order = winner < 0 ? 1 : 0;
    for (int k = 0; order == 0 && k < MAX_KEYS; k++) order = rank.keys[k] - best->keys[k];
    if (order <= 0) continue;
    winner = (int)i;
    *best = rank;
  }
  return winner;
}

static void make_route(uint64_t *seed, char *out) {
  static const char *const hosts[] = {"-", "-", "-", "a.test", "*.test", "*.a.test", "b.a.test"};
  static const char *const parts[] = {"a",   "b",    "ab",   "aab",  "%2F",  "",    "{}",    "{}",    "a{}",
                                      "{}b", "a{}b", "aa{}", "{}bb", "{}2F", "{}F", "{}%2F", "%2F{}", "{}%25"};
  bool exact = unit_random(seed, 3) == 0;
  out += sprintf(out, "%s %s", hosts[unit_random(seed, UNIT_COUNT(hosts))], exact ? "=" : "");
  unsigned segments = unit_random(seed, 5);
  if (segments == 0) out += sprintf(out, "/");
  for (unsigned i = 0; i < segments; i++) {
    if (i + 1 == segments && unit_random(seed, 6) == 0) {
      sprintf(out, "/{*t}");
      return;
    }
    const char *part = parts[unit_random(seed, UNIT_COUNT(parts))], *brace = strchr(part, '}');
    out += brace ? sprintf(out, "/%.*sp%u%s", (int)(brace - part), part, i, brace) : sprintf(out, "/%s", part);
  }
}

static void make_path(uint64_t *seed, char *out) {
  static const char *const parts[] = {"a", "b", "ab",   "aab", "aabb", "abb",   "%2F",
                                      "",  "c", "a%2F", "%25", "2F",   "b%252F"};
  unsigned segments = 1 + unit_random(seed, 5);
  for (unsigned i = 0; i < segments; i++) {
    out += sprintf(out, "/%s", parts[unit_random(seed, UNIT_COUNT(parts))]);
  }
}

static void test_random_routes(void **state) {
  (void)state;
  static const char *const hosts[] = {"",       "a.test", "A.TEST", "b.a.test.", "c.b.a.test",
                                      "b.test", "x",      ".test",  "test"};
  uint64_t seed = 20262;
  unsigned found = 0, lookups = 0;
  for (int round = 0; round < 3000; round++) {
    char texts[MAX_ROUTES][64];
    const char *routes[MAX_ROUTES];
    unsigned count = 1 + unit_random(&seed, MAX_ROUTES);
    for (unsigned i = 0; i < count; i++) {
      make_route(&seed, texts[i]);
      routes[i] = texts[i];
    }
    struct table table;
    open_table(&table, routes, count);
    for (int i = 0; i < 30; i++, lookups++) {
      char path[64], params[128];
      make_path(&seed, path);
      const char *host = hosts[unit_random(&seed, UNIT_COUNT(hosts))];
      struct router_match match;
      struct rank best = {0};
      int wanted = slow_find(routes, count, host, path, &best);
      int route = router_find(table.router, str_of(host), str_of(path), &match) ? (int)match.route : -1;
      if (route != wanted) {
        fail_msg("%s%s → %s, not %s", host, path, route < 0 ? "none" : routes[route],
                 wanted < 0 ? "none" : routes[wanted]);
      }
      if (route < 0) continue;
      found++;
      join_params(&match, params);
      assert_string_equal(params, best.params);
      assert_int_equal(match.rest.len, best.rest);
      assert_int_equal(match.matched.len, strlen(path) - best.rest);
    }
    close_table(&table);
  }
  /* The material is worth something: both outcomes are common. */
  assert_in_range(found, lookups / 5, lookups - lookups / 5);
}

/* What a lookup looks at does not depend on how many routes there are. */
static void test_visits_by_path_length(void **state) {
  (void)state;
  static const char *const forms[] = {"- /s%u/items/{id}/x", "- =/s%u/items/all", "- /p%u-{x}/{y}", "s%u.test /{x}/b",
                                      "- /deep/a/b/c/d/s%u"};
  static const struct {
    const char *host, *path;
    unsigned segments;
  } lookups[] = {
      {"", "/s7/items/42/x", 4},       {"", "/s7/items/all", 3},
      {"", "/s7/items/42/y", 4},       {"", "/p7-1/2", 2},
      {"", "/nothing/here", 2},        {"s7.test", "/a/b", 2},
      {"s7.test", "/s7/items/1/x", 4}, {"", "/deep/a/b/c/d/s7", 6},
      {"", "/deep/a/b/c/d/none", 6},
  };
  enum { MANY = 10000 };
  char(*texts)[48] = malloc(MANY * sizeof *texts);
  const char **routes = malloc(MANY * sizeof *routes);
  assert_non_null(texts);
  assert_non_null(routes);
  unsigned visited[UNIT_COUNT(lookups)] = {0};
  for (unsigned count = 50; count <= MANY; count = count == 50 ? MANY : MANY + 1) {
    for (unsigned i = 0; i < count; i++) {
      const char *form = forms[i % UNIT_COUNT(forms)], *hole = strstr(form, "%u");
      sprintf(texts[i], "%.*s%u%s", (int)(hole - form), form, i / (unsigned)UNIT_COUNT(forms), hole + 2);
      routes[i] = texts[i];
    }
    struct table table;
    open_table(&table, routes, count);
    for (size_t i = 0; i < UNIT_COUNT(lookups); i++) {
      struct router_match match;
      router_find(table.router, str_of(lookups[i].host), str_of(lookups[i].path), &match);
      /* At most: each prefix of the path once in the tree of the host, once in that of none. */
      assert_in_range(match.visited, 1, 2 * (lookups[i].segments + 1));
      if (count == MANY) assert_int_equal(match.visited, visited[i]);
      visited[i] = match.visited;
    }
    close_table(&table);
  }
  free(routes);
  free(texts);
}

/* The worst that routes can do: every node of the tree is a way to match. Each is looked at once. */
static void test_visits_each_node_once(void **state) {
  (void)state;
  enum { DEPTH = 9, ROUTES = 1 << DEPTH };
  char(*texts)[96] = malloc(ROUTES * sizeof *texts);
  assert_non_null(texts);
  const char *routes[ROUTES];
  for (unsigned i = 0; i < ROUTES; i++) {
    char *out = texts[i];
    out += sprintf(out, "- =");
    for (unsigned bit = 0; bit < DEPTH; bit++) {
      out += i >> bit & 1 ? sprintf(out, "/a") : sprintf(out, "/{p%u}", bit);
    }
    sprintf(out, "/end");
    routes[i] = texts[i];
  }
  struct table table;
  struct router_match match;
  open_table(&table, routes, ROUTES);
  assert_false(router_find(table.router, STR(""), STR("/a/a/a/a/a/a/a/a/a/nothing"), &match));
  assert_int_equal(match.visited, 2 * ROUTES - 1);
  assert_true(router_find(table.router, STR(""), STR("/a/a/a/a/a/a/a/a/a/end"), &match));
  assert_int_equal(match.route, ROUTES - 1);
  assert_int_equal(match.visited, DEPTH + 2);
  close_table(&table);
  free(texts);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_long_host),
      cmocka_unit_test(test_random_routes),
      cmocka_unit_test(test_visits_by_path_length),
      cmocka_unit_test(test_visits_each_node_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
