#include "liteginx/route/value.h"

#include "unit.h"

static struct arena arena;
static struct pattern pattern;
static const struct str params[] = {STR_INIT("7"), STR_INIT("a/b")};
static const struct value_facts facts = {params, STR_INIT("::1"), STR_INIT("shop.localhost:5000"),
                                         STR_INIT("/u/7/a/b")};

static int set_up(void **state) {
  struct template_fault fault;
  (void)state;
  arena_init(&arena, NULL, 1 << 20);
  return pattern_parse(&arena, STR("/u/{id}/{*rest}"), PATTERN_PREFIX, &pattern, &fault) ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  arena_reset(&arena);
  return 0;
}

static void values_are_filled_in(void **state) {
  static const char *const rows[][2] = {
      {"", ""},
      {"   ", ""},
      {"plain", "plain"},
      {"  a b\t", "a b"},
      {"\xc3\xa4", "\xc3\xa4"},
      {"{id}", "7"},
      {"{rest}", "a/b"},
      {"{client_ip}", "::1"},
      {"{host}", "shop.localhost:5000"},
      {"{path}", "/u/7/a/b"},
      {"u={id}; by {client_ip}", "u=7; by ::1"},
      {"{id}{rest}", "7a/b"},
      {"{{id}}", "{id}"},
      {"{{{id}}}", "{7}"},
      {"a}}b{{", "a}b{"},
  };
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct template_fault fault;
    struct value value;
    if (!value_parse(&arena, str_of(rows[i][0]), &pattern, &value, &fault))
      fail_msg("'%s': %s", rows[i][0], fault.what);
    assert_str(value_apply(&arena, &value, &facts), str_of(rows[i][1]));
  }
}

static void what_is_wrong_is_told_at_its_place(void **state) {
  static const struct {
    const char *text;
    size_t offset;
    const char *what;
  } rows[] = {
      {"a\nb", 1, "line breaks"}, {"a\rb", 1, "line breaks"},        {"\x7f", 0, "control characters"},
      {"ab{id", 2, "not closed"}, {"ab}", 2, "closes nothing"},      {"x{nothing}", 1, "{client_ip}, {host}, {path}"},
      {"{}", 0, "{client_ip}"},   {"{*rest}", 0, "without its '*'"}, {"{{}", 2, "closes nothing"},
  };
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct template_fault fault;
    struct value value;
    assert_false(value_parse(&arena, str_of(rows[i].text), &pattern, &value, &fault));
    assert_non_null(strstr(fault.what, rows[i].what));
    assert_int_equal(fault.offset, rows[i].offset);
  }
}

/* A route may call a parameter as we call a fact. */
static void parameters_go_before_facts(void **state) {
  static const struct str one[] = {STR_INIT("mine")};
  struct pattern own;
  struct value value;
  struct template_fault fault;
  const struct value_facts other = {.params = one, .host = STR_INIT("a")};
  (void)state;
  assert_true(pattern_parse(&arena, STR("/{host}"), PATTERN_PREFIX, &own, &fault));
  assert_true(value_parse(&arena, STR("{host}"), &own, &value, &fault));
  assert_str(value_apply(&arena, &value, &other), STR("mine"));
}

static void too_little_memory_is_told(void **state) {
  struct value value;
  struct template_fault fault;
  struct arena small;
  unsigned failures = 0;
  (void)state;
  for (size_t room = 0;; room += 16) {
    arena_init(&small, NULL, room);
    bool good = value_parse(&small, STR("a{id}b{path}"), &pattern, &value, &fault) &&
                value_apply(&small, &value, &facts).ptr != NULL;
    arena_reset(&small);
    if (good) break;
    failures++;
  }
  assert_true(failures > 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(values_are_filled_in, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_wrong_is_told_at_its_place, set_up, tear_down),
      cmocka_unit_test_setup_teardown(parameters_go_before_facts, set_up, tear_down),
      cmocka_unit_test_setup_teardown(too_little_memory_is_told, set_up, tear_down),
  };
  return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
