/* The banner of configurations made by hand. */
#include "liteginx/cli/banner.h"

#include "liteginx/base/socket_path.h"
#include "liteginx/cli/shell.h"
#include "unit.h"

enum { MANY = 23 };

struct bench {
  struct arena arena;
  struct buf out;
  struct config_target targets[6];
  struct config_route routes[MANY];
  struct config_listener listener;
};

static void set_path(struct bench *bench, struct config_route *route, const char *path, enum pattern_match match) {
  struct template_fault fault;
  route->path = str_of(path);
  assert_true(pattern_parse(&bench->arena, route->path, match, &route->pattern, &fault));
}

/* One http listener on localhost with one route, /one to localhost:3000. */
static int set_up(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  if (!bench) return -1;
  *state = bench;
  arena_init(&bench->arena, NULL, 1024 * 1024);
  for (unsigned i = 0; i < 6; i++) {
    bench->targets[i] = (struct config_target){.host = STR("localhost"), .port = (uint16_t)(3000 + i), .weight = 1};
  }
  for (unsigned i = 0; i < MANY; i++) {
    bench->routes[i] = (struct config_route){.name = STR("shop"),
                                             .action = SPEC_targets,
                                             .targets = bench->targets,
                                             .target_count = 1};
    set_path(bench, &bench->routes[i], "/one", PATTERN_PREFIX);
  }
  bench->listener = (struct config_listener){.kind = KIND_HTTP,
                                             .address = {.scope = SCOPE_LOOPBACK},
                                             .routes = bench->routes,
                                             .route_count = 1};
  return 0;
}

static int tear_down(void **state) {
  struct bench *bench = *state;
  arena_reset(&bench->arena);
  buf_free(&bench->out);
  free(bench);
  return 0;
}

static void expect(struct bench *bench, const char *text) {
  assert_true(buf_append(&bench->out, str_make("", 1), BANNER_MAX_BYTES));
  assert_string_equal(bench->out.block + bench->out.start, text);
  buf_free(&bench->out);
}

/* The text with this system's quotes, and its curl for each '$'. */
static const char *in_shell(const char *text) {
  static char all[1024];
  size_t len = 0;
  for (; *text; text++) {
    char letter[2] = {*text == '\'' ? shell_quote() : *text, '\0'};
    len += (size_t)snprintf(all + len, sizeof all - len, "%s", *text == '$' ? shell_curl() : letter);
  }
  return all;
}

/* How it says to talk TCP to port 5000 of that host. */
static const char *in_talk(const char *host) {
  static char line[128];
  strcpy(line, "  ");
  shell_talk(line + 2, sizeof line - 3, host, 5000);
  return strcat(line, "\n");
}

static const struct banner_bound both = {true, true, 5000, NULL};

