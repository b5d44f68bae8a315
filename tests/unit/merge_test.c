/* Specs → listeners: which addresses are one, which cannot live together, and what becomes of the rest. */
#include "liteginx/config/merge.h"

#include "liteginx/config/scalar.h"
#include "unit.h"

struct fixture {
  struct arena scratch;
  struct config_report report;
  struct config config;
  struct merge merge;
};

static void begin(struct fixture *fixture) {
  *fixture = (struct fixture){.config = {.listeners = NULL}};
  arena_init(&fixture->scratch, NULL, 1 << 24);
  arena_init(&fixture->config.arena, NULL, 1 << 24);
  config_report_init(&fixture->report);
  merge_init(&fixture->merge, &fixture->scratch, &fixture->config.arena, &fixture->report);
}

static void end(struct fixture *fixture) {
  arena_reset(&fixture->scratch);
  arena_reset(&fixture->config.arena);
  config_report_free(&fixture->report);
}

/* A spec on `line` of file f; http ones have the path "/". */
static struct merge_spec make_spec(struct fixture *fixture, enum config_kind kind, const char *listen, unsigned line) {
  struct config_place place = {STR("f"), line, 1};
  struct merge_spec spec = {
      .kind = kind, .listen_place = place, .hold_place = place, .timeouts_place = place, .whole = true};
  struct template_fault fault;
  assert_true(scalar_listen(str_of(listen), SCOPE_LOOPBACK, &spec.address));
  spec.route.place = place;
  spec.route.host = STR("");
  if (kind == KIND_HTTP) {
    assert_true(pattern_parse(&fixture->config.arena, STR("/"), PATTERN_PREFIX, &spec.route.pattern, &fault));
  }
  return spec;
}

static void add(struct fixture *fixture, enum config_kind kind, const char *listen, unsigned line) {
  struct merge_spec spec = make_spec(fixture, kind, listen, line);
  assert_true(merge_add(&fixture->merge, &spec));
}

static void assert_message(const struct fixture *fixture, const char *expected) {
  assert_non_null(fixture->report.first);
  assert_str(fixture->report.first->text, str_of(expected));
}

static void test_addresses_that_meet(void **state) {
  (void)state;
  static const struct {
    const char *first, *second;
    unsigned listeners; /* 0: an error */
  } pairs[] = {
      {"5000", "5000", 1},
      {"5000", "5001", 2},
      {"5000", "*:5000", 0},
      {"*:5000", "5000", 0},
      {"5000", "127.0.0.1:5000", 0},
      {"[::1]:5000", "5000", 0},
      {"5000", "127.0.0.2:5000", 2},
      {"*:5000", "[::1]:5000", 0},
      {"0.0.0.0:5000", "[::]:5000", 2},
      {"0.0.0.0:5000", "[::1]:5000", 2},
      {"0.0.0.0:5000", "5000", 0},
      {"[::]:5000", "[::2]:5000", 0},
      {"1.2.3.4:1", "1.2.3.4:1", 1},
      {"1.2.3.4:1", "1.2.3.5:1", 2},
      {"[0::1]:1", "[::1]:1", 1},
      {"0", "0", 1},
      {"0", "*:0", 2},
      {"*:5000", "0.0.0.0:5000", 0},
      {"127.0.0.1:1", "[::1]:1", 2},
      {"[::ffff:1.2.3.4]:1", "1.2.3.4:1", 1},
  };
  for (size_t i = 0; i < UNIT_COUNT(pairs); i++) {
    struct fixture fixture;
    begin(&fixture);
    add(&fixture, KIND_HTTP, pairs[i].first, 1);
    add(&fixture, KIND_TCP, "9", 2);
    add(&fixture, KIND_HTTP, pairs[i].second, 3);
    assert_true(merge_finish(&fixture.merge, &fixture.config));
    unsigned got = fixture.report.errors ? 0 : fixture.config.listener_count - 1;
    if (got != pairs[i].listeners) fail_msg("%s and %s: %u", pairs[i].first, pairs[i].second, got);
    end(&fixture);
  }
}

static void test_names_both_places(void **state) {
  (void)state;
  struct fixture fixture;
  begin(&fixture);
  add(&fixture, KIND_HTTP, "*:80", 3);
  add(&fixture, KIND_HTTP, "[::1]:80", 8);
  assert_message(&fixture, "f:8:1: error: 'listen' [::1]:80 overlaps *:80 at f:3:1 (use one and the same address)");
  end(&fixture);
  begin(&fixture);
  add(&fixture, KIND_HTTP, "80", 3);
  add(&fixture, KIND_TCP, "80", 8);
  assert_message(&fixture, "f:8:1: error: 'listen' 80 is tcp here, but http at f:3:1 (an address is either)");
  end(&fixture);
}

static void test_a_broken_spec_still_takes_its_address(void **state) {
  (void)state;
  struct fixture fixture;
  begin(&fixture);
  struct merge_spec broken = make_spec(&fixture, KIND_HTTP, "80", 1);
  broken.whole = false;
  broken.route.pattern.segments = NULL;
  assert_true(merge_add(&fixture.merge, &broken));
  add(&fixture, KIND_TCP, "80", 2);
  assert_int_equal(fixture.report.errors, 1);
  end(&fixture);
}

static void test_keeps_the_order(void **state) {
  (void)state;
  struct fixture fixture;
  begin(&fixture);
  char listen[8];
  for (unsigned i = 0; i < 500; i++) {
    snprintf(listen, sizeof listen, "%u", 1000 - i);
    add(&fixture, KIND_HTTP, listen, i + 1);
  }
  assert_true(merge_finish(&fixture.merge, &fixture.config));
  assert_int_equal(fixture.config.listener_count, 500);
  for (unsigned i = 0; i < 500; i++) {
    const struct config_listener *listener = &fixture.config.listeners[i];
    assert_int_equal(listener->address.port, 1000 - i);
    assert_int_equal(listener->place.line, i + 1);
    assert_int_equal(listener->route_count, 1);
  }
  end(&fixture);
}

static void test_fails_without_memory(void **state) {
  (void)state;
  for (size_t bound = 0; bound < 4096; bound += 64) {
    struct fixture fixture;
    begin(&fixture);
    struct merge_spec spec = make_spec(&fixture, KIND_HTTP, "80", 1);
    fixture.scratch.max_bytes = bound;
    bool added = merge_add(&fixture.merge, &spec);
    if (bound == 0) assert_false(added);
    if (bound == 4032) assert_true(added && merge_finish(&fixture.merge, &fixture.config));
    end(&fixture);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_addresses_that_meet),
      cmocka_unit_test(test_names_both_places),
      cmocka_unit_test(test_a_broken_spec_still_takes_its_address),
      cmocka_unit_test(test_keeps_the_order),
      cmocka_unit_test(test_fails_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
