/* Which redirects lead back to themselves. */
#include "liteginx/config/circle.h"

#include "loaded.h"

/* `said`: how each of the messages has to end; NULL: nobody asks. */
static unsigned count_circles(const char *routes, const char *said) {
  struct fixture fixture = {.bind = NULL};
  char text[1024];
  unsigned count = 0;
  snprintf(text, sizeof text, "name: a\nspec:\n%s", routes);
  load_text(&fixture, text);
  (void)assert_loaded(&fixture);
  for (const struct config_message *message = fixture.report.first; message; message = message->next) {
    count++;
    char line[512];
    (void)snprintf(line, sizeof line, "%.*s", STR_ARG(message->text));
    assert_non_null(strstr(line, "warning: this redirect leads back to itself"));
    if (said) assert_true(str_ends_with(message->text, str_of(said)));
  }
  unload(&fixture);
  return count;
}

#define ROUTE(rest) "  - {kind: http, listen: 1, " rest "}\n"

static void test_which_come_back(void **state) {
  (void)state;
  static const struct {
    const char *routes;
    unsigned count;
  } rows[] = {
      {ROUTE("path: /a, redirect: /a"), 1},
      {ROUTE("path: /a, redirect: '/a/b?x#y'"), 1},
      {ROUTE("path: /a, match: exact, redirect: /a/b"), 0},
      {ROUTE("path: /a, redirect: /b"), 0},
      {ROUTE("path: /, redirect: /b"), 1},
      {ROUTE("path: /, redirect: /b") ROUTE("path: /b, respond: {}"), 0},
      {ROUTE("path: /a, redirect: /b") ROUTE("path: /b, redirect: /a"), 2},
      {ROUTE("path: /a, redirect: /b") ROUTE("path: /b, redirect: /b"), 1},
      {ROUTE("path: /a, redirect: /b") ROUTE("path: /b, redirect: /c") ROUTE("path: /c, targets: [1]"), 0},
      {ROUTE("path: /a, redirect: 'http://a/a'"), 0},
      {ROUTE("path: '/a/{id}', redirect: '/a/{id}'"), 0},
      {ROUTE("path: '/a/{id}', redirect: /a/b"), 1},
      {ROUTE("host: a.x, path: /, redirect: /b") ROUTE("path: /b, targets: [1]"), 1},
      {ROUTE("host: '*.x', path: /, redirect: /b") ROUTE("host: '*.x', path: /b, targets: [1]"), 0},
      {ROUTE("host: '*.x', path: /, redirect: /b"), 1},
      {"  - {kind: http, listen: 1, path: /, redirect: /b}\n  - {kind: http, listen: 2, path: /b, respond: {}}\n", 1},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    if (count_circles(rows[i].routes, NULL) != rows[i].count) fail_msg("%s", rows[i].routes);
  }
}

static void test_what_opens_it(void **state) {
  (void)state;
#define BACK "leads back to itself, so browsers end with an error (let it lead to a path of another route"
#define BY_WAY                                                                                                         \
  "leads back to itself by way of the one at f.yaml:4, so browsers end with an error (let one of them lead to a path " \
  "of another route"
  static const struct {
    const char *routes, *said;
    unsigned count;
  } rows[] = {
      {ROUTE("path: /a, redirect: /a/b"), BACK ", or write 'match: exact')", 1},
      {ROUTE("path: /, redirect: /b"), BACK ", or write 'match: exact')", 1},
      {ROUTE("path: /a, redirect: /a"), BACK ")", 1},
      {ROUTE("path: /a, match: exact, redirect: /a"), BACK ")", 1},
      {ROUTE("path: '/a/{id}', redirect: /a/b"), BACK ")", 1},
      {ROUTE("path: /a, redirect: /b/x") ROUTE("path: /b, redirect: 'http://x/'"), NULL, 0},
      {ROUTE("path: /a, redirect: /b/x") ROUTE("path: /b, redirect: /c") ROUTE("path: /c, redirect: /a/x"), NULL, 3},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    if (count_circles(rows[i].routes, rows[i].said) != rows[i].count) fail_msg("%s", rows[i].routes);
  }
  struct fixture fixture = {.bind = NULL};
  load_text(&fixture, "name: a\nspec:\n" ROUTE("path: /a, redirect: /b") ROUTE("path: /b, redirect: /a/x"));
  (void)assert_loaded(&fixture);
  assert_true(str_ends_with(fixture.report.first->text, STR(BY_WAY ", or write 'match: exact')")));
  assert_true(str_ends_with(fixture.report.last->text, STR(" at f.yaml:3, so browsers end with an error (let one of "
                                                           "them lead to a path of another route)")));
  unload(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_which_come_back),
      cmocka_unit_test(test_what_opens_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