static void test_addresses(void **state) {
  struct bench *bench = *state;
  static const struct {
    enum config_kind kind;
    struct config_address address;
    struct banner_bound bound;
    const char *text;
  } table[] = {
      {KIND_HTTP, {.scope = SCOPE_LOOPBACK}, {true, true, 5000, NULL}, "http://localhost:5000 (127.0.0.1 and ::1)\n"},
      {KIND_TCP, {.scope = SCOPE_LOOPBACK}, {true, true, 4001, NULL}, "tcp://localhost:4001 (127.0.0.1 and ::1)\n"},
      {KIND_HTTP,
       {.scope = SCOPE_LOOPBACK},
       {true, false, 5000, NULL},
       "http://localhost:5000 (IPv4 only: this system has no IPv6)\n"},
      {KIND_HTTP,
       {.scope = SCOPE_LOOPBACK},
       {false, true, 5000, NULL},
       "http://localhost:5000 (IPv6 only: this system has no IPv4)\n"},
      {KIND_HTTP, {.scope = SCOPE_ALL}, {true, true, 80, NULL}, "http://0.0.0.0:80 and http://[::]:80\n"},
      {KIND_HTTP,
       {.scope = SCOPE_ALL},
       {true, true, 80, "192.0.2.7"},
       "http://0.0.0.0:80 and http://[::]:80, from other devices http://192.0.2.7:80\n"},
      {KIND_HTTP,
       {.scope = SCOPE_LOOPBACK},
       {true, true, 80, "192.0.2.7"},
       "http://localhost:80 (127.0.0.1 and ::1)\n"},
      {KIND_HTTP,
       {.scope = SCOPE_ALL},
       {false, true, 80, "192.0.2.7"},
       "http://[::]:80 (IPv6 only: this system has no IPv4)\n"},
      {KIND_TCP,
       {.scope = SCOPE_ALL},
       {true, false, 80, NULL},
       "tcp://0.0.0.0:80 (IPv4 only: this system has no IPv6)\n"},
      {KIND_HTTP, {.scope = SCOPE_IPV4, .bytes = {192, 0, 2, 1}}, {true, false, 80, NULL}, "http://192.0.2.1:80\n"},
      {KIND_HTTP,
       {.scope = SCOPE_IPV6, .bytes = {0xfe, 0x80, [15] = 1}},
       {false, true, 80, NULL},
       "http://[fe80::1]:80\n"},
      {KIND_HTTP,
       {.scope = SCOPE_LOCAL, .path = STR_INIT("run/x y\x1b.sock")},
       {.port = 0},
       "http://unix:run/x y\\x1b.sock\n"},
      {KIND_TCP, {.scope = SCOPE_LOCAL, .path = STR_INIT("/t")}, {.outward = "192.0.2.7"}, "tcp://unix:/t\n"},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    bench->listener.kind = table[i].kind;
    bench->listener.address = table[i].address;
    bench->listener.route_count = 0;
    banner_listener(&bench->out, &bench->listener, table[i].bound, false);
    expect(bench, table[i].text);
  }
}

static void test_sockets(void **state) {
  struct bench *bench = *state;
  if (socket_path_max() == 0) unit_skip("there are no Unix sockets here");
  bench->listener.address = (struct config_address){.scope = SCOPE_LOCAL, .path = STR("it's.sock")};
  bench->targets[0] = (struct config_target){.host = STR("unix:run/app.sock"), .weight = 1};
  banner_listener(&bench->out, &bench->listener, (struct banner_bound){.port = 0}, false);
  expect(bench, "http://unix:it's.sock\n  /one → unix:run/app.sock  · shop\n");
  banner_tries(&bench->out, &bench->listener, (struct banner_bound){.port = 0}, 1);
  expect(bench, "  curl --unix-socket 'it'\\''s.sock' 'http://localhost/one'\n");
  bench->listener.kind = KIND_TCP;
  banner_tries(&bench->out, &bench->listener, (struct banner_bound){.port = 0}, 1);
  expect(bench, "  nc -U 'it'\\''s.sock'\n");
}

#define FIRST_LINE "http://localhost:5000 (127.0.0.1 and ::1)\n"

static void test_routes(void **state) {
  struct bench *bench = *state;
  struct config_route *routes = bench->routes;
  bench->listener.route_count = 5;
  routes[1].host = STR("*.shop.localhost");
  routes[1].has_rewrite = true;
  routes[1].rewrite_text = STR("/");
  set_path(bench, &routes[2], "/a", PATTERN_EXACT);
  set_path(bench, &routes[3], "/b/{id}", PATTERN_EXACT);
  routes[3].has_rewrite = true;
  routes[3].rewrite_text = STR("/c/{id}");
  routes[4].target_count = 2;
  bench->targets[1] = (struct config_target){.host = STR("::1"), .port = 9, .weight = 3};
  banner_listener(&bench->out, &bench->listener, both, false);
  expect(bench, FIRST_LINE "  /one → localhost:3000  · shop\n"
                           "  *.shop.localhost/one (as /) → localhost:3000  · shop\n"
                           "  /a (exact) → localhost:3000  · shop\n"
                           "  /b/{id} (exact, as /c/{id}) → localhost:3000  · shop\n"
                           "  /one → localhost:3000 ×1, [::1]:9 ×3  · shop\n");
}

static void test_much_is_cut(void **state) {
  struct bench *bench = *state;
  bench->listener.route_count = MANY;
  for (unsigned i = 0; i < MANY; i++) bench->routes[i].target_count = i == 0 ? 6 : 1;
  banner_listener(&bench->out, &bench->listener, both, false);
  char wanted[2048] =
      FIRST_LINE "  /one → localhost:3000, localhost:3001, localhost:3002, localhost:3003, … and 2 more  · shop\n";
  for (unsigned i = 1; i < BANNER_ROUTES; i++) strcat(wanted, "  /one → localhost:3000  · shop\n");
  strcat(wanted, "  … and 3 more\n");
  expect(bench, wanted);
}

