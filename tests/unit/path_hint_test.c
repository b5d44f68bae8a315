/* What is told about paths and rewrites in the words of other programs, and that nothing is told about others. */
#include "liteginx/config/path_hint.h"

#include "unit.h"

#define REGEX              "(regular expressions are not known here: '{name}' is one segment, '{*rest}' the rest of a path)"
#define REST(front, whole) "(write '" front "', or '" whole "' where a rewrite uses the rest)"

static void test_paths(void **state) {
  (void)state;
  static const struct {
    const char *text, *hint;
    size_t offset;
  } all[] = {
      /* ours, or plain text */
      {"/", "", 0},
      {"/api", "", 0},
      {"/api/", "", 0},
      {"/users/{id}", "", 0},
      {"/files/{*rest}", "", 0},
      {"/img-{name}.png", "", 0},
      {"/wiki/C_(letter)", "", 0},
      {"/v1/things:batch", "", 0},
      {"/a:80/b", "", 0},
      {"/$metadata", "", 0},
      {"/c++", "", 0},
      {"/@me/~user", "", 0},
      {"/a.b/c-d_e", "", 0},
      {"/{{id}}", "", 0},
      {"/:", "", 0},
      {"/[1]", "", 0},
      {"//", "", 0},
      {"/a|b", "", 0},
      {"/{", "", 0},
      /* nginx, Caddy, HAProxy */
      {"/api/*", REST("/api", "/api/{*rest}"), 5},
      {"/api/**", REST("/api", "/api/{*rest}"), 5},
      {"/*", REST("/", "/{*rest}"), 1},
      {"*", REST("/", "/{*rest}"), 0},
      {"/api*", "(write '/api')", 1},
      {"/a/*/b", "(write '/a/{any}/b')", 3},
      {"/a/*/*/b", "(write '/a/{any}/{any2}/b')", 3},
      {"/img-*.png", "(write '/img-{name}.png')", 1},
      {"/*.php", "(write '/{name}.php')", 1},
      {"^/(.*)", REST("/", "/{*rest}"), 0},
      {"^/api/(.*)$", REST("/api", "/api/{*rest}"), 0},
      {"~ ^/x", "(write '/x')", 0},
      {"~* \\.php$", REGEX, 0},
      {"^~ /static/", "(write '/static/')", 0},
      {"= /x", "(write '/x' with 'match: exact')", 0},
      {"^/x$", "(write '/x' with 'match: exact')", 0},
      {"/x/?", "(write '/x')", 0},
      {"/x/.*", REST("/x", "/x/{*rest}"), 3},
      {"/x/(.+)", REST("/x", "/x/{*rest}"), 3},
      {"/u/([0-9]+)/x", "(write '/u/{id}/x')", 3},
      {"/u/(\\d+)", "(write '/u/{id}')", 3},
      {"/u/\\d+", "(write '/u/{id}')", 3},
      {"/u/[0-9]+", "(write '/u/{id}')", 3},
      {"/(a|b)/x", REGEX, 1},
      {"/x\\.y", REGEX, 1},
      {"(/api|/v1)", REGEX, 0},
      {"http://localhost:3000/x", "(write '/x')", 0},
      {"https://localhost", "(write '/')", 0},
      {"one", "(write '/one')", 0},
      {"", "(write '/')", 0},
      /* Express, Next.js, Flask, FastAPI, Go, API gateways */
      {"/users/:id", "(write '/users/{id}')", 7},
      {"/users/:id/posts/:post", "(write '/users/{id}/posts/{post}')", 7},
      {"/users/:id?", "(write '/users/{id}')", 7},
      {"/users/:id(\\d+)", "(write '/users/{id}')", 7},
      {"/f/:path*", REST("/f", "/f/{*path}"), 3},
      {"/f/:path(.*)", REST("/f", "/f/{*path}"), 3},
      {"/users/[id]", "(write '/users/{id}')", 7},
      {"/d/[...slug]", REST("/d", "/d/{*slug}"), 3},
      {"/d/[[...slug]]", REST("/d", "/d/{*slug}"), 3},
      {"/users/<id>", "(write '/users/{id}')", 7},
      {"/users/<int:id>", "(write '/users/{id}')", 7},
      {"/f/<path:name>", REST("/f", "/f/{*name}"), 3},
      {"/users/{id:int}", "(write '/users/{id}')", 7},
      {"/users/{id:[0-9]+}", "(write '/users/{id}')", 7},
      {"/f/{path:path}", REST("/f", "/f/{*path}"), 3},
      {"/f/{path:.*}", REST("/f", "/f/{*path}"), 3},
      {"/f/{path...}", REST("/f", "/f/{*path}"), 3},
      {"/f/{...path}", REST("/f", "/f/{*path}"), 3},
      {"/f/{proxy+}", REST("/f", "/f/{*proxy}"), 3},
      {"/f/*path", REST("/f", "/f/{*path}"), 3},
      {"/f/{$}", "(write '/f' with 'match: exact')", 3},
      {"/:a/:a", REGEX, 1},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    struct arena arena;
    size_t offset = 77;
    arena_init(&arena, NULL, 1 << 20);
    struct str hint = path_hint(&arena, str_of(all[i].text), &offset);
    if (!str_eq(hint, str_of(all[i].hint))) fail_msg("%s: %.*s", all[i].text, STR_ARG(hint));
    if (hint.len && offset != all[i].offset) fail_msg("%s: at %zu", all[i].text, offset);
    arena_reset(&arena);
  }
}

