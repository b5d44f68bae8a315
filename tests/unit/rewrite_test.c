/* Rewrites, as the upstream sees them: pattern, rewrite and request go through the same rooms as in the proxy. */
#include "liteginx/route/rewrite.h"

#include "liteginx/route/path.h"
#include "liteginx/route/router.h"
#include "unit.h"

enum { ROOM = 64 * 1024 };

struct good {
  const char *path;
  enum pattern_match match;
  const char *rewrite, *request, *upstream;
};

static const struct good good[] = {
    /* every row of the table of BEHAVIOUR "Routing" (the query never gets here) */
    {"/two", PATTERN_PREFIX, "/", "/two", "/"},
    {"/two", PATTERN_PREFIX, "/", "/two/", "/"},
    {"/two", PATTERN_PREFIX, "/", "/two/x", "/x"},
    {"/foo", PATTERN_PREFIX, "/xyz", "/foo", "/xyz"},
    {"/foo", PATTERN_PREFIX, "/xyz", "/foo/", "/xyz/"},
    {"/foo", PATTERN_PREFIX, "/xyz", "/foo/bar", "/xyz/bar"},
    {"/foo", PATTERN_PREFIX, "/xyz/", "/foo", "/xyz"},
    {"/foo", PATTERN_PREFIX, "/xyz/", "/foo/", "/xyz/"},
    {"/foo", PATTERN_PREFIX, "/xyz/", "/foo/bar", "/xyz/bar"},
    {"/u/{id}", PATTERN_PREFIX, "/user/{id}", "/u/7/posts", "/user/7/posts"},
    {"/old/{*rest}", PATTERN_PREFIX, "/new/{rest}", "/old/a/b", "/new/a/b"},
    {"/a", PATTERN_EXACT, "/b", "/a", "/b"},
    /* the prefix "/" matches nothing and leaves everything */
    {"/", PATTERN_PREFIX, "/", "/", "/"},
    {"/", PATTERN_PREFIX, "/", "/a", "/a"},
    {"/", PATTERN_PREFIX, "/x", "/", "/x/"},
    {"/", PATTERN_PREFIX, "/x/", "/a/b", "/x/a/b"},
    {"/", PATTERN_EXACT, "/x/", "/", "/x/"},
    /* as written for exact and behind a tail, without its trailing slash for a prefix */
    {"/a", PATTERN_EXACT, "/b/", "/a", "/b/"},
    {"/a/{*r}", PATTERN_PREFIX, "/b/", "/a/x", "/b/"},
    {"/a/{*r}", PATTERN_EXACT, "/{r}/", "/a/x/y", "/x/y/"},
    {"/a", PATTERN_PREFIX, "/b//", "/a/x", "/b//x"},
    {"/a", PATTERN_PREFIX, "//", "/a", "/"},
    /* empty segments are kept */
    {"/a", PATTERN_PREFIX, "/", "/a//b", "//b"},
    {"/a/{*r}", PATTERN_PREFIX, "/{r}", "/a//b", "//b"},
    {"/a/", PATTERN_PREFIX, "/b/", "/a//", "/b//"},
    /* parameters: any order, number and company */
    {"/{a}/{b}", PATTERN_EXACT, "/{b}-{a}{a}/x", "/1/2", "/2-11/x"},
    {"/{a}/{b}", PATTERN_PREFIX, "/x", "/1/2/3", "/x/3"},
    {"/i-{id}.png", PATTERN_EXACT, "/{id}", "/i-7.png", "/7"},
    {"/{a}", PATTERN_EXACT, "/{{{a}}}", "/%2f", "/%7B%2F%7D"},
    {"/{a}", PATTERN_EXACT, "/.{a}", "/..", NULL},
    {"/i-{id}", PATTERN_EXACT, "/..{id}", "/i-a", "/..a"},
    {"/a", PATTERN_EXACT, "/%c3%BC/\xc3\xbc/%41", "/a", "/%C3%BC/%C3%BC/A"},
    {"/a", PATTERN_EXACT, "/x/../b/./c", "/a", "/b/c"},
    {"/a", PATTERN_PREFIX, "/x/..", "/a/b", "/b"},
    {"/{a}", PATTERN_EXACT, "/x/../{a}/.", "/1", "/1/"},
};

/* A parameter brings a dot segment in. */
static const struct good dots[] = {
    {"/i-{id}", PATTERN_PREFIX, "/{id}", "/i-..", NULL},
    {"/i-{id}", PATTERN_PREFIX, "/{id}", "/i-.", NULL},
    {"/i-{id}", PATTERN_PREFIX, "/x/{id}/y", "/i-../z", NULL},
    {"/i-{id}", PATTERN_PREFIX, "/{id}", "/i-%2e%2E", NULL},
    {"/i-{id}", PATTERN_PREFIX, "/.{id}", "/i-.", NULL},
    {"/i-{a}/{b}x", PATTERN_PREFIX, "/{a}{b}", "/i-./.x", NULL},
    {"/a/{*r}", PATTERN_PREFIX, "/.{r}", "/a//b", NULL},
};

struct bad {
  const char *path;
  enum pattern_match match;
  const char *rewrite;
  size_t offset;
  const char *what; /* part of it */
};