static void test_tcp(void **state) {
  struct bench *bench = *state;
  bench->listener.kind = KIND_TCP;
  banner_listener(&bench->out, &bench->listener, both, false);
  expect(bench, "tcp://localhost:5000 (127.0.0.1 and ::1)\n  → localhost:3000  · shop\n");
}

static void test_what_comes_from_the_configuration_is_escaped(void **state) {
  struct bench *bench = *state;
  static char long_name[300];
  memset(long_name, 'x', sizeof long_name - 1);
  bench->listener.route_count = 2;
  bench->routes[0].name = STR("\033[31mred\n");
  bench->routes[1].name = str_of(long_name);
  banner_listener(&bench->out, &bench->listener, both, false);
  char wanted[512];
  snprintf(wanted, sizeof wanted,
           FIRST_LINE "  /one → localhost:3000  · \\x1b[31mred\\x0a\n  /one → localhost:3000  · %.200s…\n", long_name);
  expect(bench, wanted);
}

static void test_color(void **state) {
  struct bench *bench = *state;
  banner_listener(&bench->out, &bench->listener, both, true);
  expect(bench, "\033[1mhttp://localhost:5000\033[0m (127.0.0.1 and ::1)\n"
                "  /one → localhost:3000  \033[2mshop\033[0m\n");
}

static void test_tries(void **state) {
  struct bench *bench = *state;
  struct config_route *routes = bench->routes;
  bench->listener.route_count = 7;
  routes[1].host = STR("shop.localhost");
  routes[2].host = STR("*.shop.localhost");
  set_path(bench, &routes[2], "/", PATTERN_PREFIX);
  set_path(bench, &routes[3], "/u/img-{id}.png/{*rest}", PATTERN_PREFIX);
  set_path(bench, &routes[4], "/<it>/{{x}}", PATTERN_PREFIX);
  set_path(bench, &routes[5], "/[x]", PATTERN_PREFIX);
  banner_tries(&bench->out, &bench->listener, both, 6);
  expect(bench, in_shell("  $ 'http://localhost:5000/one'\n"
                         "  $ -H 'Host: shop.localhost' 'http://localhost:5000/one'\n"
                         "  $ -H 'Host: www.shop.localhost' 'http://localhost:5000/'\n"
                         "  $ 'http://localhost:5000/u/img-1.png/1'\n"
                         "  $ 'http://localhost:5000/%3Cit%3E/%7Bx%7D'\n"
                         "  $ -g 'http://localhost:5000/[x]'\n"));
  set_path(bench, &routes[0], "/it's", PATTERN_PREFIX);
  banner_tries(&bench->out, &bench->listener, both, 1);
  char wanted[128];
  snprintf(wanted, sizeof wanted, "  %s %chttp://localhost:5000/it%ss%c\n", shell_curl(), shell_quote(),
           shell_quote() == '\'' ? shell_quoted_quote() : "'", shell_quote());
  expect(bench, wanted);
  set_path(bench, &routes[0], "/$metadata", PATTERN_PREFIX);
  banner_tries(&bench->out, &bench->listener, both, 1);
  snprintf(wanted, sizeof wanted, "  %s %chttp://localhost:5000/$metadata%c\n", shell_curl(), shell_quote(),
           shell_quote());
  expect(bench, shell_takes(STR("$")) ? wanted : "");
  bench->listener.kind = KIND_TCP;
  bench->listener.route_count = 1;
  banner_tries(&bench->out, &bench->listener, both, 5);
  expect(bench, in_talk("localhost"));
  bench->listener.address = (struct config_address){.scope = SCOPE_IPV6, .bytes = {[15] = 1}};
  banner_tries(&bench->out, &bench->listener, both, 5);
  expect(bench, in_talk("[::1]"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_addresses, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_sockets, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_routes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_much_is_cut, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_tcp, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_what_comes_from_the_configuration_is_escaped, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_color, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_tries, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
