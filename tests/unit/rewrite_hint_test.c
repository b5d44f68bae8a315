/* What is told about rewrites in the words of other programs: that it is one of its path's, and that nothing is told about
 * others. */
#include "liteginx/config/rewrite_hint.h"

#include "advice.h"
#include "liteginx/config/path_habit.h"
#include "unit.h"

#define FOLLOWS ": what stands behind the matched path follows by itself)"
#define QUERY   ": the query follows by itself)"
#define GENERAL "(write the new path; a parameter of 'path' is used as '{name}', what stands behind it follows)"
#define NONE    "(only parameters of 'path' can be used here, and it has none)"
#define OUT     "(leave 'rewrite' out: the path stays as it is)"
#define NOTHING(name, text) \
  "(nothing stands for '" name "' here: write the new path itself, or '" text "' for this text)"

static void test_rewrites(void **state) {
  (void)state;
  static const struct {
    const char *path, *text, *hint;
    size_t offset;
  } all[] = {
      /* ours, or plain text */
      {"/a", "/", "", 0},
      {"/a", "/b/", "", 0},
      {"/u/{id}", "/x/{id}", "", 0},
      {"/u/{id}", "/x-{id}.png", "", 0},
      {"/a", "/a:b/c*d", "", 0},
      {"/a", "/{{id}}", "", 0},
      {"/a", "/b$", "", 0},
      {"/a", "/b$PORT/${x}", "", 0},
      {"/a", "/wiki/C_(x)", "", 0},
      {"/a", "/b?x=1", "", 0},
      /* nginx, Apache, Caddy */
      {"/a", "/$1", "(write '/'" FOLLOWS, 1},
      {"/a", "/b/$1", "(write '/b'" FOLLOWS, 3},
      {"/a", "/b/$1$is_args$args",
       "(write '/b': what stands behind the matched path follows by itself, and so does the query)", 3},
      {"/a", "/b/$1?$args",
       "(write '/b': what stands behind the matched path follows by itself, and so does the query)", 3},
      {"/a", "/b/*", "(write '/b'" FOLLOWS, 3},
      {"/a", "/(.*)", "(write '/'" FOLLOWS, 1},
      {"/a", "/\\1", "(write '/'" FOLLOWS, 1},
      {"/a", "/$1/b", GENERAL, 1},
      {"/a", "/$1.html", GENERAL, 1},
      {"/a", "/*/b", GENERAL, 1},
      {"/a", "/(b|c)", GENERAL, 1},
      {"/a", "/x?$1", GENERAL, 3},
      {"/a", "/b$is_args$args", "(write '/b'" QUERY, 2},
      {"/a", "/b?$query_string", "(write '/b'" QUERY, 2},
      {"/a", "/$args", "(write '/'" QUERY, 1},
      {"/a", "$uri", OUT, 0},
      {"/a", "$request_uri", OUT, 0},
      {"/a/{x}", "$uri$is_args$args", OUT, 0},
      {"/a", "{uri}", OUT, 0},
      {"/a/{x}", "/b$uri", "(write '/b/a/{x}'" FOLLOWS, 2},
      {"/a", "/b/{uri}", "(write '/b/a'" FOLLOWS, 3},
      {"/a/{*rest}", "/b$uri", "(write '/b/a/{rest}')", 2},
      {"/", "/b{path}", "(write '/b'" FOLLOWS, 2},
      {"/a", "/b$uri/c", GENERAL, 2},
      {"/a", "/b?{query}", "(write '/b'" QUERY, 2},
      {"/a", "/$host/x", NOTHING("$host", "/$$host/x"), 1},
      {"/a", "/$http_host", NOTHING("$http_host", "/$$http_host"), 1},
      {"/a", "/$x", NOTHING("$x", "/$$x"), 1},
      {"/a", "/$Host", NOTHING("$Host", "/$$Host"), 1},
      {"/a", "/$(cmd)", NOTHING("$(cmd)", "/$$(cmd)"), 1},
      {"/a", "/$(cmd", NOTHING("$(cmd", "/$$(cmd"), 1},
      {"/a", "/b?$x", GENERAL, 3},
      {"/a", "/$x/*", GENERAL, 1},
      {"/a", "/$PORT/*", GENERAL, 7},
      {"/a", "^/a /c/http://x", GENERAL, 0},
      {"/a/{*rest}", "/b/$1", "(write '/b/{rest}')", 3},
      {"/a/{*rest}", "/b/(.*)", "(write '/b/{rest}')", 3},
      {"/a/{*rest}", "/b/{*rest}", "(write '/b/{rest}')", 3},
      {"/{x}/{y}", "/$2/$1", "(write '/{y}/{x}')", 1},
      {"/{x}", "/b/$1/$2", "(write '/b/{x}'" FOLLOWS, 3},
      {"/a", "^/a/(.*)$ /$1 break", "(write '/'" FOLLOWS, 0},
      {"/a", "rewrite ^/a/(.*)$ /b/$1 last;", "(write '/b'" FOLLOWS, 0},
      {"/a", "* /b{uri}", "(write '/b/a'" FOLLOWS, 0},
      {"/a", "http://localhost:3000/b", "(write '/b')", 0},
      {"/a", "", "(write '/')", 0},
      {"/a", "b", "(write '/b')", 0},
      /* parameters */
      {"/u/{id}", "/x/:id", "(write '/x/{id}')", 3},
      {"/u/{id}", "/x/:id.json", "(write '/x/{id}.json')", 3},
      {"/u/{id}", "/x/:id!", "(write '/x/{id}!')", 3},
      {"/u/{id}", "/x/<int:id>", "(write '/x/{id}')", 3},
      {"/u/{id}", "/x-<id>.png", "(write '/x-{id}.png')", 1},
      {"/u/:id", "/x/:id", "(write '/x/{id}')", 3},
      {"/u/:path*", "/x/:path*", "(write '/x/{path}')", 3},
      {"/a", "/x/:path*", "(write '/x'" FOLLOWS, 3},
      {"/a", "/b/:id", NONE, 3},
      {"/a", "/<id>", NONE, 1},
      {"/a", "/{id}", NONE, 1},
      {"/a/{x}", "/:y", "(only parameters of 'path' can be used here: {x})", 1},
      {"/a/{x}/{*z}", "/{y}", "(only parameters of 'path' can be used here: {x}, {z})", 1},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    struct arena arena;
    struct path_habit told;
    struct rewrite_hint_path path = {str_of(all[i].path), PATTERN_PREFIX};
    size_t offset = 77;
    arena_init(&arena, NULL, 1 << 20);
    struct str hint = rewrite_hint(&arena, str_of(all[i].text), &path, true, &offset);
    if (!str_eq(hint, str_of(all[i].hint))) fail_msg("%s under %s: %.*s", all[i].text, all[i].path, STR_ARG(hint));
    if (hint.len && offset != all[i].offset) fail_msg("%s: at %zu", all[i].text, offset);
    path_habit_read(path.text, &told);
    told.text[told.len] = '\0';
    assert_advice("spec", "rewrite", told.changed ? told.text : all[i].path, hint);
    arena_reset(&arena);
  }
}