static const struct bad bad[] = {
    {"/a", PATTERN_PREFIX, "", 0, "begin with '/'"},
    {"/a", PATTERN_PREFIX, "b", 0, "begin with '/'"},
    {"/{a}", PATTERN_PREFIX, "{a}", 0, "begin with '/'"},
    {"/a", PATTERN_PREFIX, "/b?c", 2, "'?'"},
    {"/a", PATTERN_PREFIX, "/b#c", 2, "'#'"},
    {"/a", PATTERN_PREFIX, "/%zz", 1, "two hex digits"},
    {"/a", PATTERN_PREFIX, "/\x01", 1, "control character"},
    {"/a", PATTERN_PREFIX, "/../b", 0, "above the root"},
    {"/{a}", PATTERN_PREFIX, "/{a}/..", 1, "takes a parameter away"},
    {"/{a}", PATTERN_PREFIX, "/x/{b}", 3, "no parameter of this name"},
    {"/a", PATTERN_PREFIX, "/{a}", 1, "no parameter of this name"},
    {"/{a}", PATTERN_PREFIX, "/{A}", 1, "no parameter of this name"},
    {"/{*a}", PATTERN_PREFIX, "/x/{*a}", 3, "without the '*'"},
    {"/{a}", PATTERN_PREFIX, "/{a", 1, "without its '}'"},
    {"/{a}", PATTERN_PREFIX, "/a}", 2, "without its '{'"},
    {"/{a}", PATTERN_PREFIX, "/{}", 1, "needs a name"},
};

static void parse(struct arena *arena, const struct good *row, struct pattern *pattern, struct rewrite *rewrite) {
  struct template_fault fault;
  if (!pattern_parse(arena, str_of(row->path), row->match, pattern, &fault)) fail_msg("%s: %s", row->path, fault.what);
  if (!rewrite_parse(arena, str_of(row->rewrite), pattern, rewrite, &fault)) {
    fail_msg("%s: %s", row->rewrite, fault.what);
  }
}

/* The request through normalising, routing and rewriting. False: it does not get as far as the rewrite. */
static bool run(struct arena *arena, const struct good *row, enum rewrite_status *status, struct str *path) {
  struct pattern pattern;
  struct rewrite rewrite;
  parse(arena, row, &pattern, &rewrite);
  struct router_entry entry = {.pattern = &pattern};
  struct router *router = router_build(&entry, 1);
  assert_non_null(router);
  struct router_match match;
  struct str normal;
  bool matches =
      path_normalise(arena, str_of(row->request), &normal) == PATH_OK && router_find(router, STR(""), normal, &match);
  if (matches) *status = rewrite_apply(arena, &rewrite, match.params, match.rest, path);
  router_free(router);
  return matches;
}

static void test_good(void **state) {
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(good); i++) {
    struct arena arena;
    arena_init(&arena, NULL, ROOM);
    enum rewrite_status status = REWRITE_OK;
    struct str path = {NULL, 0};
    bool matches = run(&arena, &good[i], &status, &path);
    assert_int_equal(matches, good[i].upstream != NULL);
    assert_int_equal(status, REWRITE_OK);
    assert_str(path, str_of(good[i].upstream));
    arena_reset(&arena);
  }
}

static void test_dots(void **state) {
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(dots); i++) {
    struct arena arena;
    arena_init(&arena, NULL, ROOM);
    enum rewrite_status status = REWRITE_OK;
    struct str path;
    assert_true(run(&arena, &dots[i], &status, &path));
    assert_int_equal(status, REWRITE_DOT_SEGMENT);
    arena_reset(&arena);
  }
}

static void test_bad(void **state) {
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
    struct arena arena;
    arena_init(&arena, NULL, ROOM);
    struct pattern pattern;
    struct rewrite rewrite;
    struct template_fault fault;
    assert_true(pattern_parse(&arena, str_of(bad[i].path), bad[i].match, &pattern, &fault));
    if (rewrite_parse(&arena, str_of(bad[i].rewrite), &pattern, &rewrite, &fault)) fail_msg("%s", bad[i].rewrite);
    assert_non_null(fault.what);
    if (!strstr(fault.what, bad[i].what)) fail_msg("%s: %s", bad[i].rewrite, fault.what);
    if (fault.offset != bad[i].offset) fail_msg("%s: at %zu", bad[i].rewrite, fault.offset);
    arena_reset(&arena);
  }
}

static void test_no_memory(void **state) {
  (void)state;
  struct arena arena, little;
  arena_init(&arena, NULL, ROOM);
  struct pattern pattern;
  struct rewrite rewrite;
  parse(&arena, &good[9], &pattern, &rewrite);
  bool done = false;
  for (size_t max = 0; !done; max += 16) {
    arena_init(&little, NULL, max);
    struct template_fault fault = {0, "untouched"};
    struct rewrite again;
    done = rewrite_parse(&little, STR("/user/{id}/x"), &pattern, &again, &fault);
    if (!done) assert_null(fault.what);
    arena_reset(&little);
    assert_true(max < ROOM);
  }
  arena_init(&little, NULL, 0);
  struct str params[] = {STR_INIT("7")}, path;
  assert_int_equal(rewrite_apply(&little, &rewrite, params, STR("/x"), &path), REWRITE_NO_MEMORY);
  arena_reset(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_good),
      cmocka_unit_test(test_dots),
      cmocka_unit_test(test_bad),
      cmocka_unit_test(test_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
