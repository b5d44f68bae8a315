#include "liteginx/http/cors.h"

#include "unit.h"

static struct arena arena;

static struct head request_of(const char *method, const char *const fields[][2]) {
  struct head head;
  arena_init(&arena, NULL, 1 << 20);
  head_init(&head, &arena);
  head.method = str_of(method);
  for (unsigned i = 0; fields[i][0]; i++) assert_true(head_add(&head, str_of(fields[i][0]), str_of(fields[i][1])));
  return head;
}

static const char *value_in(const struct rules *rules, const char *name) {
  static char text[200];
  for (unsigned i = 0; i < rules->count; i++) {
    if (!str_eq_nocase(rules->at[i].name, str_of(name))) continue;
    (void)snprintf(text, sizeof text, "%.*s", STR_ARG(rules->at[i].value));
    return text;
  }
  return "";
}

static void who_is_near(void **state) {
  static const char *const close_by[] = {"http://localhost:5173", "https://shop.localhost", "http://127.0.0.1:8080",
                                         "http://[::1]:3000",     "https://shop.test:5000", "http://SHOP.test"};
  static const char *const foreign[] = {"https://example.com",
                                        "null",
                                        "",
                                        "http://localhost.evil.com",
                                        "http://localhost:1@evil.com",
                                        "http://[::1].evil",
                                        "http://localhost:x",
                                        "http://127.evil.com",
                                        "http://other.test",
                                        "file://localhost",
                                        "http://",
                                        "http://.localhost"};
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(close_by); i++) {
    if (!cors_is_near(str_of(close_by[i]), STR("shop.test:5001"))) fail_msg("%s is near", close_by[i]);
  }
  for (size_t i = 0; i < UNIT_COUNT(foreign); i++) {
    if (cors_is_near(str_of(foreign[i]), STR("shop.test:5001"))) fail_msg("%s is far", foreign[i]);
  }
  assert_false(cors_is_near(STR("http://a"), STR("")));
}

static void a_request_of_a_near_page(void **state) {
  static const char *const fields[][2] = {{"origin", "http://localhost:5173"}, {NULL, NULL}};
  struct rules rules;
  (void)state;
  struct head head = request_of("GET", fields);
  assert_true(cors_rules(&head, STR("a"), NULL, &rules));
  assert_string_equal(value_in(&rules, "Access-Control-Allow-Origin"), "http://localhost:5173");
  assert_string_equal(value_in(&rules, "Access-Control-Allow-Credentials"), "true");
  assert_string_equal(value_in(&rules, "Vary"), "Origin");
  assert_string_equal(value_in(&rules, "Access-Control-Allow-Methods"), "");
  arena_reset(&arena);
}

/* Any page may read what anybody would get, and no page of elsewhere what only this user gets. */
static void a_request_of_a_far_page(void **state) {
  static const char *const fields[][2] = {{"Origin", "https://example.com"}, {NULL, NULL}};
  struct rules rules;
  (void)state;
  struct head head = request_of("GET", fields);
  assert_true(cors_rules(&head, STR("a"), NULL, &rules));
  assert_string_equal(value_in(&rules, "Access-Control-Allow-Origin"), "*");
  assert_string_equal(value_in(&rules, "Access-Control-Allow-Credentials"), "");
  arena_reset(&arena);
}

/* `*` names no field to a page that sends cookies. */
static void fields_are_named_to_who_sends_cookies(void **state) {
  static const char *const origin[][2] = {{"Origin", "http://localhost:1"}, {NULL, NULL}};
  static const char *const answer[][2] = {
      {"X-Total-Count", "5"}, {"Connection", "close"},          {"Server", "x"}, {"ETag", "x"},
      {"etag", "y"},          {"Transfer-Encoding", "chunked"}, {NULL, NULL}};
  struct rules rules;
  (void)state;
  struct head head = request_of("GET", origin);
  assert_true(cors_rules(&head, STR("a"), NULL, &rules));
  struct head response = {.arena = &arena, .status = 200, .minor = 1};
  for (unsigned i = 0; answer[i][0]; i++) assert_true(head_add(&response, str_of(answer[i][0]), str_of(answer[i][1])));
  struct rule of_route[] = {{RULE_SET, STR_INIT("X-Own"), STR_INIT("1")},
                            {RULE_REMOVE, STR_INIT("Server"), STR_INIT("")}};
  const struct forward_changes changes = {.rules = {of_route, 2}, .cors = rules};
  const struct forward_response forward = {.head = &response, .date = STR("now"), .changes = &changes};
  for (unsigned time = 0; time < 2; time++) { /* each answer has its own */
    assert_true(cors_expose(&forward));
    assert_string_equal(value_in(&rules, "Access-Control-Expose-Headers"), "X-Total-Count, ETag, Date, X-Own");
  }
  arena_reset(&arena);
}

