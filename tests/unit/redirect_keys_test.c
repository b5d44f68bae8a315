/* The keys of a redirect: what they are read as, and what is said about wrong ones. */
#include "liteginx/config/redirect_keys.h"

#include "loaded.h"

static void test_what_is_read(void **state) {
  (void)state;
  static const struct {
    const char *redirect, *to;
    unsigned status;
  } rows[] = {
      {"/new", "/new", 307},
      {"'/new/{id}?x={id}'", "/new/{id}?x={id}", 307},
      {"{to: /new}", "/new", 307},
      {"{to: '/new', status: 301}", "/new", 301},
      {"{to: '/new', status: 302}", "/new", 302},
      {"{to: '/new', status: '303'}", "/new", 303},
      {"{to: 'https://a.example:1/{id}#x', status: 308}", "https://a.example:1/{id}#x", 308},
      {"'/${WORD}'", "/words", 307},
      {"/$$x", "/$x", 307},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct fixture fixture = {.bind = NULL};
    char text[512];
    snprintf(text, sizeof text, "name: a\nspec:\n  - {kind: http, listen: 1, path: '/u/{id}', redirect: %s}\n",
             rows[i].redirect);
    load_text(&fixture, text);
    const struct config_route *route = &assert_loaded(&fixture)->listeners[0].routes[0];
    assert_null(fixture.report.first);
    assert_int_equal(route->action, SPEC_redirect);
    assert_int_equal(route->target_count, 0);
    assert_str(route->redirect.to_text, str_of(rows[i].to));
    assert_int_equal(route->redirect.status, rows[i].status);
    assert_true(route->redirect.to.count > 0);
    unload(&fixture);
  }
}

static void test_what_is_said(void **state) {
  (void)state;
#define LETTERS                                                                                               \
  "this is sent letter by letter (a parameter of 'path' is used as '{name}': 'path: /old/{*rest}' with 'to: " \
  "/new/{rest}'; the query is kept by itself)\n"
  static const struct {
    const char *redirect, *messages;
  } rows[] = {
      {"~", "f.yaml:3:56: error: 'redirect' has no value (expected a mapping)\n"},
      {"[/a]", "f.yaml:3:56: error: 'redirect' must be a mapping, got a list\n"},
      {"{}", "f.yaml:3:56: error: missing key 'to'\n"},
      {"{location: /a}", "f.yaml:3:57: error: unknown key 'location' (write 'to')\n"},
      {"{to: ''}", "f.yaml:3:62: error: in 'to: ': it must begin with '/', http:// or https://\n"},
      {"new", "f.yaml:3:56: error: in 'to: new': it must begin with '/', http:// or https://\n"},
      {"'https://{id}.example'",
       "f.yaml:3:65: error: in 'to: https://{id}.example': a parameter cannot be a part of the "
       "host\n"},
      {"'/x/{ids}'", "f.yaml:3:60: error: in 'to: /x/{ids}': the path has no parameter of this name\n"},
      {"{to: /x, status: 304}",
       "f.yaml:3:73: error: 'status' must be 301, 302, 303, 307 or 308, got '304' (did you mean '301'?)\n"},
      {"/new/$1", "f.yaml:3:61: warning: in 'to: /new/$1': " LETTERS},
      {"/new$request_uri", "f.yaml:3:60: warning: in 'to: /new$request_uri': " LETTERS},
      {"'/new/:id'", "f.yaml:3:62: warning: in 'to: /new/:id': " LETTERS},
      {"'/new/*'", "f.yaml:3:62: warning: in 'to: /new/*': " LETTERS},
      {"'https://$host/'",
       "f.yaml:3:65: error: in 'to: https://$host/': a host has letters, digits, '-' and '.' (with others: its xn-- "
       "form) (a host is written out, such as https://shop.example)\n"},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    char text[512];
    snprintf(text, sizeof text, "name: a\nspec:\n  - {kind: http, listen: 1, path: '/u/{id}', redirect: %s}\n",
             rows[i].redirect);
    assert_messages(text, rows[i].messages);
  }
}

/* Where its path is wrong, its parameters are not known. */
static void test_beside_a_wrong_path(void **state) {
  (void)state;
  assert_messages("name: a\nspec:\n  - {kind: http, listen: 1, path: '/{', redirect: '/{id}'}\n",
                  "f.yaml:3:37: error: in 'path: /{': a '{' without its '}' (a literal brace is '{{')\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_is_read),
      cmocka_unit_test(test_what_is_said),
      cmocka_unit_test(test_beside_a_wrong_path),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