static void test_goes_by_the_match(void **state) {
  (void)state;
  struct arena arena;
  struct rewrite_hint_path path = {STR("/a"), PATTERN_EXACT};
  size_t offset;
  arena_init(&arena, NULL, 1 << 20);
  assert_str(rewrite_hint(&arena, STR("/b/$1"), &path, true, &offset), STR("(write '/b/')"));
  assert_str(rewrite_hint(&arena, STR("/b$uri"), &path, true, &offset), STR("(write '/b/a')"));
  arena_reset(&arena);
}

/* Who has doubled it means the text. */
static void test_doubled_dollars(void **state) {
  (void)state;
  struct arena arena;
  struct rewrite_hint_path path = {STR("/a"), PATTERN_PREFIX};
  size_t offset;
  arena_init(&arena, NULL, 1 << 20);
  assert_int_equal(rewrite_hint(&arena, STR("/b/$1/$uri/$(x)?$args"), &path, false, &offset).len, 0);
  assert_str(rewrite_hint(&arena, STR("/b/$1/*"), &path, false, &offset), STR("(write '/b/$$1'" FOLLOWS));
  arena_reset(&arena);
}

static void test_long_ones(void **state) {
  (void)state;
  static char text[70000];
  struct arena arena;
  struct rewrite_hint_path path = {STR("/a/{id}"), PATTERN_PREFIX};
  size_t offset;
  arena_init(&arena, NULL, 1 << 20);
  for (size_t i = 0; i + 1 < sizeof text; i++) text[i] = "/:a$1"[i % 5];
  assert_true(rewrite_hint(&arena, str_of(text), &path, true, &offset).len > 0);
  for (size_t i = 0; i + 1 < sizeof text; i++) text[i] = "/$x{("[i % 5];
  assert_true(rewrite_hint(&arena, str_of(text), &path, true, &offset).len > 0);
  memset(text, '(', sizeof text - 1);
  text[0] = '/';
  assert_int_equal(rewrite_hint(&arena, str_of(text), &path, true, &offset).len, 0);
  static const char *const all[] = {"/$1", "/b$uri", "/$host", "/{x}", "/b/:id"};
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    struct str found = rewrite_hint(&arena, str_of(all[i]), &path, true, &offset);
    for (size_t left = 0; found.ptr && left < 2000; left += 16) {
      arena_reset(&arena);
      arena.max_bytes = left;
      found = rewrite_hint(&arena, str_of(all[i]), &path, true, &offset);
      if (found.ptr) break;
      found = STR("");
    }
    assert_true(found.len > 0);
    arena_reset(&arena);
    arena.max_bytes = 1 << 20;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rewrites),
      cmocka_unit_test(test_goes_by_the_match),
      cmocka_unit_test(test_doubled_dollars),
      cmocka_unit_test(test_long_ones),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