static void two_origins_are_none(void **state) {
  static const char *const fields[][2] = {{"Origin", "http://localhost"},
                                          {"Origin", "http://evil.example"},
                                          {NULL, NULL}};
  struct rules rules;
  (void)state;
  struct head head = request_of("GET", fields);
  assert_true(cors_rules(&head, STR("a"), NULL, &rules));
  assert_string_equal(value_in(&rules, "Access-Control-Allow-Origin"), "");
  arena_reset(&arena);
}

/* A route that says who may read its answers says the same to who asks first, and in its refusals. */
static void what_the_route_says_goes_first(void **state) {
  static const char *const fields[][2] = {{"Origin", "http://localhost:1"}, {NULL, NULL}};
  struct rule own[] = {{RULE_REMOVE, STR_INIT("Access-Control-Allow-Credentials"), STR_INIT("")},
                       {RULE_SET, STR_INIT("access-control-allow-origin"), STR_INIT("https://only.example")}};
  struct rules rules;
  (void)state;
  struct head head = request_of("GET", fields);
  assert_true(cors_rules(&head, STR("a"), &(struct rules){own, 2}, &rules));
  assert_string_equal(value_in(&rules, "Access-Control-Allow-Origin"), "https://only.example");
  assert_string_equal(value_in(&rules, "Access-Control-Allow-Credentials"), "");
  own[0].change = RULE_SET;
  own[0].value = STR("true");
  assert_true(cors_rules(&head, STR("a"), &(struct rules){own, 2}, &rules));
  assert_string_equal(value_in(&rules, "Access-Control-Allow-Credentials"), "true");
  arena_reset(&arena);
}

static void a_preflight(void **state) {
  static const char *const fields[][2] = {{"Origin", "http://localhost:5173"},
                                          {"Access-Control-Request-Method", "PATCH"},
                                          {"Access-Control-Request-Headers", "x-a, x-b"},
                                          {"Access-Control-Request-Private-Network", "true"},
                                          {NULL, NULL}};
  struct rules rules;
  (void)state;
  struct head head = request_of("OPTIONS", fields);
  assert_true(cors_is_preflight(&head) && cors_rules(&head, STR("a"), NULL, &rules));
  assert_string_equal(value_in(&rules, "Access-Control-Allow-Methods"), "PATCH");
  assert_string_equal(value_in(&rules, "Access-Control-Allow-Headers"), "x-a, x-b");
  assert_string_equal(value_in(&rules, "Access-Control-Allow-Private-Network"), "true");
  assert_string_equal(value_in(&rules, "Access-Control-Max-Age"), "600");
  arena_reset(&arena);
}

static void what_is_none(void **state) {
  static const char *const plain[][2] = {{"Host", "a"}, {NULL, NULL}};
  static const char *const origin[][2] = {{"Origin", "http://a"}, {NULL, NULL}};
  static const struct rules none = {NULL, 0};
  static const char *const said[][2] = {{"access-control-allow-origin", "*"}, {NULL, NULL}};
  struct rules rules;
  (void)state;
  struct head head = request_of("OPTIONS", plain);
  assert_true(cors_rules(&head, STR("a"), NULL, &rules));
  assert_int_equal(rules.count, 1); /* what a page of another origin would get is another answer */
  assert_string_equal(value_in(&rules, "Vary"), "Origin");
  assert_false(cors_is_preflight(&head) || cors_is_said(&head, &none));
  arena_reset(&arena);
  head = request_of("OPTIONS", origin);
  assert_false(cors_is_preflight(&head));
  arena.max_bytes = arena.total_bytes;
  assert_false(cors_rules(&head, STR("a"), NULL, &rules));
  arena_reset(&arena);
  head = request_of("", said);
  assert_true(cors_is_said(&head, &none));
  static struct rule remove[] = {{RULE_REMOVE, STR_INIT("Access-Control-Allow-Origin"), STR_INIT("")}};
  static struct rule set[] = {{RULE_SET, STR_INIT("access-control-allow-origin"), STR_INIT("https://a")}};
  assert_false(cors_is_said(&head, &(struct rules){remove, 1}));
  assert_true(cors_is_said(&head, &(struct rules){set, 1}));
  arena_reset(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(who_is_near),
      cmocka_unit_test(a_request_of_a_near_page),
      cmocka_unit_test(a_request_of_a_far_page),
      cmocka_unit_test(what_the_route_says_goes_first),
      cmocka_unit_test(a_preflight),
      cmocka_unit_test(two_origins_are_none),
      cmocka_unit_test(fields_are_named_to_who_sends_cookies),
      cmocka_unit_test(what_is_none),
  };
  return cmocka_run_group_tests_name("cors", tests, NULL, NULL);
}
