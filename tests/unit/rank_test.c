/* Each rule by itself, then the rules against the router: whoever it lets win must win by them, too (rank_loss insists). */
#include "liteginx/route/rank.h"

#include "unit.h"

enum { ROUTES = 12 };

struct table {
  struct arena arena;
  struct pattern patterns[ROUTES];
  struct router_entry entries[ROUTES];
};

/* "HOST /path" or "HOST =/path" (exact); "-": any host. */
static void add(struct table *table, unsigned at, const char *text) {
  struct str host = str_upto(str_of(text), str_find(str_of(text), ' '));
  struct str path = str_from(str_of(text), host.len + 1);
  bool exact = path.ptr[0] == '=';
  struct template_fault fault;
  assert_true(pattern_parse(&table->arena, str_from(path, exact), exact ? PATTERN_EXACT : PATTERN_PREFIX,
                            &table->patterns[at], &fault));
  table->entries[at] = (struct router_entry){str_eq(host, STR("-")) ? STR("") : host, &table->patterns[at]};
}

static void test_rules(void **state) {
  (void)state;
  static const struct {
    const char *loser, *winner, *host, *path;
    struct rank rank;
  } rows[] = {
      {"a.test /", "- /", "b.test", "/x", {RANK_HOST_DIFFERS, 0}},
      {"a.test /", NULL, "", "/x", {RANK_HOST_DIFFERS, 0}},
      {"*.test /y", NULL, "test", "/x", {RANK_HOST_DIFFERS, 0}},
      {"*.test /y", NULL, "a.test", "/x", {RANK_PATH_DIFFERS, 0}},
      {"- /onex", "- /one", "a.test", "/one", {RANK_PATH_DIFFERS, 0}},
      {"- =/a", "- /a", "a.test", "/a/", {RANK_PATH_DIFFERS, 0}},
      {"- /x", "a.test /", "a.test", "/x", {RANK_HOST, 0}},
      {"*.test /x", "a.test /", "a.test", "/x", {RANK_HOST, 0}},
      {"*.test /x", "*.b.test /", "a.b.test", "/x", {RANK_HOST, 0}},
      {"- /{x}/b/c", "- /a", "", "/a/b/c", {RANK_SEGMENT, 1}},
      {"- /a/{id}", "- /a/i{id}", "", "/a/i1", {RANK_SEGMENT, 2}},
      {"- /a/{x}c", "- /a/b{x}", "", "/a/bxc", {RANK_SEGMENT, 2}},
      {"- /a/b{x}", "- /a/{x}cc", "", "/a/bxcc", {RANK_SEGMENT, 2}},
      {"- /{*rest}", "- /{x}", "", "/a/b", {RANK_SEGMENT, 1}},
      {"- /a", "- /a/{*rest}", "", "/a/b", {RANK_SEGMENT, 2}},
      {"- /a", "- =/a", "", "/a", {RANK_MATCH, 0}},
      {"- /{*x}", "- =/{*x}", "", "/a", {RANK_MATCH, 0}},
      {"- /{y}", "- /{x}", "", "/a", {RANK_ORDER, 0}},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct table table;
    arena_init(&table.arena, NULL, 1 << 20);
    add(&table, 0, rows[i].loser);
    if (rows[i].winner) add(&table, 1, rows[i].winner);
    struct rank rank = rank_loss(&table.entries[0], rows[i].winner ? &table.entries[1] : NULL, str_of(rows[i].host),
                                 str_of(rows[i].path));
    if (rank.rule != rows[i].rank.rule || rank.segment != rows[i].rank.segment) {
      fail_msg("%s: rule %d, segment %u", rows[i].loser, rank.rule, rank.segment);
    }
    arena_reset(&table.arena);
  }
}

static const char *any(uint64_t *seed, const char *const *texts, unsigned count) {
  return texts[unit_random(seed, count)];
}

static void make_route(uint64_t *seed, char *out) {
  static const char *const hosts[] = {"-", "-", "a.test", "*.test", "*.a.test"};
  static const char *const parts[] = {"a", "b", "ab", "{%u}", "a{%u}", "{%u}b", "a{%u}b", "ab{%u}"};
  out += sprintf(out, "%s %s/", any(seed, hosts, UNIT_COUNT(hosts)), unit_random(seed, 3) ? "" : "=");
  unsigned segments = unit_random(seed, 4);
  for (unsigned i = 0; i < segments; i++) {
    const char *part = any(seed, parts, UNIT_COUNT(parts)), *brace = strchr(part, '{');
    if (i) *out++ = '/';
    out += brace ? sprintf(out, "%.*s{p%u}%s", (int)(brace - part), part, i, strchr(part, '}') + 1)
                 : sprintf(out, "%s", part);
  }
  if (unit_random(seed, 5) == 0) sprintf(out, "%s{*rest}", segments ? "/" : "");
}

static void test_random_routes(void **state) {
  (void)state;
  static const char *const hosts[] = {"", "a.test", "b.test", "x.a.test", "other"};
  static const char *const parts[] = {"a", "b", "ab", "axb", "abb", "", "x"};
  uint64_t seed = 9;
  unsigned won = 0;
  for (unsigned round = 0; round < 4000; round++) {
    struct table table;
    char text[128];
    arena_init(&table.arena, NULL, 1 << 20);
    for (unsigned i = 0; i < ROUTES; i++) {
      make_route(&seed, text);
      add(&table, i, text);
    }
    char path[64], *out = path;
    unsigned segments = 1 + unit_random(&seed, 3);
    for (unsigned i = 0; i < segments; i++) out += sprintf(out, "/%s", any(&seed, parts, UNIT_COUNT(parts)));
    struct str host = str_of(any(&seed, hosts, UNIT_COUNT(hosts)));
    struct router *router = router_build(table.entries, ROUTES);
    struct router_match match;
    assert_non_null(router);
    bool found = router_find(router, host, str_of(path), &match);
    won += found;
    for (unsigned i = 0; i < ROUTES; i++) {
      if (found && i == match.route) continue;
      struct rank rank = rank_loss(&table.entries[i], found ? &table.entries[match.route] : NULL, host, str_of(path));
      bool matches = rank.rule != RANK_HOST_DIFFERS && rank.rule != RANK_PATH_DIFFERS;
      assert_true(rank.rule != RANK_NO_MEMORY && (found || !matches));
      if (rank.rule == RANK_ORDER) assert_true(match.route < i);
    }
    router_free(router);
    arena_reset(&table.arena);
  }
  assert_in_range(won, 1000, 3900);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rules),
      cmocka_unit_test(test_random_routes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