#define FOLLOWS ": what stands behind the matched path follows by itself)"

static void test_rewrites(void **state) {
  (void)state;
  static const struct {
    const char *path, *text, *hint;
    size_t offset;
  } all[] = {
      {"/a", "/", "", 0},
      {"/a", "/b/", "", 0},
      {"/u/{id}", "/x/{id}", "", 0},
      {"/a", "/a:b/$x/c*d", "", 0},
      {"/a", "/$1", "(write '/'" FOLLOWS, 1},
      {"/a", "/b/$1", "(write '/b'" FOLLOWS, 3},
      {"/a", "/b/*", "(write '/b'" FOLLOWS, 3},
      {"/a", "/\\1", "(write '/'" FOLLOWS, 1},
      {"/a", "$uri", "(write '/'" FOLLOWS, 0},
      {"/a", "$request_uri", "(write '/'" FOLLOWS, 0},
      {"/a/{*rest}", "/b/$1", "(write '/b/{rest}')", 3},
      {"/{x}/{y}", "/$2/$1", "(write '/{y}/{x}')", 1},
      {"/u/:id", "/x/:id", "(write '/x/{id}')", 3},
      {"/a", "^/a/(.*)$ /$1 break", "(write '/'" FOLLOWS, 0},
      {"/a", "http://localhost:3000/b", "(write '/b')", 0},
      {"/a", "", "(write '/')", 0},
      {"/a", "b", "(write '/b')", 0},
      {"/a", "/x?$1", "(write the new path; a parameter of 'path' is used as '{name}', what stands behind it follows)",
       3},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    struct arena arena;
    struct pattern pattern;
    struct template_fault fault;
    size_t offset = 77;
    arena_init(&arena, NULL, 1 << 20);
    assert_true(pattern_parse(&arena, str_of(all[i].path), PATTERN_PREFIX, &pattern, &fault));
    struct str hint = path_hint_rewrite(&arena, str_of(all[i].text), &pattern, &offset);
    if (!str_eq(hint, str_of(all[i].hint))) fail_msg("%s: %.*s", all[i].text, STR_ARG(hint));
    if (hint.len && offset != all[i].offset) fail_msg("%s: at %zu", all[i].text, offset);
    arena_reset(&arena);
  }
}

static void test_long_ones(void **state) {
  (void)state;
  static char text[70000];
  struct arena arena;
  struct pattern pattern = {.match = PATTERN_PREFIX};
  size_t offset;
  arena_init(&arena, NULL, 1 << 20);
  for (size_t i = 0; i + 1 < sizeof text; i++) text[i] = "/:a$1"[i % 5];
  assert_str(path_hint(&arena, str_of(text), &offset), STR(REGEX));
  assert_true(path_hint_rewrite(&arena, str_of(text), &pattern, &offset).len > 0);
  memset(text, 'a', sizeof text - 1);
  text[0] = '/';
  assert_int_equal(path_hint(&arena, str_of(text), &offset).len, 0);
  assert_int_equal(path_hint_rewrite(&arena, str_of(text), &pattern, &offset).len, 0);
  arena.max_bytes = arena.total_bytes;
  assert_null(path_hint(&arena, STR("/users/:id"), &offset).ptr);
  assert_null(path_hint_rewrite(&arena, STR("/$1"), &pattern, &offset).ptr);
  arena_reset(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_paths),
      cmocka_unit_test(test_rewrites),
      cmocka_unit_test(test_long_ones),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
