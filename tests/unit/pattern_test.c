/* Patterns: what compiles to which segments, what is refused with which words at which byte. */
#include "liteginx/route/pattern.h"

#include "unit.h"

enum { ROOM = 256 * 1024 };

/* `segments`: one text per segment, "name:" in front of a parameter's literals with a '|' in its place. */
struct good {
  const char *text;
  enum pattern_match match;
  const char *segments, *shape;
};

static const struct good good[] = {
    {"/", PATTERN_PREFIX, "", "/"},
    {"/", PATTERN_EXACT, "", "/"},
    {"/one", PATTERN_PREFIX, "/one", "/one"},
    {"/one/", PATTERN_PREFIX, "/one", "/one"},
    {"/one/", PATTERN_EXACT, "/one/", "/one/"},
    {"/one//", PATTERN_PREFIX, "/one/", "/one//"},
    {"//", PATTERN_PREFIX, "/", "//"},
    {"//", PATTERN_EXACT, "//", "//"},
    {"/a//b", PATTERN_PREFIX, "/a//b", "/a//b"},
    {"/u/{id}", PATTERN_PREFIX, "/u/id:|", "/u/{}"},
    {"/u/{id}/", PATTERN_PREFIX, "/u/id:|", "/u/{}"},
    {"/u/{id}/", PATTERN_EXACT, "/u/id:|/", "/u/{}/"},
    {"/img-{id}.png", PATTERN_EXACT, "/id:img-|.png", "/img-{}.png"},
    {"/{a}/{_b2}/x{C}", PATTERN_PREFIX, "/a:|/_b2:|/C:x|", "/{}/{}/x{}"},
    {"/old/{*rest}", PATTERN_PREFIX, "/old/*rest:|", "/old/{*}"},
    {"/old/{*rest}/", PATTERN_PREFIX, "/old/*rest:|", "/old/{*}"},
    {"/{*rest}", PATTERN_EXACT, "/*rest:|", "/{*}"},
    /* literal braces end up encoded, so that shapes are unambiguous */
    {"/{{}}", PATTERN_PREFIX, "/%7B%7D", "/%7B%7D"},
    {"/{{{id}}}", PATTERN_PREFIX, "/id:%7B|%7D", "/%7B{}%7D"},
    {"/a{{b", PATTERN_PREFIX, "/a%7Bb", "/a%7Bb"},
    /* literals are normalised as paths are */
    {"/%61/%2f", PATTERN_PREFIX, "/a/%2F", "/a/%2F"},
    {"/\xc3\xbc{x}%7e", PATTERN_PREFIX, "/x:%C3%BC|~", "/%C3%BC{}~"},
    {"/a/../b", PATTERN_PREFIX, "/b", "/b"},
    {"/a/./{x}/%2e", PATTERN_EXACT, "/a/x:|/", "/a/{}/"},
    {"/{x}/b/..", PATTERN_EXACT, "/x:|/", "/{}/"},
    {"/a/..", PATTERN_PREFIX, "", "/"},
    {"/.{x}/..{y}", PATTERN_PREFIX, "/x:.|/y:..|", "/.{}/..{}"},
};

struct bad {
  const char *text;
  enum pattern_match match;
  size_t offset;
  const char *what; /* part of it */
};

static const struct bad bad[] = {
    {"", PATTERN_PREFIX, 0, "begin with '/'"},
    {"one", PATTERN_PREFIX, 0, "begin with '/'"},
    {"{*x}", PATTERN_PREFIX, 0, "begin with '/'"},
    {"/a?b", PATTERN_PREFIX, 2, "'?'"},
    {"/a#b", PATTERN_PREFIX, 2, "'#'"},
    {"/a\nb", PATTERN_PREFIX, 2, "control character"},
    {"/a/%4", PATTERN_PREFIX, 3, "two hex digits"},
    {"/a/%00", PATTERN_PREFIX, 3, "two hex digits"},
    {"/%4{x}", PATTERN_PREFIX, 1, "two hex digits"},
    {"/..", PATTERN_PREFIX, 0, "above the root"},
    {"/a/%2e%2e/../b", PATTERN_PREFIX, 0, "above the root"},
    {"/a/{x}/../b", PATTERN_PREFIX, 3, "takes a parameter away"},
    {"/a/{x", PATTERN_PREFIX, 3, "without its '}'"},
    {"/a/{x/b}", PATTERN_PREFIX, 3, "without its '}'"},
    {"/a/{x{y}", PATTERN_PREFIX, 3, "without its '}'"},
    {"/a/{", PATTERN_PREFIX, 3, "without its '}'"},
    {"/a/x}", PATTERN_PREFIX, 4, "without its '{'"},
    {"/{x}}", PATTERN_PREFIX, 4, "without its '{'"},
    {"/{{x}", PATTERN_PREFIX, 4, "without its '{'"},
    {"/{}", PATTERN_PREFIX, 1, "needs a name"},
    {"/{*}", PATTERN_PREFIX, 1, "needs a name"},
    {"/{1x}", PATTERN_PREFIX, 2, "letter or '_'"},
    {"/{a-b}", PATTERN_PREFIX, 3, "letter or '_'"},
    {"/{a*}", PATTERN_PREFIX, 3, "letter or '_'"},
    {"/{**a}", PATTERN_PREFIX, 3, "letter or '_'"},
    {"/{ a}", PATTERN_PREFIX, 2, "letter or '_'"},
    {"/{a}{b}", PATTERN_PREFIX, 4, "only one of its segment"},
    {"/{a}-{b}", PATTERN_PREFIX, 5, "only one of its segment"},
    {"/{*a}{b}", PATTERN_PREFIX, 5, "only one of its segment"},
    {"/{a}/{a}", PATTERN_PREFIX, 5, "taken already"},
    {"/{a}/{*a}", PATTERN_PREFIX, 5, "taken already"},
    {"/{*a}/b", PATTERN_PREFIX, 1, "only come last"},
    {"/{*a}/", PATTERN_EXACT, 1, "only come last"},
    {"/{*a}//", PATTERN_PREFIX, 1, "only come last"},
    {"/x{*a}", PATTERN_PREFIX, 2, "whole segment"},
    {"/{*a}x", PATTERN_PREFIX, 1, "whole segment"},
};

