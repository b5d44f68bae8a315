/* What is told about paths in the words of other programs, that it is a path, and that nothing is told about others. */
#include "liteginx/config/path_hint.h"

#include "advice.h"
#include "unit.h"

#define REGEX              "(regular expressions are not known here: '{name}' is one segment, '{*rest}' the rest of a path)"
#define ALONE              "(only a path can stand here, such as '/api' or '/users/{id}')"
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
      {"/x\\.y", "(write '/x.y')", 1},
      {"/static/(.*\\.png)$", REGEX, 0},
      {"/static/.+\\.png", REGEX, 8},
      {"/img-(\\d+)\\.png", "(write '/img-{id}.png')", 1},
      {"/u/(?<user>[^/]+)/x", "(write '/u/{user}/x')", 3},
      {"/u/([^/]+)", "(write '/u/{id}')", 3},
      {"/f/([^?]*)", REST("/f", "/f/{*rest}"), 3},
      {"/u/\\d{4}-\\d{2}", REGEX, 3},
      {"location /api {", "(write '/api')", 0},
      {"location = /x {", "(write '/x' with 'match: exact')", 0},
      {"location ~ \\.php$", REGEX, 0},
      {"path /api/*", REST("/api", "/api/{*rest}"), 0},
      {"path /a /b", "(make a spec of its own for each path)", 0},
      {"@api path /api", "(write '/api')", 0},
      {"path_beg -i /api", "(write '/api')", 0},
      {"path_end .png", ALONE, 0},
      {"/a /b", "(make a spec of its own for each path)", 0},
      {"/a, /b", "(make a spec of its own for each path)", 0},
      {"/a,/b", "(make a spec of its own for each path)", 0},
      {"/a b", "", 0},
      {"/a,b", "", 0},
      {"GET /users/{id}", "(write '/users/{id}': every method passes)", 0},
      {"get,post /users/:id", "(write '/users/{id}': every method passes)", 0},
      {"GET|POST /x", ALONE, 0},
      {"GET /", "(write '/': every method passes)", 0},
      {"GET /a/{path...}", "(write '/a', or '/a/{*path}' where a rewrite uses the rest: every method passes)", 0},
      {"PathPrefix(`/x`)", "(write 'path: /x')", 0},
      {"Host(`x`) && Path(`/y`)", "(write 'host: x' and 'path: /y' with 'match: exact')", 0},
      {"example.com/x", "(write 'host: example.com' and 'path: /x')", 0},
      {"*.example.com/x", "(write 'host: \"*.example.com\"' and 'path: /x')", 0},
      {"localhost:3000/x", "(write 'host: localhost' and 'path: /x')", 0},
      {"a.b/x?y", ALONE, 0},
      {"favicon.ico", "(write '/favicon.ico')", 0},
      {"app.get('/x')", ALONE, 0},
      {"some words", ALONE, 0},
      {"$PREFIX/x", "", 0},
      {"users/:id", "(write '/users/{id}')", 0},
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
      {"/f/:name.json", "(write '/f/{name}.json')", 3},
      {"/f/:name([a-z]+\\.png)", REGEX, 3},
      {"/f/:name(a|b)", REGEX, 3},
      {"/f/:name!", REGEX, 3},
      {"/f/{name:.+\\.png}", REGEX, 3},
      {"/f/{id:\\d{4}}", "(write '/f/{id}')", 3},
      {"/f/{id:int}.json", "(write '/f/{id}.json')", 3},
      {"/f/{id:int:min(1)}", REGEX, 3},
      {"/f/{id:length(3)}", "(write '/f/{id}')", 3},
      {"/f/{id:regex(^a$)}", REGEX, 3},
      {"/f/<any(a,b):id>", REGEX, 3},
      {"/f/<id>.json", "(write '/f/{id}.json')", 3},
      {"/f/{id?}", "(write '/f/{id}')", 3},
      {"/f/{**rest}", REST("/f", "/f/{*rest}"), 3},
      {"/f/{path:[^/]+}/x", "(write '/f/{path}/x')", 3},
      {"/f/{path:path}/x", "(write '/f/{path}/x')", 3},
      {"/f/img-{*x+}", "", 0},
      {"/<id>*", REGEX, 1},
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
    assert_advice("spec", "path", NULL, hint);
    arena_reset(&arena);
  }
}

static void test_long_ones(void **state) {
  (void)state;
  static char text[70000];
  struct arena arena;
  size_t offset;
  arena_init(&arena, NULL, 1 << 20);
  for (size_t i = 0; i + 1 < sizeof text; i++) text[i] = "/:a$1"[i % 5];
  assert_str(path_hint(&arena, str_of(text), &offset), STR(REGEX));
  memset(text, '{', sizeof text - 1);
  text[0] = '/';
  assert_int_equal(path_hint(&arena, str_of(text), &offset).len, 0);
  memset(text + 1, 'a', sizeof text - 2);
  assert_int_equal(path_hint(&arena, str_of(text), &offset).len, 0);
  arena.max_bytes = arena.total_bytes;
  assert_null(path_hint(&arena, STR("/users/:id"), &offset).ptr);
  assert_null(path_hint(&arena, STR("PathPrefix(`/a`)"), &offset).ptr);
  assert_null(path_hint(&arena, STR("a.b/c"), &offset).ptr);
  arena_reset(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_paths),
      cmocka_unit_test(test_long_ones),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
