/* Where a redirect leads: what may be written, and what a request makes of it. */
#include "liteginx/route/location.h"

#include "liteginx/route/path.h"
#include "unit.h"

static struct arena arena;

static bool parse(const char *path, const char *to, struct location *location, struct template_fault *fault) {
  static struct pattern pattern;
  struct template_fault of_pattern;
  assert_true(pattern_parse(&arena, str_of(path), PATTERN_PREFIX, &pattern, &of_pattern));
  return location_parse(&arena, str_of(to), &pattern, location, fault);
}

static void test_what_comes_out(void **state) {
  (void)state;
  static const struct {
    const char *path, *to, *param, *query, *uri;
  } rows[] = {
      {"/old", "/new", NULL, "", "/new"},
      {"/old", "/new", NULL, "?a=1&b", "/new?a=1&b"},
      {"/old", "/new?x=y", NULL, "?a=1", "/new?x=y"},
      {"/old", "/new#part", NULL, "?a=1", "/new?a=1#part"},
      {"/old", "/a/../b/./c", NULL, "", "/b/c"},
      {"/old", "/caf\xC3\xA9 x?q=\xC3\xA9 x", NULL, "", "/caf%C3%A9%20x?q=%C3%A9%20x"},
      {"/old", "/{{id}}", NULL, "", "/%7Bid%7D"},
      {"/old", "/new?next=/a/../b?c", NULL, "", "/new?next=/a/../b?c"},
      {"/old", "https://a.example", NULL, "?a=1", "https://a.example?a=1"},
      {"/old", "HTTP://A.example:8443/x", NULL, "", "HTTP://A.example:8443/x"},
      {"/old", "https://[::1]:8443/x?y", NULL, "?a", "https://[::1]:8443/x?y"},
      {"/u/{id}", "/user/{id}/", "7", "", "/user/7/"},
      {"/u/{id}", "https://a.example/{id}", "7", "?a", "https://a.example/7?a"},
      {"/u/{id}", "/s?id={id}&x=1", "7&b=c+d#e;f", "?a", "/s?id=7%26b%3Dc%2Bd%23e%3Bf&x=1"},
      {"/u/{id}", "/s?id={id}", "a%26b%20c", "", "/s?id=a%26b%20c"},
      {"/u/{id}", "/s#{id}", "a&b", "", "/s#a%26b"},
      {"/{*rest}", "/new/{rest}", "a/b", "?q", "/new/a/b?q"},
      /* no open redirect */
      {"/{*rest}", "/{rest}", "/evil.example/x", "", "/evil.example/x"},
      {"/{*rest}", "/{rest}", "///evil.example", "?a", "/evil.example?a"},
      {"/{*rest}", "/a/{rest}", "/b", "", "/a//b"},
      {"/{*rest}", "/{rest}", "%5Cevil.example", "", "/%5Cevil.example"},
      {"/{*rest}", "https://a.example/{rest}", "/evil.example", "", "https://a.example//evil.example"},
      /* the request's query may hold anything */
      {"/old", "/new", NULL, "?a=<b>\"\xC3\xA9%zz%41{}", "/new?a=%3Cb%3E%22%C3%A9%25zz%41%7B%7D"},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct location location;
    struct template_fault fault;
    struct str params[1] = {str_of(rows[i].param)}, uri = STR("");
    if (!parse(rows[i].path, rows[i].to, &location, &fault)) fail_msg("%s: %s", rows[i].to, fault.what);
    assert_int_equal(location.has_params, rows[i].param != NULL);
    assert_int_equal(location_apply(&arena, &location, params, str_of(rows[i].query), &uri), LOCATION_OK);
    if (!str_eq(uri, str_of(rows[i].uri))) fail_msg("%s: %.*s", rows[i].uri, STR_ARG(uri));
    arena_reset(&arena);
  }
}

static void test_dot_segments_of_parameters(void **state) {
  (void)state;
  static const char *const rows[] = {"/a/{id}", "https://a.example/{id}", "/a/{id}/b?x"};
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct location location;
    struct template_fault fault;
    struct str params[1] = {STR("..")}, uri;
    assert_true(parse("/img-{id}", rows[i], &location, &fault));
    assert_int_equal(location_apply(&arena, &location, params, STR(""), &uri), LOCATION_DOT_SEGMENT);
    arena_reset(&arena);
  }
  struct location location;
  struct template_fault fault;
  struct str params[1] = {STR("..")}, uri;
  assert_true(parse("/img-{id}", "/a?b={id}", &location, &fault));
  assert_int_equal(location_apply(&arena, &location, params, STR(""), &uri), LOCATION_OK);
  arena_reset(&arena);
}

