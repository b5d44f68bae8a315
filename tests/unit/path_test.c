/* Normal forms of paths: what is changed, what is left alone, what is refused. */
#include "liteginx/route/path.h"

#include "unit.h"

struct good {
  const char *path, *normal;
};

static const struct good good[] = {
    {"/", "/"},
    {"/a/b", "/a/b"},
    {"/a/", "/a/"},
    {"//", "//"},
    {"/a//b", "/a//b"},
    /* unreserved characters are decoded, others keep their sequence in upper case */
    {"/%61%41%30%2d%2e%5F%7e", "/aA0-._~"},
    {"/%2f%2F", "/%2F%2F"},
    {"/a%c3%bc", "/a%C3%BC"},
    {"/%0a%0D", "/%0A%0D"},
    {"/%25", "/%25"},
    {"/%2541", "/%2541"},
    {"/%21%3a", "/%21%3A"},
    /* what no path may hold is encoded */
    {"/\"<>\\^`{|}", "/%22%3C%3E%5C%5E%60%7B%7C%7D"},
    {"/ ", "/%20"},
    {"/\xc3\xbc\xff", "/%C3%BC%FF"},
    {"/!$&'()*+,;=:@[]", "/!$&'()*+,;=:@[]"},
    /* dot segments, encoded ones too */
    {"/.", "/"},
    {"/./", "/"},
    {"/./a", "/a"},
    {"/a/.", "/a/"},
    {"/a/./b", "/a/b"},
    {"/a/..", "/"},
    {"/a/../", "/"},
    {"/a/../b", "/b"},
    {"/a/b/..", "/a/"},
    {"/a/b/../../c", "/c"},
    {"/a/%2e%2E/b", "/b"},
    {"/a/.%2e/b", "/b"},
    {"/a/%2e/b", "/a/b"},
    {"/a//../b", "/a/b"},
    {"//..", "/"},
    {"//../a", "/a"},
    {"/a/./../b", "/b"},
    /* no dot segments */
    {"/...", "/..."},
    {"/.a", "/.a"},
    {"/a.", "/a."},
    {"/..a/b..", "/..a/b.."},
    {"/a..%2F..", "/a..%2F.."},
    {"/..%2F..%2Fetc", "/..%2F..%2Fetc"},
    {"/..%5Cx", "/..%5Cx"},
};

struct bad {
  struct str path;
  enum path_status status;
};

static const struct bad bad[] = {
    {STR_INIT(""), PATH_MALFORMED},         {STR_INIT("a"), PATH_MALFORMED},
    {STR_INIT("*"), PATH_MALFORMED},        {STR_INIT("/%"), PATH_MALFORMED},
    {STR_INIT("/%4"), PATH_MALFORMED},      {STR_INIT("/%4g"), PATH_MALFORMED},
    {STR_INIT("/%g4"), PATH_MALFORMED},     {STR_INIT("/%%41"), PATH_MALFORMED},
    {STR_INIT("/%00"), PATH_MALFORMED},     {STR_INIT("/a%00b"), PATH_MALFORMED},
    {STR_INIT("/?"), PATH_MALFORMED},       {STR_INIT("/#"), PATH_MALFORMED},
    {STR_INIT("/\0"), PATH_MALFORMED},      {STR_INIT("/\n"), PATH_MALFORMED},
    {STR_INIT("/\x1f"), PATH_MALFORMED},    {STR_INIT("/\x7f"), PATH_MALFORMED},
    {STR_INIT("/.."), PATH_ABOVE_ROOT},     {STR_INIT("/../"), PATH_ABOVE_ROOT},
    {STR_INIT("/../a"), PATH_ABOVE_ROOT},   {STR_INIT("/%2e%2e"), PATH_ABOVE_ROOT},
    {STR_INIT("/./.."), PATH_ABOVE_ROOT},   {STR_INIT("/a/../.."), PATH_ABOVE_ROOT},
    {STR_INIT("//../.."), PATH_ABOVE_ROOT}, {STR_INIT("/../%zz"), PATH_MALFORMED},
};

static void test_good(void **state) {
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(good); i++) {
    struct arena arena;
    arena_init(&arena, NULL, 4096);
    struct str normal = {NULL, 0};
    assert_int_equal(path_normalise(&arena, str_of(good[i].path), &normal), PATH_OK);
    assert_str(normal, str_of(good[i].normal));
    arena_reset(&arena);
  }
}

static void test_normal_is_left_alone(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, 0);
  for (size_t i = 0; i < UNIT_COUNT(good); i++) {
    struct str path = str_of(good[i].normal), normal = {NULL, 0};
    assert_int_equal(path_normalise(&arena, path, &normal), PATH_OK);
    assert_ptr_equal(normal.ptr, path.ptr);
    assert_int_equal(normal.len, path.len);
  }
}

static void test_bad(void **state) {
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
    struct arena arena;
    arena_init(&arena, NULL, 4096);
    struct str normal;
    assert_int_equal(path_normalise(&arena, bad[i].path, &normal), bad[i].status);
    arena_reset(&arena);
  }
}

static void test_no_memory(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, 0);
  struct str normal;
  assert_int_equal(path_normalise(&arena, STR("/%41"), &normal), PATH_NO_MEMORY);
}

/* All paths of up to six pieces out of a small alphabet: the result is a fixed point, and holds no dot segment. */
static void test_idempotent(void **state) {
  (void)state;
  static const char *const pieces[] = {"/", ".", "a", "%2e", "%2f", "{"};
  struct arena arena;
  arena_init(&arena, NULL, 4096);
  for (unsigned number = 0; number < 6 * 6 * 6 * 6 * 6 * 6; number++) {
    char path[64] = "/";
    for (unsigned rest = number, i = 0; i < 6; i++, rest /= 6) strcat(path, pieces[rest % 6]);
    struct str normal, again;
    if (path_normalise(&arena, str_of(path), &normal) == PATH_OK) {
      assert_false(path_has_dots(normal));
      assert_int_equal(path_normalise(&arena, normal, &again), PATH_OK);
      assert_ptr_equal(again.ptr, normal.ptr);
    }
    arena_reset(&arena);
  }
}

static void test_has_dots(void **state) {
  (void)state;
  assert_true(path_has_dots(STR("/.")));
  assert_true(path_has_dots(STR("/a/../b")));
  assert_true(path_has_dots(STR("/a/..")));
  assert_false(path_has_dots(STR("/")));
  assert_false(path_has_dots(STR("/.../a./.b")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_good),      cmocka_unit_test(test_normal_is_left_alone), cmocka_unit_test(test_bad),
      cmocka_unit_test(test_no_memory), cmocka_unit_test(test_idempotent),           cmocka_unit_test(test_has_dots),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