static void describe(const struct pattern *pattern, char *out) {
  *out = '\0';
  for (unsigned i = 0; i < pattern->count; i++) {
    const struct segment *segment = &pattern->segments[i];
    const char *star = segment->kind == SEGMENT_CATCH_ALL ? "*" : "";
    out += sprintf(out, "/%s%.*s", star, STR_ARG(segment->name));
    out += sprintf(out, segment->kind == SEGMENT_STATIC ? "" : ":");
    out += sprintf(out, "%.*s", STR_ARG(segment->literal));
    out += sprintf(out, "%s%.*s", segment->kind == SEGMENT_STATIC ? "" : "|", STR_ARG(segment->suffix));
  }
}

static void test_good(void **state) {
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(good); i++) {
    struct arena arena;
    arena_init(&arena, NULL, ROOM);
    struct pattern pattern;
    struct template_fault fault;
    if (!pattern_parse(&arena, str_of(good[i].text), good[i].match, &pattern, &fault)) {
      fail_msg("%s: %s", good[i].text, fault.what);
    }
    char segments[256];
    describe(&pattern, segments);
    assert_string_equal(segments, good[i].segments);
    assert_int_equal(pattern.match, good[i].match);
    assert_str(pattern_shape(&arena, &pattern), str_of(good[i].shape));
    arena_reset(&arena);
  }
}

static void test_bad(void **state) {
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
    struct arena arena;
    arena_init(&arena, NULL, ROOM);
    struct pattern pattern;
    struct template_fault fault;
    if (pattern_parse(&arena, str_of(bad[i].text), bad[i].match, &pattern, &fault)) fail_msg("%s", bad[i].text);
    assert_non_null(fault.what);
    if (!strstr(fault.what, bad[i].what)) fail_msg("%s: %s", bad[i].text, fault.what);
    if (fault.offset != bad[i].offset) fail_msg("%s: at %zu", bad[i].text, fault.offset);
    arena_reset(&arena);
  }
}

/* A pattern may hold 32 parameters and 256 segments, and no more. */
static void test_bounds(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, ROOM);
  struct pattern pattern;
  struct template_fault fault;
  char text[2048], *end = text;
  for (int i = 0; i < PATTERN_MAX_PARAMS; i++) end += sprintf(end, "/{p%d}", i);
  assert_true(pattern_parse(&arena, str_of(text), PATTERN_EXACT, &pattern, &fault));
  assert_int_equal(pattern.params, PATTERN_MAX_PARAMS);
  sprintf(end, "/{more}");
  assert_false(pattern_parse(&arena, str_of(text), PATTERN_EXACT, &pattern, &fault));
  assert_int_equal(fault.offset, end - text + 1);
  assert_string_equal(fault.what, "more than 32 parameters");

  end = text;
  for (int i = 0; i < PATTERN_MAX_SEGMENTS; i++) end += sprintf(end, "/s");
  assert_true(pattern_parse(&arena, str_of(text), PATTERN_EXACT, &pattern, &fault));
  assert_int_equal(pattern.count, PATTERN_MAX_SEGMENTS);
  sprintf(end, "/s");
  assert_false(pattern_parse(&arena, str_of(text), PATTERN_EXACT, &pattern, &fault));
  assert_string_equal(fault.what, "more than 256 segments");
  arena_reset(&arena);
}

/* The text may go away: the pattern holds copies. */
static void test_owns_its_text(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, ROOM);
  char text[] = "/plain/{name}";
  struct pattern pattern;
  struct template_fault fault;
  assert_true(pattern_parse(&arena, str_of(text), PATTERN_EXACT, &pattern, &fault));
  memset(text, 'x', sizeof text);
  assert_str(pattern.segments[0].literal, STR("plain"));
  assert_str(pattern.segments[1].name, STR("name"));
  arena_reset(&arena);
}

/* Whatever the memory is that runs out: no crash, and `what` says nothing. */
static void test_no_memory(void **state) {
  (void)state;
  bool done = false;
  for (size_t max = 0; !done; max += 16) {
    struct arena arena;
    arena_init(&arena, NULL, max);
    struct pattern pattern;
    struct template_fault fault = {0, "untouched"};
    done = pattern_parse(&arena, STR("/a/{b}/c-{d}/{*e}"), PATTERN_PREFIX, &pattern, &fault);
    if (!done) assert_null(fault.what);
    arena_reset(&arena);
    assert_true(max < ROOM);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_good),          cmocka_unit_test(test_bad),       cmocka_unit_test(test_bounds),
      cmocka_unit_test(test_owns_its_text), cmocka_unit_test(test_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