static void test_what_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *to, *what;
    size_t offset;
  } rows[] = {
      {"", "it must begin with '/', http:// or https://", 0},
      {"new", "it must begin with '/', http:// or https://", 0},
      {"ftp://a/", "it must begin with '/', http:// or https://", 0},
      {"javascript:alert(1)", "it must begin with '/', http:// or https://", 0},
      {"//a.example/x", "what follows '//' is a host for browsers: write https:// in front of one", 0},
      {"https://{id}.example/", "a parameter cannot be a part of the host", 8},
      {"https://a.example{id}", "a parameter cannot be a part of the host", 17},
      {"https://a.example:{id}/", "a parameter cannot be a part of the host", 18},
      {"https:///x", "there is no host", 8},
      {"https://?x", "there is no host", 8},
      {"https://me:pw@a.example/", "a user has no place here", 8},
      {"https://a.example:x/", "a port is a number up to 65535", 18},
      {"https://a.example:65536/", "a port is a number up to 65535", 18},
      {"https://[::x]/", "this is no IPv6 address", 8},
      {"https://a b/", "a host has letters, digits, '-' and '.' (with others: its xn-- form)", 9},
      {"https://a\\b/", "a host has letters, digits, '-' and '.' (with others: its xn-- form)", 9},
      {"https://$host/", "a host has letters, digits, '-' and '.' (with others: its xn-- form)", 8},
      {"/a%zz", "'%' must be followed by two hex digits other than 00", 2},
      {"/a?b%0", "'%' must be followed by two hex digits other than 00", 4},
      {"/a?b?\n", "a control character does not belong here", 5},
      {"/a#b#c", "'#' does not belong here: a fragment never reaches a server", 4},
      {"/../a", "'..' climbs above the root", 0},
      {"/{no}", "the path has no parameter of this name", 1},
      {"/?a={no}", "the path has no parameter of this name", 4},
      {"/a/{*id}", "a tail is used as {name}, without the '*'", 3},
      {"/a/{id", "a '{' without its '}' (a literal brace is '{{')", 3},
      {"/a?x=}", "a '}' without its '{' (a literal brace is '}}')", 5},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct location location;
    struct template_fault fault = {.what = NULL};
    if (parse("/u/{id}", rows[i].to, &location, &fault)) fail_msg("taken: %s", rows[i].to);
    if (!fault.what || strcmp(fault.what, rows[i].what) != 0) fail_msg("%s: %s", rows[i].to, fault.what);
    if (fault.offset != rows[i].offset) fail_msg("%s: at %zu", rows[i].to, fault.offset);
    arena_reset(&arena);
  }
}

/* What RFC 3986 lets stand in a URI, each '%' with its two digits. */
static bool is_uri(struct str s) {
  for (size_t i = 0; i < s.len; i++) {
    char c = s.ptr[i], lower = str_lower_char(c);
    bool sequence = c == '%' && i + 2 < s.len && str_hex_value(s.ptr[i + 1]) >= 0 && str_hex_value(s.ptr[i + 2]) >= 0;
    bool letter = (lower >= 'a' && lower <= 'z') || str_is_digit(c);
    if (!letter && !sequence && (c == '\0' || !strchr("-._~:/?#[]@!$&'()*+,;=", c))) return false;
  }
  return true;
}

static unsigned count(struct str s, char c) {
  unsigned found = 0;
  for (size_t i = 0; i < s.len; i++) found += s.ptr[i] == c;
  return found;
}

/* Whatever path a request has: a URI comes out, no other host, no other values of the query, no other fragment. */
static void test_whatever_comes(void **state) {
  (void)state;
  static const char *const letters[] = {"/", "//", ".", "%2F",      "%5C", "\\", "&",   "=",
                                        "+", ";",  "a", "\xC3\xA9", "@",   ":",  "%26", " "};
  static const char *const tos[] = {"/{rest}", "/x/{rest}?a={rest}&b=1#{rest}", "https://a.example/{rest}?a={rest}"};
  uint64_t seed = 7;
  for (unsigned round = 0; round < 3000; round++) {
    char text[128] = "/";
    struct location location;
    struct template_fault fault;
    struct str path, uri = STR("");
    for (uint64_t left = 1 + unit_random(&seed, 12); left; left--)
      strcat(text, letters[unit_random(&seed, UNIT_COUNT(letters))]);
    const char *to = tos[round % UNIT_COUNT(tos)];
    assert_true(parse("/{*rest}", to, &location, &fault));
    if (path_normalise(&arena, str_of(text), &path) == PATH_OK && path.len > 1) {
      struct str params[1] = {str_from(path, 1)};
      if (location_apply(&arena, &location, params, STR("?q=\"&\xff%"), &uri) == LOCATION_OK) {
        bool own = round % UNIT_COUNT(tos) > 0;
        struct str query = str_from(uri, str_find(uri, '?'));
        if (!is_uri(uri)) fail_msg("%s: %.*s", text, STR_ARG(uri));
        if (!str_starts_with(uri, location.origin) || str_starts_with(uri, STR("//"))) fail_msg("%.*s", STR_ARG(uri));
        assert_int_equal(count(uri, '?'), 1);
        if (own) assert_int_equal(count(query, '&'), count(str_of(to), '&'));
        if (own) assert_int_equal(count(query, '=') + count(query, '+') + count(query, ';'), count(str_of(to), '='));
        assert_int_equal(count(uri, '#'), count(str_of(to), '#'));
      }
    }
    arena_reset(&arena);
  }
}

static void test_without_memory(void **state) {
  (void)state;
  struct str params[1] = {STR("7")}, uri;
  bool done = false;
  for (size_t most = 0; !done; most += 8) {
    struct pattern pattern;
    struct location location;
    struct template_fault fault = {.what = NULL};
    arena_init(&arena, NULL, most);
    if (!pattern_parse(&arena, STR("/u/{id}"), PATTERN_PREFIX, &pattern, &fault)) {
      assert_null(fault.what);
    } else if (!location_parse(&arena, STR("/a/{id}?b={id}#c"), &pattern, &location, &fault)) {
      assert_null(fault.what);
    } else {
      enum location_status status = location_apply(&arena, &location, params, STR("?q"), &uri);
      done = status == LOCATION_OK;
      assert_true(done || status == LOCATION_NO_MEMORY);
    }
    arena_reset(&arena);
  }
  arena_init(&arena, NULL, 1 << 20);
}

static int begin(void **state) {
  (void)state;
  arena_init(&arena, NULL, 1 << 20);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_comes_out),  cmocka_unit_test(test_dot_segments_of_parameters),
      cmocka_unit_test(test_what_is_refused), cmocka_unit_test(test_whatever_comes),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, begin, NULL);
}
